import Control
import TestSupport

@testable import DataPlane

/// Several loops' pools, one ledger, and a mock of everything around them: it carries out each action, later and in any
/// order where the real one could, and notes every broken rule in ``faults``.
final class PoolModel {
    /// What travels between loops.
    enum Message {
        case alert(loop: Int)
        case handover(Handover, Descriptor)
        case permit(loop: Int, Ticket)
    }

    /// What the mock knows about one open socket.
    struct Descriptor {
        enum State { case connecting, active, free, closing }
        var serial: UInt64
        var state: State
        var createdAt: Instant
        var freeSince: Instant
        var requests: UInt64 = 0
        var requestsMax = UInt64.max
        var freeTimeout = UInt64.max
        var ticket: Ticket?
        /// Of the request that has it, or had it last.
        var mode: AgentMode
    }

    /// A request that waits, or was promised something that is on its way.
    struct Waiting {
        enum Promise {
            case none
            /// The permit of a socket that is being closed for it.
            case room
            /// What another loop has sent.
            case sent
        }

        var loop: Int
        var since: Instant
        var mode: AgentMode
        var promise = Promise.none
        var isPromised: Bool { promise != .none }
    }

    let ledger: AgentLedger
    var pools: [Pool]
    var now = Instant(nanoseconds: 1_000_000_000)
    var random: SplitMix64
    /// The settings that the ledger has, and those that each pool has yet to apply.
    var settings: AgentSettings
    var unapplied: [[AgentSettings]]
    var sockets: [[SocketID: Descriptor]]
    var waiting: [Ticket: Waiting] = [:]
    var messages: [Message] = []
    /// Those for whom a socket is being closed; they may leave meanwhile.
    var heirs: Set<Ticket> = []
    var closing: [(loop: Int, id: SocketID, reason: CloseReason)] = []
    /// By loop and slot: a socket's generation must be new.
    var generations: [[Int32: UInt32]]
    var faults: [String] = []
    var tickets: UInt64 = 0
    /// Descriptors as the upstream counts them.
    var openCount = 0
    var openCountAllowed: Int
    // Totals, to compare the counters with.
    var created: [UInt64] = [0, 0]
    var reused: UInt64 = 0
    var granted: UInt64 = 0
    var closed = [UInt64](repeating: 0, count: CloseReason.allCases.count)
    var steps = 0

    init(seed: UInt64, loops: Int, settings: AgentSettings) {
        random = SplitMix64(seed: seed)
        self.settings = settings
        ledger = AgentLedger(settings: settings, counters: (0..<loops).map { _ in AgentCounters() })
        let ledger = ledger
        pools = (0..<loops).map { Pool(ledger: ledger, loop: $0, settings: settings) }
        unapplied = Array(repeating: [], count: loops)
        sockets = Array(repeating: [:], count: loops)
        generations = Array(repeating: [:], count: loops)
        openCountAllowed = settings.maxSockets
    }

    func fault(_ text: @autoclosure () -> String) {
        if faults.count < 5 { faults.append("step \(steps): \(text())") }
    }

    /// Whether some requests are served in `keepalive` mode.
    static func keeps(_ settings: AgentSettings) -> Bool { settings.split != (settings.mode == .normal ? 0 : 100) }

    /// Whether some requests are served in `normal` mode.
    static func closes(_ settings: AgentSettings) -> Bool { settings.split != (settings.mode == .normal ? 100 : 0) }

    // MARK: Events

    func request(loop: Int) {
        tickets += 1
        let ticket = Ticket(rawValue: tickets)
        let settings = pools[loop].settings
        let isOther = Int.random(in: 0..<100, using: &random) < settings.split
        let mode: AgentMode = (settings.mode == .normal) != isOther ? .normal : .keepalive
        let answer = pools[loop].lease(for: ticket, mode: mode, now: now)
        switch answer {
        case .reuse(let id): lend(id, loop: loop, to: ticket, mode)
        case .open(let id):
            if waiting.values.contains(where: { !$0.isPromised }) { fault("\(ticket) jumped the queue") }
            opened(id, loop: loop, for: ticket, mode)
        case .wait: waiting[ticket] = Waiting(loop: loop, since: now, mode: mode)
        case .refused:
            if waiting.values.count(where: { !$0.isPromised }) < self.settings.maxPending { fault("refused too soon") }
        }
        run(loop)
    }

    func connect(loop: Int, _ id: SocketID, succeeds: Bool) {
        if succeeds {
            pools[loop].connected(id, now: now)
            sockets[loop][id]?.state = .active
            sockets[loop][id]?.requests = 1
        } else {
            pools[loop].connectFailed(id, now: now)
        }
        run(loop)
    }

    func finish(loop: Int, _ id: SocketID, outcome: Pool.Outcome) {
        if case .reusable(let timeout, let max) = outcome, var descriptor = sockets[loop][id] {
            if let timeout { descriptor.freeTimeout = UInt64(timeout == 0 ? 0 : timeout - 1) * 1_000_000_000 }
            if let max { descriptor.requestsMax = descriptor.requests + UInt64(max) }
            descriptor.state = .free
            descriptor.freeSince = now
            sockets[loop][id] = descriptor
        }
        sockets[loop][id]?.ticket = nil
        pools[loop].finished(id, outcome: outcome, now: now)
        run(loop)
        guard let descriptor = sockets[loop][id], descriptor.mode == .normal, descriptor.state != .closing else {
            return
        }
        if Self.closes(pools[loop].settings) { fault("\(id) was kept after a request in normal mode") }
    }

    func abandon(_ ticket: Ticket) {
        guard let request = waiting.removeValue(forKey: ticket) else { return }
        let wasWaiting = pools[request.loop].abandoned(ticket, now: now)
        if wasWaiting == request.isPromised { fault("abandoned returned \(wasWaiting)") }
        run(request.loop)
    }

    func deliver(_ index: Int) {
        messages.swapAt(index, messages.count - 1)
        switch messages.removeLast() {
        case .alert(let loop):
            pools[loop].alerted(now: now)
            run(loop)
        case .permit(let loop, let ticket):
            pools[loop].permitArrived(ticket, now: now)
            run(loop)
            if waiting[ticket]?.isPromised == true { fault("a permit did not reach \(ticket)") }
        case .handover(let handover, var descriptor):
            let loop = handover.loop
            let id = pools[loop].arrived(handover, now: now)
            checkNew(id, loop: loop)
            descriptor.state = .free
            descriptor.freeSince = now
            sockets[loop][id] = descriptor
            run(loop)
            // Not of use here: the request is back in the queue.
            waiting[handover.ticket]?.promise = .none
        }
    }

    func close(_ index: Int) {
        closing.swapAt(index, closing.count - 1)
        let (loop, id, _) = closing.removeLast()
        openCount -= 1
        sockets[loop][id] = nil
        pools[loop].closed(id, now: now)
        run(loop)
    }

    func change(_ new: AgentSettings) {
        settings = new
        ledger.apply(new)
        for loop in pools.indices { unapplied[loop].append(new) }
    }

    func apply(loop: Int) {
        let new = unapplied[loop].removeFirst()
        pools[loop].apply(new, now: now)
        run(loop)
        if !Self.keeps(new), pools[loop].freeCount > 0 { fault("free sockets that no request takes") }
        let (limit, permits, _) = ledger.figures
        if permits - closing.count > limit, pools[loop].freeCount > 0 { fault("free sockets over a lowered cap") }
    }

    func sweep(loop: Int) {
        let deadline = pools[loop].nextDeadline
        pools[loop].sweep(now: now)
        if deadline > now, !pools[loop].actions.isEmpty { fault("a sweep closed before the next deadline") }
        run(loop)
        if pools[loop].nextDeadline <= now { fault("a sweep left a deadline behind") }
    }

    func closedWhileFree(loop: Int, _ id: SocketID) {
        pools[loop].closedWhileFree(id, reason: .upstreamClosedIdle, now: now)
        run(loop)
    }

    func closeFree(loop: Int) {
        pools[loop].closeFree(reason: .drain, now: now)
        run(loop)
        if pools[loop].freeCount > 0 { fault("free sockets after closeFree") }
    }

    // MARK: Actions

    private func run(_ loop: Int) {
        for action in pools[loop].actions {
            switch action {
            case .close(let id, let reason):
                guard let descriptor = sockets[loop][id], descriptor.state != .closing else {
                    fault("closes \(id), which is not open")
                    continue
                }
                let heir = pools[loop].table[id.slot].heir
                checkClose(descriptor, reason, makesRoom: heir != nil, loop: loop)
                if let heir { promised(heir, by: loop) }
                sockets[loop][id]?.state = .closing
                closing.append((loop, id, reason))
                closed[reason.rawValue] += 1
            case .grant(let ticket, let grant):
                served(ticket, by: loop, remotely: false)
                granted += 1
                let mode = waiting.removeValue(forKey: ticket)?.mode ?? .keepalive
                switch grant {
                case .reuse(let id): lend(id, loop: loop, to: ticket, mode)
                case .open(let id): opened(id, loop: loop, for: ticket, mode)
                }
            case .handOver(let id, let handover):
                served(handover.ticket, by: loop, remotely: true)
                guard let descriptor = sockets[loop].removeValue(forKey: id), descriptor.state == .free,
                    descriptor.serial == handover.serial, descriptor.requests == handover.requests
                else {
                    fault("hands over \(id), which is not free")
                    continue
                }
                if !Self.keeps(pools[loop].settings) { fault("handed over, though no socket is kept") }
                if waiting[handover.ticket]?.mode == .normal { fault("a used socket for a request in normal mode") }
                messages.append(.handover(handover, descriptor))
            case .sendPermit(let target, let ticket):
                if heirs.remove(ticket) != nil {
                    waiting[ticket]?.promise = .sent
                } else {
                    served(ticket, by: loop, remotely: true)
                }
                messages.append(.permit(loop: target, ticket))
            case .alert(let target):
                messages.append(.alert(loop: target))
            }
        }
        pools[loop].actions.removeAll(keepingCapacity: true)
    }

    private func opened(_ id: SocketID, loop: Int, for ticket: Ticket, _ mode: AgentMode) {
        checkNew(id, loop: loop)
        let serial = pools[loop].table[id.slot].serial
        sockets[loop][id] = Descriptor(
            serial: serial, state: .connecting, createdAt: now, freeSince: now, ticket: ticket, mode: mode)
        created[mode.index] += 1
        openCount += 1
    }

    private func lend(_ id: SocketID, loop: Int, to ticket: Ticket, _ mode: AgentMode) {
        guard var descriptor = sockets[loop][id], descriptor.state == .free else {
            return fault("leased \(id), which is not free")
        }
        let rules = pools[loop].settings
        if mode == .normal { fault("a used socket for a request in normal mode") }
        if !Self.keeps(rules) { fault("reused, though no socket is kept") }
        if descriptor.requests >= min(descriptor.requestsMax, UInt64(rules.maxRequestsPerSocket ?? .max)) {
            fault("reused after its last request")
        }
        if let ttl = rules.socketActiveTTL, now >= descriptor.createdAt.advanced(by: ttl) { fault("reused too old") }
        let timeout = min(descriptor.freeTimeout, rules.freeSocketTimeout.wholeNanoseconds)
        // One that comes straight from another request was not free at all.
        let idle = now.nanoseconds(since: descriptor.freeSince)
        if idle > 0, idle >= timeout { fault("reused after its time as a free socket") }
        descriptor.state = .active
        descriptor.requests += 1
        descriptor.ticket = ticket
        descriptor.mode = mode
        sockets[loop][id] = descriptor
        reused += 1
    }
}
