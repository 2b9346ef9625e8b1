/// Something that must be seen on the wire.
///
/// Beside these, every case requires that what the upstream received is a sequence of well-formed requests and what the
/// client received a sequence of well-formed responses (the last of each may be incomplete), by the strict reader of
/// the tests; and that the proxy serves the next client.
///
/// A field is given as its whole line with the name in small letters ("via: 1.1 sluice"), by its name ("via:"), or by
/// the beginning of its line ("date: *").
indirect enum Expectation: Sendable {
    /// One answer with one of these statuses, the connection closed by the proxy, and not one byte upstream, though a
    /// second request follows at once (`followed`), which must not be served.
    case refused([Int], followed: Bool = true)
    /// As ``refused(_:followed:)``, but part of the request may have gone upstream: there it is never completed.
    case brokenOff([Int])
    /// The upstream received this request as the `at`th.
    case forwarded(
        startsWith: String = "", has: [String] = [], lacks: [String] = [], contains: String = "", body: String? = nil,
        trailers: [String]? = nil, at: Int = 0)
    /// The client received this final response as the `at`th.
    case answered(
        Int, has: [String] = [], lacks: [String] = [], contains: String = "", body: String? = nil,
        trailers: [String]? = nil, at: Int = 0)
    /// The client received these interim responses before the first final one.
    case interim([Int])
    /// So many requests reached the upstream as a whole.
    case requests(Int)
    /// Not one byte reached the upstream.
    case nothingUpstream
    /// Each request that the upstream saw begin came as a whole.
    case wholeUpstream
    /// The client can tell that the last response is incomplete.
    case cut
    /// The upstream's socket of the first request.
    case upstreamSocket(Socket)
    /// The client's connection after all answers.
    case connection(Socket)
    /// The bytes that the client received contain this, or do not.
    case clientReceived(String, Bool = true)
    /// The bytes that the upstream received contain this, or do not.
    case upstreamReceived(String, Bool = true)
    /// One of these holds as a whole.
    case anyOf([[Expectation]])

    /// What became of a socket.
    enum Socket: Sendable {
        /// The next request went over it.
        case reused
        /// It was closed.
        case closed
    }

    /// A request that is passed on with this body.
    static func forwarded(body: String) -> Expectation { .forwarded(startsWith: "", body: body) }
}
