import Control
import Synchronization

/// The free sockets of a pool: kept, taken, and closed when their time has come.
extension Pool {
    /// How many sockets are free here.
    var freeCount: Int { table.freeCount }

    /// When to call ``sweep(now:)`` next; ``Instant/never`` when no socket is free. It may lie too early.
    var nextDeadline: Instant { table.freeCount == 0 ? .never : sweepAt }

    /// Closes the free sockets whose time has come.
    mutating func sweep(now: Instant) {
        var next = Instant.never
        var index = table.oldest
        while index >= 0 {
            let newer = table[index].newer
            if table[index].deadline <= now {
                close(index, lapse(index), now: now)
            } else {
                next = min(next, table[index].deadline)
            }
            index = newer
        }
        sweepAt = next
    }

    /// Closes every free socket for `reason`: for a drain, a stop, or because the operator says so.
    mutating func closeFree(reason: CloseReason, now: Instant) {
        while table.oldest >= 0 { close(table.oldest, reason, now: now) }
    }

    /// Closes the open socket of number `serial` for the operator: at once when it is free, else after its request.
    ///
    /// - Returns: Whether it is here.
    mutating func condemn(serial: UInt64, now: Instant) -> Bool {
        guard let slot = table.records.firstIndex(where: { $0.serial == serial }) else { return false }
        let index = Int32(slot)
        switch table[index].state {
        case .vacant, .closing: return false
        case .free: close(index, .operator, now: now)
        case .connecting, .active:
            table[index].isCondemned = true
            table[index].expiresAt = Instant(nanoseconds: 0)
        }
        return true
    }

    /// Takes the free socket that is next by `scheduling` and leases it; nil when none is left that is young enough.
    mutating func takeFree(now: Instant) -> Int32? {
        while true {
            let index = rules.usesNewest ? table.newest : table.oldest
            guard index >= 0 else { return nil }
            if table[index].deadline > now {
                activate(index, now: now)
                lend(index)
                return index
            }
            close(index, lapse(index), now: now)
        }
    }

    /// Takes a free socket out, which is used again.
    @inline(__always)
    mutating func activate(_ index: Int32, now: Instant) {
        table.unlink(index)
        counters.free.subtract()
        counters.active.add()
        table[index].state = .active
        reuse.idle.record(nanoseconds: now.nanoseconds(since: table[index].freeSince))
        if table.freeCount < fewestFree || now >= fewestUntil { noteFewest(now: now) }
    }

    // Rarely called: the loop's clock need not be divided for each request.
    private mutating func noteFewest(now: Instant) {
        let minute = now.nanoseconds / 60_000_000_000 + 1
        fewestUntil = Instant(nanoseconds: minute * 60_000_000_000)
        fewestFree = table.freeCount
        reuse.left(free: UInt64(table.freeCount), minute: minute)
    }

    /// Learns of a socket that the upstream closed after it had been free for so long, if it was.
    func noteIdleClose(_ index: Int32, _ reason: CloseReason, now: Instant) {
        guard reason == .upstreamClosedIdle || reason == .reset, table[index].freeSince != .never else { return }
        reuse.closedByUpstream(afterNanoseconds: now.nanoseconds(since: table[index].freeSince))
    }

    /// Counts one more request, in `keepalive` mode, on an active socket.
    mutating func lend(_ index: Int32) {
        table[index].requests &+= 1
        table[index].mode = .keepalive
        counters.reused[AgentMode.keepalive.index].add()
    }

    /// Keeps an active socket as a free one, or closes it when it may not be.
    mutating func keep(_ index: Int32, now: Instant) {
        setDeadline(index, freeSince: now)
        guard table[index].deadline > now else { return close(index, lapse(index), now: now) }
        guard takeFreePlace() else { return close(index, .maxFreeSockets, now: now) }
        table[index].state = .free
        counters.active.subtract()
        sweepAt = table.freeCount == 0 ? table[index].deadline : min(sweepAt, table[index].deadline)
        table.link(index)
    }

    /// Looks at every free socket again after a change of the settings.
    mutating func refreshFree(now: Instant) {
        if let reason = rules.closing { return closeFree(reason: reason, now: now) }
        if !rules.keeps { return closeFree(reason: .modeSwitch, now: now) }
        var index = table.oldest
        while index >= 0 {
            let newer = table[index].newer
            setDeadline(index, freeSince: table[index].freeSince)
            if let reason = retirement(index, now: now) { close(index, reason, now: now) }
            index = newer
        }
        sweep(now: now)
        guard rules.capsFree else { return }
        while table.oldest >= 0, freeOfAllLoops > rules.freeMax { close(table.oldest, .maxFreeSockets, now: now) }
    }

    private mutating func setDeadline(_ index: Int32, freeSince: Instant) {
        table[index].freeSince = freeSince
        let end = freeSince.advanced(nanoseconds: min(rules.freeTimeout, table[index].freeTimeout))
        table[index].deadline = min(end, table[index].expiresAt)
    }

    // Which end of a free socket's life came first.
    private func lapse(_ index: Int32) -> CloseReason {
        if let reason = rules.closing { return reason }
        return table[index].deadline == table[index].expiresAt ? .socketActiveTTL : .freeSocketTimeout
    }

    // Counts a free socket in unless that would be one too many. The cap holds for all loops together without a lock:
    // each counts its own in before it adds up the others', and the fence makes sure that of two loops that do so at
    // the same time at least one sees the other. Nothing is shared unless the cap can be reached.
    private mutating func takeFreePlace() -> Bool {
        counters.free.add()
        guard rules.capsFree else { return true }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if freeOfAllLoops <= rules.freeMax { return true }
        counters.free.subtract()
        return false
    }

    private var freeOfAllLoops: UInt64 { ledger.counters.reduce(0) { $0 &+ $1.free.value } }
}
