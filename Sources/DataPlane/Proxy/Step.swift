/// Where in a connection's life its task takes over from the events that served it so far.
enum Step {
    /// Something of a request may be in the input.
    case head
    /// The head that was parsed last is the request's, so many bytes of the input.
    case request(headLength: Int)
    /// The request waits for a socket.
    case grant
    /// Its socket connects.
    case connect(SocketID)
    /// Its socket was of no use, as this failure says; it may be sent once more.
    case retry(ExchangeFailure)
    /// It is on its way: the upstream may want more of it, or have answered.
    case response
    /// The answer's head is written, and some of the body may be ready to be sent.
    ///
    /// In a box, so that a step is small: few exchanges have this one, and all of them pass steps on.
    indirect case relay(ResponseRelay)
    /// The exchange has failed.
    case failure(ExchangeFailure)
    /// The connection is to end.
    case end
}
