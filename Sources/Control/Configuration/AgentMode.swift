/// How an agent opens sockets towards its upstream.
package enum AgentMode: String, Sendable, CaseIterable {
    /// A bounded pool of sockets that are used again and again.
    case keepalive
    /// One new socket for each request, closed after it.
    case normal
}
