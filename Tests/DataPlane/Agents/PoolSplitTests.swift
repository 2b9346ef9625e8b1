import Control
import Testing

@testable import DataPlane

/// Requests of both modes in one agent.
@Suite("A pool whose traffic is split")
struct PoolSplitTests {
    private func fixture(loops: Int = 1, maxSockets: Int = 256, _ mode: AgentMode = .keepalive) -> PoolFixture {
        PoolFixture(loops: loops) {
            $0.mode = mode
            $0.split = 50
            $0.maxSockets = maxSockets
        }
    }

    @Test("each request gets what its mode asks for, in either mode of the agent", arguments: AgentMode.allCases)
    func both(mode: AgentMode) {
        let fixture = fixture(mode)
        let kept = fixture.opened(mode: .keepalive)
        fixture.finish(kept)
        let own = fixture.opened(mode: .normal)
        #expect(fixture.pools[0].freeCount == 1)
        fixture.finish(own)
        #expect(fixture.actions() == [.close(own, .normalMode)])
        #expect(fixture.lease(mode: .keepalive) == .reuse(kept))
        #expect((0..<2).map { fixture.counters.created[$0].value } == [1, 1])
        #expect((0..<2).map { fixture.counters.reused[$0].value } == [1, 0])
    }

    @Test("at the cap the oldest free socket makes room for a request in normal mode; the others stay")
    func room() {
        let fixture = fixture(maxSockets: 3)
        let ids = fixture.free(3)
        let ticket = fixture.waiting(mode: .normal)
        #expect(fixture.actions() == [.close(ids[0], .modeSwitch)])
        #expect(fixture.counters.pending.value == 1)
        #expect(!fixture.pools[0].isContended)
        // One in keep-alive mode has no need to wait for that.
        #expect(fixture.lease(mode: .keepalive) == .reuse(ids[2]))
        fixture.pass(milliseconds: 1)
        fixture.pools[0].closed(ids[0], now: fixture.now)
        let own = SocketID(slot: ids[0].slot, generation: 1)
        #expect(fixture.actions() == [.grant(ticket, .open(own))])
        #expect(fixture.ledger.figures.permits == 3)
        #expect(fixture.counters.pending.value == 0)
        #expect(fixture.counters.waited.read().sumNanoseconds == 1_000_000)
        fixture.pools[0].connected(own, now: fixture.now)
        fixture.finish(own)
        #expect(fixture.actions() == [.close(own, .normalMode)])
    }

    @Test("the permit of a socket that made room goes to that request, whoever came meanwhile")
    func promised() {
        let fixture = fixture(maxSockets: 2)
        let ids = fixture.free(2)
        let (first, second) = (fixture.waiting(mode: .normal), fixture.waiting(mode: .normal))
        let third = fixture.waiting(mode: .keepalive)
        #expect(fixture.actions() == [.close(ids[0], .modeSwitch), .close(ids[1], .modeSwitch)])
        fixture.pools[0].closed(ids[1], now: fixture.now)
        fixture.pools[0].closed(ids[0], now: fixture.now)
        let opened = [ids[1], ids[0]].map { SocketID(slot: $0.slot, generation: 1) }
        #expect(fixture.actions() == [.grant(second, .open(opened[0])), .grant(first, .open(opened[1]))])
        fixture.pools[0].connected(opened[1], now: fixture.now)
        fixture.finish(opened[1])
        fixture.pools[0].closed(opened[1], now: fixture.now)
        let next = SocketID(slot: opened[1].slot, generation: 2)
        #expect(fixture.actions() == [.close(opened[1], .normalMode), .grant(third, .open(next))])
    }

    @Test("one that leaves while room is made for it leaves the permit to the next, or to nobody", arguments: [0, 1])
    func left(others: Int) {
        let fixture = fixture(maxSockets: 1)
        let id = fixture.free(1)[0]
        let ticket = fixture.waiting(mode: .normal)
        let next = (0..<others).map { _ in fixture.waiting(mode: .keepalive) }
        #expect(!fixture.abandoned(ticket))
        fixture.pools[0].closed(id, now: fixture.now)
        let opened = SocketID(slot: id.slot, generation: 1)
        #expect(fixture.actions() == [.close(id, .modeSwitch)] + next.map { .grant($0, .open(opened)) })
        #expect(fixture.ledger.figures.permits == others)
        #expect(fixture.ledger.figures.waiting == 0)
    }

    @Test("a returned socket goes to whoever is next: as it is, or by its permit")
    func queue() {
        let fixture = fixture(maxSockets: 2)
        let ids = [fixture.opened(mode: .keepalive), fixture.opened(mode: .keepalive)]
        let (first, second) = (fixture.waiting(mode: .keepalive), fixture.waiting(mode: .normal))
        let third = fixture.waiting(mode: .keepalive)
        fixture.finish(ids[0])
        #expect(fixture.actions() == [.grant(first, .reuse(ids[0]))])
        fixture.finish(ids[1])
        #expect(fixture.actions() == [.close(ids[1], .modeSwitch)])
        // The second is served as soon as that is closed, and the third need not wait for it.
        fixture.finish(ids[0])
        #expect(fixture.actions() == [.grant(third, .reuse(ids[0]))])
        fixture.pools[0].closed(ids[1], now: fixture.now)
        #expect(fixture.actions() == [.grant(second, .open(SocketID(slot: ids[1].slot, generation: 1)))])
    }

    @Test("a request in normal mode that waits on another loop gets the permit of a free socket here")
    func remote() {
        let fixture = fixture(loops: 2, maxSockets: 2)
        let ids = fixture.free(2, 0)
        let ticket = fixture.waiting(1, mode: .normal)
        #expect(fixture.actions(1) == [.alert(loop: 0)])
        fixture.pools[0].alerted(now: fixture.now)
        #expect(fixture.actions(0) == [.close(ids[0], .modeSwitch)])
        #expect(fixture.pools[0].freeCount == 1)
        fixture.pools[0].closed(ids[0], now: fixture.now)
        #expect(fixture.actions(0) == [.sendPermit(loop: 1, ticket)])
        fixture.pools[1].permitArrived(ticket, now: fixture.now)
        #expect(fixture.actions(1) == [.grant(ticket, .open(SocketID(slot: 0, generation: 0)))])
        #expect(fixture.ledger.figures.permits == 2)
        #expect(fixture.ledger.counters[1].created[AgentMode.normal.index].value == 1)
    }

    @Test("nobody jumps the queue to have room made, and then the free sockets serve all who wait")
    func noJump() throws {
        let fixture = fixture(loops: 2, maxSockets: 2)
        let ids = fixture.free(2, 0)
        let first = fixture.waiting(1, mode: .keepalive)
        fixture.pass(milliseconds: 3)
        // Loop 0 has not heard of the first one yet.
        let second = fixture.waiting(0, mode: .normal)
        let actions = fixture.actions(0)
        try #require(actions.count == 2)
        guard case .handOver(ids[1], let handover) = actions[0] else {
            Issue.record("\(actions[0])")
            return
        }
        #expect(handover.ticket == first && handover.loop == 1)
        #expect(actions[1] == .close(ids[0], .modeSwitch))
        fixture.pools[0].closed(ids[0], now: fixture.now)
        #expect(fixture.actions(0) == [.grant(second, .open(SocketID(slot: ids[0].slot, generation: 1)))])
    }

    @Test("with maxPending 0 a request in normal mode is refused only where nothing can make room")
    func refused() {
        let fixture = PoolFixture {
            $0.split = 50
            $0.maxSockets = 1
            $0.maxPending = 0
        }
        let id = fixture.opened(mode: .keepalive)
        #expect(fixture.lease(mode: .normal) == .refused)
        fixture.finish(id)
        #expect(fixture.lease(mode: .normal) == .wait)
        #expect(fixture.actions() == [.close(id, .modeSwitch)])
    }

    @Test("over a lowered cap a free socket is not exchanged for another but closes")
    func lowered() {
        let fixture = fixture(maxSockets: 2)
        let ids = fixture.free(2)
        // As in the moment between the change and the loop's hearing of it.
        fixture.settings.maxSockets = 1
        fixture.ledger.apply(fixture.settings)
        let ticket = fixture.waiting(mode: .normal)
        #expect(fixture.actions() == [.close(ids[0], .operator), .close(ids[1], .modeSwitch)])
        for id in ids { fixture.pools[0].closed(id, now: fixture.now) }
        guard case .grant(ticket, .open)? = fixture.actions().first else {
            Issue.record("it was not served")
            return
        }
        #expect(fixture.ledger.figures.permits == 1)
    }

    @Test("a waiting request keeps its mode through a switch", arguments: AgentMode.allCases)
    func switchWhileWaiting(mode: AgentMode) {
        let fixture = PoolFixture {
            $0.mode = mode
            $0.maxSockets = 1
        }
        let id = fixture.opened()
        let ticket = fixture.waiting()
        fixture.change { $0.mode = mode == .normal ? .keepalive : .normal }
        #expect(fixture.actions() == [])
        let outcome: Pool.Outcome =
            mode == .normal ? .close(.normalMode) : .reusable(keepAliveTimeout: nil, keepAliveMax: nil)
        fixture.pools[0].finished(id, outcome: outcome, now: fixture.now)
        fixture.pools[0].closed(id, now: fixture.now)
        let next = SocketID(slot: id.slot, generation: 1)
        let reason: CloseReason = mode == .normal ? .normalMode : .modeSwitch
        #expect(fixture.actions() == [.close(id, reason), .grant(ticket, .open(next))])
        #expect(fixture.counters.created[mode.index].value == 2)
    }

    @Test("free sockets stay while any request can take them, and close when none can")
    func settings() {
        let fixture = fixture()
        let ids = fixture.free(2)
        for (mode, split) in [(AgentMode.normal, 10), (.normal, 100), (.keepalive, 0), (.keepalive, 99)] {
            fixture.change { ($0.mode, $0.split) = (mode, split) }
            #expect(fixture.actions() == [], "\(mode) \(split)")
        }
        fixture.change { ($0.mode, $0.split) = (.keepalive, 100) }
        #expect(fixture.actions() == ids.map { .close($0, .modeSwitch) })
    }
}
