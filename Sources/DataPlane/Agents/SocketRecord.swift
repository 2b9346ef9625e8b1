import Control

/// What a pool knows about one of its sockets.
struct SocketRecord {
    /// What the socket is doing, and what may come next.
    enum State: UInt8, Sendable {
        /// No socket in this slot; next: `connecting` or `active`.
        case vacant
        /// A request holds it and connects; next: `active` or `closing`.
        case connecting
        /// A request holds it; next: `free`, `active` for another request, `closing`, or handed over.
        case active
        /// No request holds it; next: `active`, `closing`, or handed over.
        case free
        /// The caller was told to close it, and its permit is still out; next: `vacant`.
        case closing
    }

    /// A request in `normal` mode that a socket makes room for.
    struct Heir {
        /// The loop that it waits on.
        let loop: Int
        let ticket: Ticket
    }

    var state = State.vacant
    /// The mode of the request that it was leased for last.
    var mode = AgentMode.keepalive
    /// Closed because more permits are out than a lowered `maxSockets` allows; the ledger counts these.
    var isSurplus = false
    /// The operator wants it closed after its request: it counts as grown too old.
    var isCondemned = false
    /// The waiting request that its permit is promised to, when it is closed.
    var heir: Heir?
    var generation: UInt32 = 0
    /// Neighbors in the list of free sockets; -1 at its ends. `older` also links the vacant slots.
    var newer: Int32 = -1
    var older: Int32 = -1
    var serial: UInt64 = 0
    var createdAt = Instant.never
    var freeSince = Instant.never
    /// How many requests it was leased for, the present one included.
    var requests: UInt64 = 0
    /// How many requests the upstream allows it (`Keep-Alive: max=`).
    var requestsMax = UInt64.max
    /// How long the upstream lets it be free (`Keep-Alive: timeout=`, less a second), in nanoseconds.
    var freeTimeout = UInt64.max
    /// When it grows too old by `socketActiveTTL`.
    var expiresAt = Instant.never
    /// While it is free: when it must close at the latest.
    var deadline = Instant.never
}
