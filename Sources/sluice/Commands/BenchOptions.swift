import Control

/// What `sluice bench` is asked for.
struct BenchOptions: Sendable, Equatable {
    /// The farthest places on Earth are 0.3 s apart; satellites are farther.
    static let roundTrips: ClosedRange<Duration> = .zero...(.seconds(1))

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
    /// The round trip that each new upstream connection's handshake takes.
    var roundTrip: Duration = .zero
    /// Another proxy that is loaded in the place of this one.
    var against: UpstreamURL?
}
