/// Tells an agent from any other that this process has had, by whatever name: one that was removed and added again is
/// another one.
///
/// The new one has a ledger of its own. So while the old one's last requests run, their sockets come on top of the new
/// one's `maxSockets`, which counts the sockets of one of the two.
struct AgentID: Hashable, Comparable, Sendable {
    /// Rises from agent to agent.
    let rawValue: UInt64

    static func < (a: AgentID, b: AgentID) -> Bool { a.rawValue < b.rawValue }
}
