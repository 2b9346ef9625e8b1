/// A request that may wait for a socket: the caller's number for it.
///
/// No two requests that wait at the same time in this process have the same one.
struct Ticket: Hashable, Sendable {
    /// The caller's number; the pool only compares it.
    let rawValue: UInt64
}
