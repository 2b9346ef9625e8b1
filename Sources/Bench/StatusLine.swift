package import Control

/// The benchmark's line about one agent, as published.
package struct StatusLine: Sendable {
    package var mode: AgentMode
    /// Sockets opened so far.
    package var created: Int
    /// Requests that wait for a socket.
    package var pending: Int
    /// Sockets that are open.
    package var open: Int
    /// Sockets that are free.
    package var free: Int

    /// A line of these figures.
    package init(mode: AgentMode, created: Int, pending: Int, open: Int, free: Int) {
        self.mode = mode
        self.created = created
        self.pending = pending
        self.open = open
        self.free = free
    }

    /// The line of an agent's snapshot.
    package init(_ agent: AgentSnapshot) {
        self.init(
            mode: agent.settings.mode, created: Int(agent.figures.createdTotal), pending: Int(agent.figures.pending),
            open: Int(agent.figures.open), free: Int(agent.figures.free))
    }

    /// `[sluice] keepalive, 100 created, 0 requests, 100 sockets, 12 unusedSockets`.
    package var text: String {
        switch mode {
        case .keepalive:
            "[sluice] keepalive, \(created) created, \(pending) requests, \(open) sockets, \(free) unusedSockets"
        case .normal: "[sluice] normal   , \(created) created, \(pending) requests, \(open) sockets"
        }
    }
}
