import Control

/// What `sluice bench` is asked for.
struct BenchOptions: Sendable, Equatable {
    /// Clients at once.
    var users = 120
    /// Requests of each of them.
    var requests = 1000
    /// How long the sleep server waits before it answers.
    var delay: Duration = .milliseconds(5)
    /// Cap of both agents.
    var maxSockets = 100
    /// Threads of the proxy. Nil: one per core.
    var threads: Int?
    /// Whether the result is one JSON object instead of siege's report.
    var json = false
    /// Another proxy that is loaded in the place of this one.
    var against: UpstreamURL?
}
