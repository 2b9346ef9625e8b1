import Control
import DequeModule

/// What the loops share of one agent: the permits to have a socket, and the requests that wait for one.
///
/// Rules:
/// - A permit is out for each socket of every loop from before it connects until after it is closed, and for each
///   socket or bare permit on its way between two loops. `permits` never rises above `limit`.
/// - While a request waits, every loop is alerted: its pool shows each socket that a request gives back to this ledger.
///   A loop stops doing so only in ``release(by:)``, when nothing waits.
/// - A request that was granted something by another loop is *promised* until its own loop claims it or it leaves.
/// - A request in `normal` mode takes no socket that was used before, only the permit of one: that socket is closed, and
///   its permit goes straight to the request, which is promised until then. So requests of both modes are served in the
///   order in which they came, and none waits beside a free socket.
struct LedgerState: Sendable {
    /// A request that waits.
    struct Waiter: Equatable, Sendable {
        var ticket: Ticket
        /// Whether it takes a socket that was used before, or only a new one.
        var mode: AgentMode
        /// When it began to wait.
        var since: Instant
        /// The loop that it waits on.
        var loop: Int
    }

    /// The answer to a request for a new socket.
    enum Acquisition: Equatable, Sendable {
        /// It may connect.
        case permit
        /// One of its loop's free sockets must be closed, whose permit is promised to it.
        case room
        /// It waits; these loops must be told so.
        case queued(alerts: [Int])
        /// Too many wait already.
        case refused
    }

    /// What becomes of a socket that a request gave back.
    enum Release: Equatable, Sendable {
        /// Too many permits are out: close it.
        case surplus
        /// This request gets it; one in `normal` mode gets its permit, when it is closed.
        case waiter(Waiter)
        /// Nothing waits, and the loop is not alerted any longer: keep it.
        case idle
    }

    /// A request that gets a permit.
    struct Grantee: Equatable, Sendable {
        var waiter: Waiter
        /// Whether another permit can be granted at once.
        var hasMore: Bool
    }

    /// How much longer a request of another loop must have waited to be served before one of the same loop,
    /// in nanoseconds: 2 ms. It bounds the unfairness and keeps most sockets on their thread.
    static var fairnessSlack: UInt64 { 2_000_000 }

    private(set) var limit: Int
    private(set) var maxPending: Int
    /// How many permits are out.
    private(set) var permits = 0
    /// How many of these belong to sockets that are being closed because too many were out.
    private(set) var surplus = 0
    /// How many requests wait.
    private(set) var waiting = 0
    private(set) var alerted: [Bool]
    // How many loops have a pool that may still get new requests.
    private var members = 0
    private var queues: [Deque<Waiter>]
    private var promised: [[Waiter]]
    // Left while they waited; still in their queue until it gets to them, or until they are the greater part of it.
    private var gone: Set<Ticket> = []

    /// Nothing out, nothing waiting.
    init(settings: AgentSettings, loopCount: Int) {
        limit = settings.maxSockets
        maxPending = settings.maxPending
        alerted = Array(repeating: false, count: loopCount)
        queues = Array(repeating: [], count: loopCount)
        promised = Array(repeating: [], count: loopCount)
    }

    /// Whether the agent has left every loop and nothing of it is left: no socket, none on its way, no request.
    var isOver: Bool { members == 0 && permits == 0 && waiting == 0 }

    /// A loop begins to take requests.
    mutating func joined() { members += 1 }

    /// A loop takes no new requests any more.
    mutating func left() { members -= 1 }

    /// Takes over the limits; the pools serve whom a raised one lets in.
    mutating func apply(_ settings: AgentSettings) {
        limit = settings.maxSockets
        maxPending = settings.maxPending
    }

    /// Takes a permit for a request, or queues it behind all others of its loop.
    ///
    /// - Parameter hasFree: Whether its loop has a free socket, which a request in `normal` mode does not take as it is.
    mutating func acquire(
        _ ticket: Ticket, mode: AgentMode, hasFree: Bool, loop: Int, now: Instant
    ) -> Acquisition {
        if waiting == 0, permits < limit {
            permits += 1
            return .permit
        }
        let waiter = Waiter(ticket: ticket, mode: mode, since: now, loop: loop)
        if waiting == 0, hasFree, permits - surplus <= limit {
            promised[loop].append(waiter)
            return .room
        }
        guard waiting < maxPending else { return .refused }
        if gone.contains(ticket) { forgetGone() }
        queues[loop].append(waiter)
        waiting += 1
        return .queued(alerts: alertOthers(than: loop))
    }

    /// Takes a permit for the next request that waits, if there are both.
    mutating func grantPermit(by loop: Int) -> Grantee? {
        guard permits < limit, let waiter = takeNext(for: loop) else { return nil }
        permits += 1
        return Grantee(waiter: waiter, hasMore: waiting > 0 && permits < limit)
    }

    /// Takes a permit back, its socket being closed, and grants it to the next request.
    mutating func returnPermit(by loop: Int, wasSurplus: Bool) -> Grantee? {
        precondition(permits > 0, "a permit was returned twice")
        permits -= 1
        if wasSurplus { surplus -= 1 }
        return grantPermit(by: loop)
    }

    /// Says what becomes of a socket that was given back, or is free, on an alerted loop.
    mutating func release(by loop: Int) -> Release {
        if permits - surplus > limit {
            surplus += 1
            return .surplus
        }
        if let waiter = takeNext(for: loop) {
            // Another loop's is promised already.
            if waiter.mode == .normal, waiter.loop == loop { promised[loop].append(waiter) }
            return .waiter(waiter)
        }
        alerted[loop] = false
        return .idle
    }

    /// Notes that a loop shows its sockets, because it was told to by something else than a request in the queue.
    mutating func alert(_ loop: Int) { alerted[loop] = true }

    /// Takes a promised request, now that what it was promised is on its loop; nil when it left meanwhile.
    mutating func claim(_ ticket: Ticket, loop: Int) -> Waiter? {
        guard let index = promised[loop].firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return promised[loop].remove(at: index)
    }

    /// Queues a claimed request again, at its place, because what it was promised cannot be used; returns the loops
    /// that must be told.
    mutating func requeue(_ waiter: Waiter) -> [Int] {
        let place = queues[waiter.loop].firstIndex { $0.since > waiter.since } ?? queues[waiter.loop].endIndex
        queues[waiter.loop].insert(waiter, at: place)
        waiting += 1
        return alertOthers(than: waiter.loop)
    }

    /// Takes out a request that left; false when it is promised something that is on its way.
    mutating func abandon(_ ticket: Ticket, loop: Int) -> Bool {
        if claim(ticket, loop: loop) != nil { return false }
        assert(!gone.contains(ticket) && queues[loop].contains { $0.ticket == ticket }, "\(ticket) does not wait")
        gone.insert(ticket)
        waiting -= 1
        // Each of these passes is paid for by as many departures before it, so that leaving is cheap in any order.
        if gone.count > waiting + 16 { forgetGone() }
        return true
    }

    // The loop's own first request, unless that of another loop waited longer by more than the slack.
    private mutating func takeNext(for loop: Int) -> Waiter? {
        guard waiting > 0 else { return nil }
        var best: Int?
        var bestSince: UInt64 = .max
        for candidate in queues.indices {
            guard let first = first(of: candidate) else { continue }
            let since = first.since.nanoseconds
            let rank = candidate == loop ? since - min(since, Self.fairnessSlack) : since
            if rank < bestSince || rank == bestSince && candidate == loop { (best, bestSince) = (candidate, rank) }
        }
        guard let best, let waiter = queues[best].popFirst() else { return nil }
        waiting -= 1
        if best != loop { promised[best].append(waiter) }
        return waiter
    }

    private mutating func first(of loop: Int) -> Waiter? {
        while let first = queues[loop].first {
            if gone.isEmpty || gone.remove(first.ticket) == nil { return first }
            queues[loop].removeFirst()
        }
        return nil
    }

    private mutating func forgetGone() {
        for loop in queues.indices { queues[loop].removeAll { gone.contains($0.ticket) } }
        gone.removeAll()
    }

    private mutating func alertOthers(than loop: Int) -> [Int] {
        alerted[loop] = true
        var alerts: [Int] = []
        for other in alerted.indices where !alerted[other] {
            alerted[other] = true
            alerts.append(other)
        }
        return alerts
    }
}
