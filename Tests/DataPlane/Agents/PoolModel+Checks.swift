import Control
import TestSupport

@testable import DataPlane

/// The rules that must hold after every step.
extension PoolModel {
    /// Checks everything that must hold now, and more when nothing is on its way.
    func check() {
        let (limit, permits, queued) = ledger.figures
        var inFlight = 0
        for message in messages {
            switch message {
            case .alert: break
            case .permit, .handover: inFlight += 1
            }
        }
        let records = pools.reduce(0) { $0 + $1.socketCount }
        if permits != records + inFlight { fault("\(permits) permits, \(records) records, \(inFlight) in flight") }
        // The cap, and that a lowered one is approached only from above.
        if permits > max(limit, openCountAllowed) { fault("\(permits) permits, cap \(limit)") }
        if openCount > permits { fault("\(openCount) descriptors, \(permits) permits") }
        openCountAllowed = max(limit, permits)

        let unpromised = waiting.values.count { !$0.isPromised }
        if queued != unpromised { fault("\(queued) queued, \(unpromised) wait") }
        let alerted = ledger.alerted
        for loop in pools.indices {
            checkRecords(loop)
            if unpromised > 0, !alerted[loop] { fault("loop \(loop) does not know of those who wait") }
            if pools[loop].isContended, pools[loop].freeCount > 0 { fault("free sockets on contended loop \(loop)") }
        }
        if messages.isEmpty, closing.isEmpty, unapplied.allSatisfy(\.isEmpty) { checkQuiet(unpromised, alerted) }
    }

    private func checkQuiet(_ unpromised: Int, _ alerted: [Bool]) {
        let (limit, permits, _) = ledger.figures
        let free = pools.reduce(0) { $0 + $1.freeCount }
        if free > settings.maxFreeSockets { fault("\(free) free sockets, cap \(settings.maxFreeSockets)") }
        for loop in pools.indices where alerted[loop] && !pools[loop].isContended {
            fault("loop \(loop) is not contended, but the ledger thinks so")
        }
        if permits > limit, free > 0 { fault("\(free) free sockets while \(permits) are over the cap") }
        guard unpromised > 0 else { return }
        if free > 0 { fault("\(unpromised) wait beside \(free) free sockets") }
        if permits < limit { fault("\(unpromised) wait beside \(limit - permits) unused permits") }
    }

    /// One loop's records and gauges are what the mock knows.
    private func checkRecords(_ loop: Int) {
        var found: (connecting: UInt64, active: UInt64, free: UInt64) = (0, 0, 0)
        if pools[loop].socketCount != sockets[loop].count { fault("a socket of loop \(loop) is lost") }
        for (id, descriptor) in sockets[loop] {
            let record = pools[loop].table[id.slot]
            let matches =
                switch descriptor.state {
                case .connecting: record.state == .connecting
                case .active: record.state == .active
                case .free: record.state == .free
                case .closing: record.state == .closing
                }
            if !matches || record.generation != id.generation || record.serial != descriptor.serial {
                fault("\(id) is \(record.state), not \(descriptor.state)")
            }
            switch descriptor.state {
            case .connecting: found.connecting += 1
            case .active: found.active += 1
            case .free: found.free += 1
            case .closing: break
            }
        }
        let counters = ledger.counters[loop]
        if found != (counters.connecting.value, counters.active.value, counters.free.value) {
            fault("gauges of loop \(loop): \(found)")
        }
        if counters.free.value != UInt64(pools[loop].freeCount) { fault("the free list of loop \(loop)") }
    }

    /// The totals are what the mock saw; costs more, so not after every step.
    func checkTotals() {
        let figures = AgentFigures(summing: ledger.counters)
        if figures.created != created { fault("\(figures.created) created, \(created) seen") }
        if figures.reusedTotal != reused { fault("\(figures.reusedTotal) reused, \(reused) seen") }
        if figures.closed != closed { fault("closed by reason: \(figures.closed), \(closed) seen") }
        if figures.waited.count != granted { fault("\(figures.waited.count) waited, \(granted) granted") }
        if figures.age.count != figures.closedTotal { fault("an age was not recorded") }
        if figures.pending != UInt64(waiting.count) { fault("\(figures.pending) pending, \(waiting.count) wait") }
        let inFlight = messages.count { if case .handover = $0 { true } else { false } }
        let gauges = ledger.counters.reduce(0) { $0 + $1.connecting.value + $1.active.value + $1.free.value }
        if figures.open != gauges + UInt64(inFlight) {
            fault("created less closed is not open")
        }
        if figures.reused[AgentMode.normal.index] > 0 { fault("reused in normal mode") }
    }

    /// A request that waits is served: it must be next.
    func served(_ ticket: Ticket, by loop: Int, remotely: Bool) {
        guard let request = waiting[ticket] else { return fault("\(ticket) does not wait") }
        if remotely == (request.loop == loop) { fault("\(ticket) waits on loop \(request.loop)") }
        heirs.remove(ticket)
        // A promised one was next already, when it was promised.
        if request.isPromised {
            if remotely { fault("\(ticket) was promised twice") }
            return
        }
        if remotely { waiting[ticket]?.promise = .sent }
        checkOrder(ticket, request, by: loop)
    }

    /// A socket closes to make room for a request that waits: it must be next, and have no use for the socket itself.
    func promised(_ heir: SocketRecord.Heir, by loop: Int) {
        guard let request = waiting[heir.ticket] else { return fault("\(heir.ticket) does not wait") }
        if request.isPromised { fault("\(heir.ticket) was promised twice") }
        if request.loop != heir.loop { fault("\(heir.ticket) waits on loop \(request.loop)") }
        if request.mode != .normal { fault("room for \(heir.ticket), which takes a used socket") }
        waiting[heir.ticket]?.promise = .room
        heirs.insert(heir.ticket)
        checkOrder(heir.ticket, request, by: loop)
    }

    // The next one is the one that waited longest, but for the slack; whatever the modes.
    private func checkOrder(_ ticket: Ticket, _ request: Waiting, by loop: Int) {
        let slack = LedgerState.fairnessSlack
        for (key, other) in waiting where !other.isPromised && key != ticket {
            // The local ones may go first, within the slack.
            let lead = request.since.nanoseconds(since: other.since)
            let allowed = request.loop == loop && other.loop != loop ? slack : 0
            if other.loop == loop, request.loop != loop {
                if other.since.nanoseconds(since: request.since) <= slack { fault("\(ticket) went before a local one") }
            } else if lead > allowed {
                fault("\(ticket) went \(lead) ns too early")
            }
        }
    }

    /// A slot is taken: it must be vacant, and the identifier never used before.
    func checkNew(_ id: SocketID, loop: Int) {
        if sockets[loop][id] != nil { fault("\(id) is taken twice") }
        if let last = generations[loop][id.slot], last >= id.generation { fault("\(id) comes after \(last)") }
        generations[loop][id.slot] = id.generation
    }

    /// A socket closes: the reason must be true.
    func checkClose(_ descriptor: Descriptor, _ reason: CloseReason, makesRoom: Bool, loop: Int) {
        let rules = pools[loop].settings
        let age = now.nanoseconds(since: descriptor.createdAt)
        let isTrue =
            switch reason {
            case .normalMode: descriptor.mode == .normal && Self.closes(rules)
            case .modeSwitch: makesRoom || !Self.keeps(rules)
            case .socketActiveTTL:
                rules.socketActiveTTL.map { age >= $0.wholeNanoseconds / 10 * 9 } ?? false
            case .maxRequestsPerSocket:
                descriptor.requests >= min(descriptor.requestsMax, UInt64(rules.maxRequestsPerSocket ?? .max))
            case .freeSocketTimeout:
                now.nanoseconds(since: descriptor.freeSince)
                    >= min(descriptor.freeTimeout, rules.freeSocketTimeout.wholeNanoseconds)
            case .maxFreeSockets: rules.maxFreeSockets < rules.maxSockets
            // No more than are too many: those that close for this already count.
            case .operator:
                ledger.figures.permits - closing.count { $0.reason == .operator } > ledger.figures.limit
            case .connectFailed: descriptor.state == .connecting
            default: true
            }
        if !isTrue { fault("closed for \(reason), which is not so") }
    }

    /// Lets everything end: whoever waits is served, and nothing is left at last.
    func drain() {
        var rounds = 0
        while true {
            rounds += 1
            guard rounds < 1_000_000 else { return fault("no end in sight") }
            if !messages.isEmpty {
                deliver(0)
            } else if !closing.isEmpty {
                close(0)
            } else if let loop = unapplied.firstIndex(where: { !$0.isEmpty }) {
                apply(loop: loop)
            } else if let (loop, id) = any(.connecting) {
                connect(loop: loop, id, succeeds: true)
            } else if let (loop, id) = any(.active) {
                finish(loop: loop, id, outcome: .reusable(keepAliveTimeout: nil, keepAliveMax: nil))
            } else {
                break
            }
            check()
        }
        if !waiting.isEmpty { fault("\(waiting.count) requests wait for ever") }
        for loop in pools.indices { closeFree(loop: loop) }
        while !closing.isEmpty { close(0) }
        check()
        checkTotals()
        if ledger.figures.permits != 0 { fault("\(ledger.figures.permits) permits are left") }
    }

    private func any(_ state: Descriptor.State) -> (Int, SocketID)? {
        for loop in pools.indices {
            if let id = sockets[loop].first(where: { $0.value.state == state })?.key { return (loop, id) }
        }
        return nil
    }
}
