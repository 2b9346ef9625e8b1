/// All that was seen on the wire during one case, on both sides of the proxy.
struct Scene: Sendable {
    /// How a connection ended, as its owner here saw it.
    enum End: Sendable {
        /// The proxy closed it.
        case closed
        /// The proxy reset it.
        case reset
    }

    /// A connection of the proxy to the upstream.
    struct Connection: Sendable {
        /// All that it received.
        var bytes: [UInt8] = []
        /// How much of it the script has taken in.
        var taken = 0
        /// Where a tunnel begins: what follows is no HTTP.
        var tunnel: Int?
        /// How it ended.
        var end: End?
        /// What the strict reader found wrong.
        var error: String?
        /// What it was asked last, of which the tunnel of a CONNECT depends.
        var method = ""
        /// Where the request ends whose head the script has seen and not taken in.
        var headAhead: Int?
        /// Whether bytes came that the script has not taken in.
        var hasMore: Bool { bytes.count > taken }
    }

    /// What the client received.
    var client: [UInt8] = []
    /// How the client's connection ended.
    var clientEnd: End?
    /// The upstream's connections in the order in which they were accepted.
    var connections: [Connection] = []
    /// What the upstream has yet to do.
    var steps: [UpstreamStep] = []
    /// The connection that is at these steps.
    var holder: Int?
    /// The case is over: who still waits in a step gives up.
    var isOver = false
}
