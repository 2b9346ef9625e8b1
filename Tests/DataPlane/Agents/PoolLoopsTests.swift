import Control
import Testing

@testable import DataPlane

@Suite("Pools of two loops")
struct PoolLoopsTests {
    @Test("below the cap free sockets are leased and given back while nobody gets at what the loops share")
    func apart() {
        let fixture = PoolFixture(loops: 2)
        let ids = [fixture.free(1, 0)[0], fixture.free(1, 1)[0]]
        // Who tried to take the lock would stop the test right here.
        fixture.ledger.whileLocked {
            for _ in 0..<100 {
                for loop in 0..<2 {
                    #expect(fixture.lease(nil, loop) == .reuse(ids[loop]))
                    fixture.finish(ids[loop], loop)
                    fixture.ledger.upstreamAnswered()
                }
            }
        }
        #expect(fixture.actions(0) == [] && fixture.actions(1) == [])
        #expect(fixture.ledger.figures == (256, 2, 0))
    }

    @Test("a request that waits alerts the other loops once; a free socket there is handed over")
    func handover() throws {
        let fixture = PoolFixture(loops: 3) { $0.maxSockets = 1 }
        let id = fixture.free(1, 0)[0]
        let serial = fixture.pools[0].sockets[0].serial
        let first = fixture.waiting(1)
        #expect(fixture.actions(1) == [.alert(loop: 0), .alert(loop: 2)])
        let second = fixture.waiting(2)
        #expect(fixture.actions(2) == [])
        fixture.pools[0].alerted(now: fixture.now)
        let handover = Handover(
            loop: 1, ticket: first, serial: serial, createdAt: fixture.now, requests: 1, requestsMax: .max,
            freeTimeout: .max, mode: .keepalive)
        #expect(fixture.actions(0) == [.handOver(id, handover)])
        #expect(fixture.states(0) == [])

        let arrived = fixture.pools[1].arrived(handover, now: fixture.now)
        #expect(fixture.actions(1) == [.grant(first, .reuse(arrived))])
        #expect(fixture.pools[1].sockets.map(\.serial) == [serial])
        #expect(fixture.ledger.figures.permits == 1)
        #expect(fixture.counters.free.value == 0)
        #expect(fixture.ledger.counters[1].active.value == 1)
        // Loop 1 shows its socket, since one waits on loop 2.
        fixture.finish(arrived, 1)
        let next = try #require(fixture.handedOver(arrived, 1))
        #expect(next.loop == 2 && next.ticket == second && next.requests == 2)
    }

    @Test("a local request goes before a remote one that waited up to 2 ms longer", arguments: [(2, true), (3, false)])
    func slack(milliseconds: UInt64, localFirst: Bool) throws {
        let fixture = PoolFixture(loops: 2) { $0.maxSockets = 1 }
        let id = fixture.opened(0)
        let remote = fixture.waiting(1)
        fixture.pass(milliseconds: milliseconds)
        let local = fixture.waiting(0)
        fixture.finish(id)
        if localFirst {
            #expect(fixture.actions() == [.grant(local, .reuse(id))])
        } else {
            let handover = try #require(fixture.handedOver(id, 0))
            #expect(handover.ticket == remote)
        }
    }

    @Test("in normal mode the permit goes over, not the socket")
    func permit() {
        let fixture = PoolFixture(loops: 2) {
            $0.maxSockets = 1
            $0.mode = .normal
        }
        let id = fixture.opened(0)
        let ticket = fixture.waiting(1)
        fixture.finish(id)
        #expect(fixture.actions() == [.close(id, .normalMode)])
        fixture.pools[0].closed(id, now: fixture.now)
        #expect(fixture.actions() == [.sendPermit(loop: 1, ticket)])
        _ = fixture.actions(1)
        fixture.pools[1].permitArrived(ticket, now: fixture.now)
        #expect(fixture.actions(1) == [.grant(ticket, .open(SocketID(slot: 0, generation: 0)))])
    }

    @Test("what comes for a request that left serves the next, or nobody")
    func left() throws {
        let fixture = PoolFixture(loops: 2) { $0.maxSockets = 1 }
        let id = fixture.opened(0)
        let (first, second) = (fixture.waiting(1), fixture.waiting(1))
        fixture.pools[0].alerted(now: fixture.now)
        fixture.finish(id)
        let handover = try #require(fixture.handedOver(id, 0))
        #expect(!fixture.abandoned(first, 1))
        _ = fixture.actions(1)
        let arrived = fixture.pools[1].arrived(handover, now: fixture.now)
        #expect(fixture.actions(1) == [.grant(second, .reuse(arrived))])

        let third = fixture.waiting(0)
        fixture.pools[1].finished(arrived, outcome: .close(.reset), now: fixture.now)
        fixture.pools[1].closed(arrived, now: fixture.now)
        #expect(fixture.actions(1) == [.close(arrived, .reset), .sendPermit(loop: 0, third)])
        #expect(!fixture.abandoned(third))
        fixture.pools[0].permitArrived(third, now: fixture.now)
        #expect(fixture.actions(0) == [])
        #expect(fixture.ledger.figures.permits == 0)
        #expect(fixture.counters.pending.value == 0)
        #expect(fixture.ledger.counters[1].pending.value == 0)
    }

    @Test("a socket that comes to a loop in normal mode is closed, and its request waits on for the permit")
    func switchInFlight() throws {
        let fixture = PoolFixture(loops: 2) { $0.maxSockets = 1 }
        let id = fixture.opened(0)
        let ticket = fixture.waiting(1)
        fixture.pools[0].alerted(now: fixture.now)
        fixture.finish(id)
        let handover = try #require(fixture.handedOver(id, 0))
        _ = fixture.actions(1)
        fixture.change { $0.mode = .normal }
        let arrived = fixture.pools[1].arrived(handover, now: fixture.now)
        #expect(fixture.actions(1) == [.close(arrived, .modeSwitch)])
        fixture.pools[1].closed(arrived, now: fixture.now)
        let next = SocketID(slot: arrived.slot, generation: arrived.generation + 1)
        #expect(fixture.actions(1) == [.grant(ticket, .open(next))])
    }

    @Test("a loop that was alerted forgets it with the first socket that nobody wants")
    func unalerted() {
        let fixture = PoolFixture(loops: 2) { $0.maxSockets = 2 }
        let ids = [fixture.opened(0), fixture.opened(0)]
        let ticket = fixture.waiting(1)
        #expect(fixture.actions(1) == [.alert(loop: 0)])
        fixture.pools[0].alerted(now: fixture.now)
        #expect(fixture.abandoned(ticket, 1))
        #expect(fixture.ledger.alerted == [true, true])
        fixture.finish(ids[0])
        #expect(!fixture.pools[0].isContended)
        #expect(fixture.ledger.alerted == [false, true])
        // The next one that waits alerts it again.
        fixture.finish(ids[1])
        _ = fixture.waiting(1)
        #expect(fixture.actions(1) == [.alert(loop: 0)])
    }
}
