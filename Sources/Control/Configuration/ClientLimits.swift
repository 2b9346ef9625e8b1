/// Limits of client connections, with their defaults.
package struct ClientLimits: Sendable, Equatable {
    /// A whole request head, from its first byte; past it 408.
    package var headTimeout: Duration = .seconds(10)
    /// Between two pieces of a body, either way.
    package var bodyTimeout: Duration = .seconds(30)
    /// Between requests.
    package var idleTimeout: Duration = .seconds(60)
    /// How long a client that waits for 100 Continue waits for the upstream's; then the proxy sends one itself.
    package var continueTimeout: Duration = .seconds(1)
    /// How long a tunnel may carry nothing in either direction before it ends.
    package var tunnelTimeout: Duration = .seconds(3_600)
    /// Bytes of a request head; past it 431, or 414 when it is the request line alone.
    package var maxHeadSize = 32 << 10
    /// Fields of a head; past it 431.
    package var maxFields = 100
    /// Bytes of a request body; past it 413. Nil: no limit.
    package var maxBodySize: Int?
    /// Open client connections; past it accepting waits. Nil: no limit.
    package var maxConnections: Int?
    /// Requests of one connection; after the last one it closes. Nil: no limit.
    package var maxRequestsPerConnection: Int?

    /// The defaults.
    package init() {}
}
