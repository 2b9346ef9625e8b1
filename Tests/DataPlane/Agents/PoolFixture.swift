import Control

@testable import DataPlane

/// Pools of a few loops and one ledger, driven by hand.
final class PoolFixture {
    let ledger: AgentLedger
    var pools: [Pool]
    var settings: AgentSettings
    /// Time starts late enough for a socket to be old.
    var now = Instant(nanoseconds: 1_000_000_000_000)
    private var tickets: UInt64 = 100

    /// Pools with the default settings as `change` leaves them.
    init(loops: Int = 1, _ change: (inout AgentSettings) -> Void = { _ in }) {
        var settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 1984)))
        change(&settings)
        let ledger = AgentLedger(settings: settings, counters: (0..<loops).map { _ in AgentCounters() })
        self.settings = settings
        self.ledger = ledger
        pools = (0..<loops).map { Pool(ledger: ledger, loop: $0, settings: settings) }
    }

    /// What loop 0 counted.
    var counters: AgentCounters { ledger.counters[0] }

    /// A ticket that no other request has.
    func ticket() -> Ticket {
        tickets += 1
        return Ticket(rawValue: tickets)
    }

    /// A lease on `loop` now, of a new request unless `ticket` says which, in the agent's mode unless told otherwise.
    func lease(_ ticket: Ticket? = nil, _ loop: Int = 0, mode: AgentMode? = nil) -> Pool.Lease {
        pools[loop].lease(for: ticket ?? self.ticket(), mode: mode ?? settings.mode, now: now)
    }

    /// A request that waits on `loop` leaves now.
    func abandoned(_ ticket: Ticket, _ loop: Int = 0) -> Bool { pools[loop].abandoned(ticket, now: now) }

    /// An active socket that was opened now, on `loop`.
    func opened(_ loop: Int = 0, mode: AgentMode? = nil) -> SocketID {
        let id = connecting(loop, mode: mode)
        pools[loop].connected(id, now: now)
        return id
    }

    /// A connecting socket on `loop`.
    func connecting(_ loop: Int = 0, mode: AgentMode? = nil) -> SocketID {
        guard case .open(let id) = lease(nil, loop, mode: mode) else {
            preconditionFailure("the fixture's lease opens no socket")
        }
        return id
    }

    /// Several free sockets on `loop`, in the order in which they became free.
    func free(_ count: Int, _ loop: Int = 0) -> [SocketID] {
        let ids = (0..<count).map { _ in opened(loop) }
        for id in ids { finish(id, loop) }
        return ids
    }

    /// A request that waits on `loop`.
    func waiting(_ loop: Int = 0, mode: AgentMode? = nil) -> Ticket {
        let ticket = ticket()
        precondition(lease(ticket, loop, mode: mode) == .wait, "the fixture's lease does not wait")
        return ticket
    }

    /// A clean end of an exchange, with the upstream's hints.
    func finish(_ id: SocketID, _ loop: Int = 0, timeout: UInt32? = nil, max: UInt32? = nil) {
        pools[loop].finished(id, outcome: .reusable(keepAliveTimeout: timeout, keepAliveMax: max), now: now)
    }

    /// What `loop` asked for since the last call.
    func actions(_ loop: Int = 0) -> [Pool.Action] {
        defer { pools[loop].actions.removeAll(keepingCapacity: true) }
        return pools[loop].actions
    }

    /// The handover of `id`, which must be all that `loop` asked for.
    func handedOver(_ id: SocketID, _ loop: Int = 0) -> Handover? {
        let actions = actions(loop)
        guard actions.count == 1, case .handOver(id, let handover) = actions[0] else { return nil }
        return handover
    }

    /// Lets `milliseconds` pass.
    func pass(milliseconds: UInt64) { now = now.advanced(nanoseconds: milliseconds * 1_000_000) }

    /// Changes the settings everywhere, one loop after the other.
    func change(_ change: (inout AgentSettings) -> Void) {
        change(&settings)
        ledger.apply(settings)
        for loop in pools.indices { pools[loop].apply(settings, now: now) }
    }

    /// The states of the sockets of `loop`, by slot.
    func states(_ loop: Int = 0) -> [SocketRecord.State] { pools[loop].sockets.map(\.state) }
}
