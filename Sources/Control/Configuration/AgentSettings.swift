/// What can be set for an agent. The names and defaults are those that users of agentkeepalive know.
package struct AgentSettings: Sendable, Equatable {
    /// Which free socket is used next.
    package enum Scheduling: String, Sendable, CaseIterable {
        /// The one that was used last, so that spare ones grow old and close.
        case lifo
        /// The one that was free longest.
        case fifo
    }

    /// Where its sockets lead. Required.
    package var upstream: UpstreamURL
    package var mode: AgentMode = .keepalive
    /// How many of a hundred requests go in the other mode, drawn at random, so that both can be compared. 0 to 100.
    package var split = 0
    /// Hard cap on open sockets, connecting ones included, in both modes. 1 to 1,000,000; default 256.
    package var maxSockets = 256
    /// Cap on free ones. 0 to 1,000,000; default 256.
    package var maxFreeSockets = 256
    /// A free socket is closed after this. 1ms to 24h; default 4s.
    package var freeSocketTimeout: Duration = .seconds(4)
    /// Inactivity on an active socket; answered 504 when the response had not begun. 1ms to 24h; default 8s.
    package var timeout: Duration = .seconds(8)
    /// A socket older than this is not used again, give or take 10 %. 1ms to 24h; default none.
    package var socketActiveTTL: Duration?
    /// A socket that served this many requests is not used again. 1 to 1,000,000,000; default none.
    package var maxRequestsPerSocket: Int?
    /// How long a connect may take. 1ms to 1h; default 2s.
    package var connectTimeout: Duration = .seconds(2)
    /// How many requests may wait for a socket; one more gets 503. 0 to 1,000,000; default 1024.
    package var maxPending = 1024
    /// How long a request may wait for a socket before it gets 503. 1ms to 1h; default 5s.
    package var pendingTimeout: Duration = .seconds(5)
    /// A pooled socket idle for this long is probed by TCP. 1s to 1h; default 1s.
    package var keepAliveProbe: Duration = .seconds(1)
    /// Whether a request that met a stale socket is sent once more, when that is safe. Default on.
    package var retry = true
    package var scheduling: Scheduling = .lifo

    /// The defaults, towards `upstream`.
    package init(upstream: UpstreamURL) { self.upstream = upstream }
}
