import Control

/// How the file descriptors of the process are shared between clients and upstreams.
///
/// Clients that took them all, idle ones even, would leave none for a socket to an upstream, and every request would
/// be answered 503. So accepting waits earlier, and what was accepted is served; and where there are fewer descriptors
/// than the agents may have sockets, requests wait for a socket instead of failing to open one.
struct DescriptorShare {
    // Standard streams, signals and timers, the admin server and some connections to it; and for each loop its epoll
    // instance, its waker and its listeners. Counted with two loops: 19.
    private static let others = 24
    private static let othersPerLoop = 3

    /// How many clients may be connected at once.
    let clients: Int
    private let sockets: Int
    private let socketsWanted: Int

    /// Shares out `descriptors`, of which sockets to upstreams get what they may need, but at most half.
    init(of descriptors: Int, loops: Int, _ configuration: Configuration) {
        socketsWanted = configuration.agents.reduce(0) { $0 + $1.settings.maxSockets }
        guard descriptors < .max else {
            clients = .max
            sockets = .max
            return
        }
        let left = max(2, descriptors - Self.others - Self.othersPerLoop * loops)
        sockets = min(socketsWanted, left / 2)
        clients = left - sockets
    }

    /// `settings` with no more sockets than this agent's part of what there is for all; at least one.
    func limited(_ settings: AgentSettings) -> AgentSettings {
        guard sockets < socketsWanted else { return settings }
        var limited = settings
        limited.maxSockets = max(1, min(settings.maxSockets, sockets * settings.maxSockets / socketsWanted))
        return limited
    }
}
