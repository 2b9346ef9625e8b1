/// What must hold in every simulated run, each by its name: a violation says which one was broken.
enum Rule: String, CaseIterable {
    /// An answer, whole or cut, is the one that an upstream made of this very request, byte for byte.
    case ownAnswer
    /// A response that was cut on its way from the upstream is cut for the client too, never whole and shorter.
    case visibleCut
    /// What a client receives is well-formed, and an answer that the proxy made is a problem of RFC 9457.
    case wellFormed
    /// Behind an answer that says `Connection: close`, and behind any error that ends the connection, nothing comes.
    case silence
    /// What an upstream receives is one client's request after the other, rewritten as the RFCs ask.
    case ownRequest
    /// A request goes to the agent that its route named when its head was whole, and none to one that was drained or gone.
    case routing
    /// No request comes to an upstream twice, but for one repetition of an idempotent one.
    case sentOnce
    /// A malformed request is refused, and no upstream hears of it.
    case refused
    /// Created less closed is open; descriptors, permits and clients are as many as the books say.
    case books
    /// No request waits for a socket while one is free, or may be opened, on any loop.
    case starving
    /// No upstream sees more sockets open than `maxSockets`, and none at an address that was left.
    case socketLimit
    /// Each phase of a connection ends within its time-out, and none before it.
    case deadlines
    /// No connection between two requests holds a buffer, and none ever holds more than its share.
    case buffers
    /// No descriptor is used after its close, watched twice, or left open at the end.
    case descriptors
    /// When all is over a fresh request gets its socket at once: no permit is lost.
    case freshRequest
    /// When all is over nothing is left: no connection, no waiter, no permit, no watched socket.
    case nothingLeft
    /// The run itself ends: nothing spins, nobody waits for ever.
    case ends
    /// What goes into a tunnel comes out of it, both ways, byte for byte.
    case tunnels
}
