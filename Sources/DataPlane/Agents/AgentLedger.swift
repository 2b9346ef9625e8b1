import Control
import Locks
import Synchronization

/// What the loops share of one agent: a ``LedgerState`` behind a lock, and the counters of every loop.
///
/// One for each agent; its pools hold it. While the agent is below its cap, a lease of a free socket and its return
/// touch none of it.
final class AgentLedger: Sendable {
    /// What each loop counts for this agent, by the loop's number.
    let counters: [AgentCounters]
    private let state: Lock<LedgerState>
    // How many requests in a row, of all loops, got no sign of life from the upstream. Every answer reads it; it is
    // written when one failed, and by the first answer after that.
    private let failures = Atomic<Int>(0)
    private let lastFailure = Atomic<UInt64>(0)
    // So many in a row are no accident.
    private static let failuresMax = 3
    // What was not tried for so long, 10 s, may be well again. Whoever sends no requests while it is not well, as
    // Kubernetes does by readiness, would never learn otherwise.
    private static let failureAgeMax: UInt64 = 10_000_000_000

    /// A ledger for as many loops as there are `counters`, of which the first belong to loop 0 and so on.
    init(settings: AgentSettings, counters: [AgentCounters]) {
        self.counters = counters
        state = Lock(LedgerState(settings: settings, loopCount: counters.count))
    }

    /// Takes over `maxSockets` and `maxPending`.
    ///
    /// To be called once for a change, from any thread, before ``Pool/apply(_:now:)`` of each loop: the first pool that
    /// applies it serves the waiting requests of all loops that a raised limit lets in.
    func apply(_ settings: AgentSettings) { state.withLock { $0.apply(settings) } }

    /// See ``LedgerState/joined()``.
    func joined() { state.withLock { $0.joined() } }

    /// See ``LedgerState/left()``.
    func left() { state.withLock { $0.left() } }

    /// See ``LedgerState/isOver``.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// The upstream could not be connected to, or let a request time out.
    func upstreamFailed(now: Instant) {
        lastFailure.store(now.nanoseconds, ordering: .relaxed)
        failures.wrappingAdd(1, ordering: .relaxed)
    }

    /// The upstream answered a request, or is another one now.
    func upstreamAnswered() {
        if failures.load(ordering: .relaxed) != 0 { failures.store(0, ordering: .relaxed) }
    }

    /// Whether the upstream answers, as far as requests of the last seconds tell.
    func isAnswering(now: Instant) -> Bool {
        failures.load(ordering: .relaxed) < Self.failuresMax
            || now.nanoseconds(since: Instant(nanoseconds: lastFailure.load(ordering: .relaxed))) > Self.failureAgeMax
    }

    /// How many sockets all loops may have, how many permits are out, how many requests wait: for tests and snapshots.
    var figures: (limit: Int, permits: Int, waiting: Int) {
        state.withLock { ($0.limit, $0.permits, $0.waiting) }
    }

    /// Keeps every loop out during `body`: for tests of what needs nothing of this.
    func whileLocked(_ body: () -> Void) { state.withLock { _ in body() } }

    /// Which loops are alerted: for tests.
    var alerted: [Bool] { state.withLock { $0.alerted } }

    /// See ``LedgerState/acquire(_:mode:hasFree:loop:now:)``.
    func acquire(
        _ ticket: Ticket, mode: AgentMode, hasFree: Bool, loop: Int, now: Instant
    ) -> LedgerState.Acquisition {
        state.withLock { $0.acquire(ticket, mode: mode, hasFree: hasFree, loop: loop, now: now) }
    }

    /// See ``LedgerState/grantPermit(by:)``.
    func grantPermit(by loop: Int) -> LedgerState.Grantee? { state.withLock { $0.grantPermit(by: loop) } }

    /// See ``LedgerState/returnPermit(by:wasSurplus:)``.
    func returnPermit(by loop: Int, wasSurplus: Bool) -> LedgerState.Grantee? {
        state.withLock { $0.returnPermit(by: loop, wasSurplus: wasSurplus) }
    }

    /// See ``LedgerState/release(by:)``.
    func release(by loop: Int) -> LedgerState.Release { state.withLock { $0.release(by: loop) } }

    /// See ``LedgerState/alert(_:)``.
    func alert(_ loop: Int) { state.withLock { $0.alert(loop) } }

    /// See ``LedgerState/claim(_:loop:)``.
    func claim(_ ticket: Ticket, loop: Int) -> LedgerState.Waiter? {
        state.withLock { $0.claim(ticket, loop: loop) }
    }

    /// See ``LedgerState/requeue(_:)``.
    func requeue(_ waiter: LedgerState.Waiter) -> [Int] { state.withLock { $0.requeue(waiter) } }

    /// See ``LedgerState/abandon(_:loop:)``.
    func abandon(_ ticket: Ticket, loop: Int) -> Bool { state.withLock { $0.abandon(ticket, loop: loop) } }
}
