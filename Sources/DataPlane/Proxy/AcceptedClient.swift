/// A client that a loop has accepted: served by that loop, or on its way to the one that is to serve it.
///
/// On its way it counts as arriving there, from before it is sent until it is connected there. Whoever carries it must
/// pass it to ``Worker/receive(_:)`` of that loop: the descriptor belongs to it.
struct AcceptedClient: Sendable {
    let descriptor: Descriptor
    /// As ``ClientConnection/address`` has it.
    let address: [UInt8]
    /// Which of the configuration's listeners it came through.
    let listener: Int
}
