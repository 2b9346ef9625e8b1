import Control

/// A socket on its way from one loop's pool to a request that waits on another loop.
///
/// It carries the socket's permit. Whoever gets it must pass it to ``Pool/arrived(_:now:)`` of the pool of `loop`.
struct Handover: Hashable, Sendable {
    /// The loop it goes to.
    var loop: Int
    /// The request that it is meant for; that may have left by the time it arrives.
    var ticket: Ticket
    /// The socket's number for people, unique in this process.
    var serial: UInt64
    /// When it began to connect.
    var createdAt: Instant
    /// How many requests it was leased for.
    var requests: UInt64
    /// How many it may serve by the upstream's `Keep-Alive: max=`; `UInt64.max` without one.
    var requestsMax: UInt64
    /// How long it may be free by the upstream's `Keep-Alive: timeout=`, in nanoseconds; `UInt64.max` without one.
    var freeTimeout: UInt64
    /// The mode of the request that it was leased for last.
    var mode: AgentMode
}
