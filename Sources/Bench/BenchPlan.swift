package import Control

/// What the benchmark is to do.
package struct BenchPlan: Sendable {
    /// Clients at once.
    package var users: Int
    /// Requests of each of them.
    package var requests: Int
    /// How long the sleep server waits before it answers.
    package var delay: Duration
    /// Cap of both agents.
    package var maxSockets: Int
    /// Threads of the proxy. Nil: one per core.
    package var threads: Int?
    /// Another proxy that is loaded instead, with the same paths.
    package var against: SocketAddress?
    /// The round trip of the network between proxy and upstream that each new connection's handshake takes.
    package var roundTrip: Duration
    /// The program that is run as proxy and as sleep server.
    package var executable: String

    /// A plan.
    package init(
        users: Int, requests: Int, delay: Duration, maxSockets: Int, threads: Int?, against: SocketAddress?,
        roundTrip: Duration = .zero, executable: String
    ) {
        self.users = users
        self.requests = requests
        self.delay = delay
        self.maxSockets = maxSockets
        self.threads = threads
        self.against = against
        self.roundTrip = roundTrip
        self.executable = executable
    }

    /// What is asked for in a run: the agents of the built-in set-up choose by path.
    package func path(_ mode: AgentMode) -> String {
        let milliseconds = delay.wholeNanoseconds / 1_000_000
        return mode == .keepalive ? "/k/\(milliseconds)" : "/\(milliseconds)"
    }
}
