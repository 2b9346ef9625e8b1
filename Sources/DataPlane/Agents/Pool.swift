import Control

/// The upstream sockets of one agent on one loop: which request gets which, which request waits, what is closed and why.
///
/// A pure state machine. Each event is one call; what is to be done about it is appended to ``actions``, which the
/// caller runs in order after the event and then empties (running one may append more: `closed` answers `.close`).
/// Rules for editors:
/// - A free socket is leased, and a returned one kept, without touching what loops share, while ``isContended`` is
///   false. A contended pool has no free sockets: each one is shown to the ledger, which knows who waits.
/// - The permit of a socket goes back to the ledger in ``closed(_:now:)`` alone, when its descriptor is closed, so that
///   the cap holds as the upstream counts.
/// - A request has a mode for all its life, whatever the settings become meanwhile. In `normal` mode it gets a socket of
///   its own. That is not even handed to a request that waits; its permit is. Where no permit is left, a free socket of
///   `keepalive` mode closes to make room, the oldest first, for the reason `modeSwitch`: its place changes the mode.
struct Pool {
    /// The answer to a request for a socket.
    enum Lease: Equatable, Sendable {
        /// A connected socket, used before.
        case reuse(SocketID)
        /// A place for a new socket, which the caller connects: `connected` or `connectFailed` follows.
        case open(SocketID)
        /// It waits: a `.grant` for its ticket follows, unless it is `abandoned`.
        case wait
        /// As many wait as may.
        case refused
    }

    /// What a request that waited gets.
    enum Grant: Equatable, Sendable {
        /// See ``Lease/reuse(_:)``.
        case reuse(SocketID)
        /// See ``Lease/open(_:)``.
        case open(SocketID)
    }

    /// How a request left its socket.
    enum Outcome: Equatable, Sendable {
        /// The exchange ended cleanly. The values are those of the response's `Keep-Alive` field: seconds, and how many
        /// further requests the upstream takes.
        case reusable(keepAliveTimeout: UInt32?, keepAliveMax: UInt32?)
        /// It cannot be used again.
        case close(CloseReason)
    }

    /// What the caller must do.
    enum Action: Equatable, Sendable {
        /// Close the descriptor, then call `closed`.
        case close(SocketID, CloseReason)
        /// Give this to a request of this loop that waited.
        case grant(Ticket, Grant)
        /// Detach the descriptor from the slot, which is vacant already, and deliver both on the loop that the
        /// handover names, by `arrived`.
        case handOver(SocketID, Handover)
        /// Have that loop call `permitArrived` with the ticket.
        case sendPermit(loop: Int, Ticket)
        /// Have that loop call `alerted`.
        case alert(loop: Int)
    }

    /// What to do next, in order.
    var actions: [Action] = []
    /// The loop's number, from 0.
    let loop: Int
    /// The settings in force.
    private(set) var settings: AgentSettings
    /// Whether returned sockets are shown to the ledger.
    var isContended = false
    var rules: PoolRules
    var table = SocketTable()
    // No free socket must close before this; it may lie too early, and a sweep puts it right.
    var sweepAt = Instant.never
    let ledger: AgentLedger
    let counters: AgentCounters
    let reuse: SocketReuse
    // The fewest free sockets that a lease left behind in this minute of the loop's clock, and when that is over.
    var fewestFree = Int.max
    var fewestUntil = Instant(nanoseconds: 0)
    private var created: UInt64 = 0

    /// An empty pool of loop `loop`, which counts in `ledger.counters[loop]`.
    init(ledger: AgentLedger, loop: Int, settings: AgentSettings) {
        self.ledger = ledger
        self.loop = loop
        self.settings = settings
        counters = ledger.counters[loop]
        reuse = counters.reuse
        rules = PoolRules(settings)
    }

    // MARK: Events of requests

    /// A request wants a socket for its mode. Free ones that are too old are closed on the way.
    mutating func lease(for ticket: Ticket, mode: AgentMode, now: Instant) -> Lease {
        if case .keepalive = mode, let index = takeFree(now: now) { return .reuse(table.id(index)) }
        switch ledger.acquire(ticket, mode: mode, hasFree: table.freeCount > 0, loop: loop, now: now) {
        case .permit:
            return .open(open(mode, now: now))
        case .room:
            counters.pending.add()
            makeRoom(table.oldest, for: SocketRecord.Heir(loop: loop, ticket: ticket), now: now)
            return .wait
        case .queued(let alerts):
            counters.pending.add()
            for other in alerts { actions.append(.alert(loop: other)) }
            // Only one in `normal` mode can have left some free: they are for those who waited before it.
            alerted(now: now)
            return .wait
        case .refused:
            return .refused
        }
    }

    /// A request that waits leaves: its client is gone, or it waited for too long. Returns false when another loop
    /// granted it something already, which is on its way here and will go to somebody else.
    mutating func abandoned(_ ticket: Ticket, now: Instant) -> Bool {
        counters.pending.subtract()
        return ledger.abandon(ticket, loop: loop)
    }

    /// A request is done with its active socket.
    mutating func finished(_ id: SocketID, outcome: Outcome, now: Instant) {
        let index = table.index(of: id, in: .active, "finished")
        switch outcome {
        case .close(let reason):
            close(index, table[index].isCondemned && reason == .normalMode ? .operator : reason, now: now)
        case .reusable(let timeout, let max):
            if let timeout {
                // Less a second, so that this side closes first (the upstream's clock started earlier).
                table[index].freeTimeout = UInt64(timeout == 0 ? 0 : timeout - 1) * 1_000_000_000
            }
            if let max {
                let (sum, overflow) = table[index].requests.addingReportingOverflow(UInt64(max))
                table[index].requestsMax = overflow ? .max : sum
            }
            if rules.closes, table[index].mode == .normal {
                close(index, table[index].isCondemned ? .operator : .normalMode, now: now)
            } else if let reason = retirement(index, now: now) {
                close(index, reason, now: now)
            } else {
                release(index, now: now)
            }
        }
    }

    /// A request met a stale socket, whose descriptor is closed by now for `reason`; it takes a new one in its place.
    ///
    /// The permit stays with the request, so that no other gets in between. `connected` or `connectFailed` follows.
    mutating func reopen(_ id: SocketID, reason: CloseReason, now: Instant) -> SocketID {
        let index = table.index(of: id, in: .active, "reopen")
        let mode = table[index].mode
        if reason == .upstreamClosedIdle { noteIdleClose(index, reason, now: now) }
        countOut(index, reason, now: now)
        table.remove(index)
        return open(mode, now: now)
    }

    // MARK: Events of sockets

    /// The socket of an `.open` is connected; its request goes on with it.
    mutating func connected(_ id: SocketID, now: Instant) {
        let index = table.index(of: id, in: .connecting, "connected")
        table[index].state = .active
        table[index].requests = 1
        counters.connecting.subtract()
        counters.active.add()
    }

    /// The socket of an `.open` did not connect, or its request left before it did: it is closed for `reason`.
    mutating func connectFailed(_ id: SocketID, reason: CloseReason = .connectFailed, now: Instant) {
        close(table.index(of: id, in: .connecting, "connectFailed"), reason, now: now)
    }

    /// The upstream closed a free socket, or sent something on it: it is closed for `reason`.
    mutating func closedWhileFree(_ id: SocketID, reason: CloseReason, now: Instant) {
        close(table.index(of: id, in: .free, "closedWhileFree"), reason, now: now)
    }

    /// The descriptor of a `.close` is closed: the permit goes back, or to the next request that waits.
    mutating func closed(_ id: SocketID, now: Instant) {
        let index = table.index(of: id, in: .closing, "closed")
        let (wasSurplus, heir) = (table[index].isSurplus, table[index].heir)
        table.remove(index)
        guard let heir else { return give(ledger.returnPermit(by: loop, wasSurplus: wasSurplus), now: now) }
        if heir.loop == loop {
            permitArrived(heir.ticket, now: now)
        } else {
            actions.append(.sendPermit(loop: heir.loop, heir.ticket))
        }
    }

    // MARK: Settings

    /// The settings changed; ``AgentLedger/apply(_:)`` was called before.
    ///
    /// Free sockets that the new ones do not allow close at once, active ones when they finish, and requests that a
    /// raised limit lets in are served.
    ///
    /// - Parameter closing: When given, the agent takes no new requests: those that wait are served, but no free socket
    ///   is kept, for this reason.
    mutating func apply(_ settings: AgentSettings, closing: CloseReason? = nil, now: Instant) {
        self.settings = settings
        rules = PoolRules(settings, closing: closing)
        for index in table.records.indices where table.records[index].state != .vacant {
            let index = Int32(index)
            if table[index].isCondemned { continue }
            table[index].expiresAt = rules.expiry(serial: table[index].serial, createdAt: table[index].createdAt)
        }
        refreshFree(now: now)
        // As if another loop had asked: the ledger says for each socket whether too many are out.
        ledger.alert(loop)
        alerted(now: now)
        give(ledger.grantPermit(by: loop), now: now)
    }

    // MARK: Steps

    /// Makes a record for a socket that will be connected; its permit was taken.
    mutating func open(_ mode: AgentMode, now: Instant) -> SocketID {
        created &+= 1
        var record = SocketRecord()
        record.state = .connecting
        record.mode = mode
        record.serial = UInt64(truncatingIfNeeded: loop) << 48 | created
        record.createdAt = now
        record.expiresAt = rules.expiry(serial: record.serial, createdAt: now)
        counters.connecting.add()
        counters.created[mode.index].add()
        let index = table.insert(record)
        return table.id(index)
    }

    /// Why a socket that a request gave back, or that came from another loop, must not be used again; nil if it may.
    func retirement(_ index: Int32, now: Instant) -> CloseReason? {
        if !rules.keeps { return .modeSwitch }
        if now >= table[index].expiresAt { return table[index].isCondemned ? .operator : .socketActiveTTL }
        if table[index].requests >= min(rules.requestsMax, table[index].requestsMax) { return .maxRequestsPerSocket }
        return nil
    }

    /// Counts a socket out and has it closed; its permit stays out until it is.
    mutating func close(_ index: Int32, _ reason: CloseReason, now: Instant) {
        countOut(index, reason, now: now)
        actions.append(.close(table.id(index), reason))
    }

    // Counts a socket out; it is `closing` then.
    private mutating func countOut(_ index: Int32, _ reason: CloseReason, now: Instant) {
        switch table[index].state {
        case .connecting: counters.connecting.subtract()
        case .active: counters.active.subtract()
        case .free:
            table.unlink(index)
            counters.free.subtract()
            reuse.idle.record(nanoseconds: now.nanoseconds(since: table[index].freeSince))
            noteIdleClose(index, reason, now: now)
        case .closing, .vacant: preconditionFailure("closed while \(table[index].state)")
        }
        table[index].state = .closing
        counters.closed[reason.rawValue].add()
        counters.age.record(nanoseconds: now.nanoseconds(since: table[index].createdAt))
        let requests = table[index].requests
        let edges = AgentCounters.requestEdges
        counters.requestsOfClosed[edges.firstIndex { requests <= $0 } ?? edges.count].add()
        counters.requestsOfClosedSum.add(requests)
    }
}
