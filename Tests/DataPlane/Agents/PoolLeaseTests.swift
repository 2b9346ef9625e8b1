import Control
import Testing

@testable import DataPlane

@Suite("A pool of one loop: leases, ends and settings")
struct PoolLeaseTests {
    @Test("a socket is opened, kept and used again, without an action")
    func reuse() {
        let fixture = PoolFixture()
        let id = fixture.opened()
        fixture.finish(id)
        #expect(fixture.states() == [.free])
        #expect(fixture.lease() == .reuse(id))
        #expect(fixture.states() == [.active])
        #expect(fixture.actions().isEmpty)
        #expect(fixture.counters.created[0].value == 1)
        #expect(fixture.counters.reused[0].value == 1)
        #expect(fixture.pools[0].sockets.map(\.requests) == [2])
    }

    @Test("which free socket is next", arguments: [(AgentSettings.Scheduling.lifo, [2, 1, 0]), (.fifo, [0, 1, 2])])
    func scheduling(scheduling: AgentSettings.Scheduling, order: [Int]) {
        let fixture = PoolFixture { $0.scheduling = scheduling }
        let ids = fixture.free(3)
        for place in order {
            #expect(fixture.lease() == .reuse(ids[place]))
        }
    }

    @Test("in normal mode each request has a socket of its own")
    func normal() {
        let fixture = PoolFixture { $0.mode = .normal }
        let id = fixture.opened()
        fixture.finish(id)
        #expect(fixture.actions() == [.close(id, .normalMode)])
        #expect(fixture.states() == [.closing])
        fixture.pools[0].closed(id, now: fixture.now)
        #expect(fixture.states() == [])
        #expect(fixture.counters.created[1].value == 1)
        #expect(fixture.counters.closed[CloseReason.normalMode.rawValue].value == 1)
    }

    @Test("past the cap requests wait, past maxPending they are refused; the first come is served first")
    func queue() {
        let fixture = PoolFixture {
            $0.maxSockets = 1
            $0.maxPending = 2
        }
        let id = fixture.opened()
        let (first, second) = (fixture.waiting(), fixture.waiting())
        #expect(fixture.lease() == .refused)
        #expect(fixture.counters.pending.value == 2)
        fixture.pass(milliseconds: 3)
        fixture.finish(id)
        #expect(fixture.actions() == [.grant(first, .reuse(id))])
        fixture.finish(id)
        #expect(fixture.actions() == [.grant(second, .reuse(id))])
        #expect(fixture.counters.waited.read().sumNanoseconds == 6_000_000)
        #expect(fixture.counters.pending.value == 0)
        fixture.finish(id)
        #expect(fixture.actions() == [])
        #expect(!fixture.pools[0].isContended)
    }

    @Test("a request that waits gets the permit only when the descriptor is closed", arguments: AgentMode.allCases)
    func permit(mode: AgentMode) {
        let fixture = PoolFixture {
            $0.mode = mode
            $0.maxSockets = 1
        }
        let id = fixture.opened()
        let ticket = fixture.waiting()
        fixture.pools[0].finished(id, outcome: .close(.upstreamClose), now: fixture.now)
        #expect(fixture.actions() == [.close(id, .upstreamClose)])
        fixture.pools[0].closed(id, now: fixture.now)
        let next = SocketID(slot: id.slot, generation: id.generation + 1)
        #expect(fixture.actions() == [.grant(ticket, .open(next))])
    }

    @Test("a failed connect gives its permit to the next")
    func connectFailed() {
        let fixture = PoolFixture { $0.maxSockets = 1 }
        let id = fixture.connecting()
        let ticket = fixture.waiting()
        fixture.pools[0].connectFailed(id, now: fixture.now)
        #expect(fixture.actions() == [.close(id, .connectFailed)])
        fixture.pools[0].closed(id, now: fixture.now)
        #expect(fixture.actions() == [.grant(ticket, .open(SocketID(slot: 0, generation: 1)))])
        #expect(fixture.counters.requestsOfClosedSum.value == 0)
    }

    @Test("one that leaves is not served; the one behind it is")
    func abandoned() {
        let fixture = PoolFixture { $0.maxSockets = 1 }
        let id = fixture.opened()
        let (first, second) = (fixture.waiting(), fixture.waiting())
        #expect(fixture.abandoned(first))
        #expect(fixture.counters.pending.value == 1)
        fixture.finish(id)
        #expect(fixture.actions() == [.grant(second, .reuse(id))])
    }

    @Test("a thousand leave in any order, and a ticket that left may wait again")
    func abandonedMany() {
        let fixture = PoolFixture { $0.maxSockets = 1 }
        let id = fixture.opened()
        let tickets = (0..<1000).map { _ in fixture.waiting() }
        for ticket in tickets.reversed().dropLast() { #expect(fixture.abandoned(ticket)) }
        #expect(fixture.ledger.figures.waiting == 1)
        #expect(fixture.lease(tickets[7]) == .wait)
        fixture.finish(id)
        fixture.finish(id)
        #expect(fixture.actions() == [.grant(tickets[0], .reuse(id)), .grant(tickets[7], .reuse(id))])
        fixture.finish(id)
        #expect(fixture.actions() == [])
    }

    @Test("the upstream closes a free socket", arguments: [CloseReason.upstreamClosedIdle, .reset, .protocolError])
    func closedWhileFree(reason: CloseReason) {
        let fixture = PoolFixture()
        let ids = fixture.free(3)
        fixture.pools[0].closedWhileFree(ids[1], reason: reason, now: fixture.now)
        #expect(fixture.actions() == [.close(ids[1], reason)])
        #expect(fixture.pools[0].freeCount == 2)
        #expect(fixture.lease() == .reuse(ids[2]))
        #expect(fixture.lease() == .reuse(ids[0]))
    }

    @Test("closeFree closes the free ones only")
    func closeFree() {
        let fixture = PoolFixture()
        let active = fixture.opened()
        let ids = fixture.free(2)
        fixture.pools[0].closeFree(reason: .drain, now: fixture.now)
        #expect(fixture.actions() == [.close(ids[0], .drain), .close(ids[1], .drain)])
        #expect(fixture.pools[0].sockets[Int(active.slot)].state == .active)
        #expect(fixture.pools[0].nextDeadline == .never)
    }

    @Test("what closed sockets were is counted")
    func counted() {
        let fixture = PoolFixture()
        let id = fixture.opened()
        for _ in 0..<2 {
            fixture.finish(id)
            _ = fixture.lease()
        }
        fixture.pass(milliseconds: 1)
        fixture.pools[0].finished(id, outcome: .close(.clientGone), now: fixture.now)
        // Three requests: the edges are 1, 2, 5.
        #expect(fixture.counters.requestsOfClosed[2].value == 1)
        #expect(fixture.counters.requestsOfClosedSum.value == 3)
        #expect(fixture.counters.age.read().sumNanoseconds == 1_000_000)
        #expect(fixture.counters.closed[CloseReason.clientGone.rawValue].value == 1)
    }

    @Test("serials name the loop, and are never used twice")
    func serials() {
        let fixture = PoolFixture(loops: 2)
        for loop in 0..<2 {
            for _ in 0..<3 {
                let id = fixture.connecting(loop)
                #expect(fixture.pools[loop].sockets[0].serial >> 48 == UInt64(loop))
                fixture.pools[loop].connectFailed(id, now: fixture.now)
                fixture.pools[loop].closed(id, now: fixture.now)
            }
            let id = fixture.connecting(loop)
            #expect(fixture.pools[loop].sockets[0].serial & 0xFFFF_FFFF == 4)
            #expect(id == SocketID(slot: 0, generation: 3))
        }
    }

    @Test("an event of a socket that is not in its state is a mistake of the caller")
    func impossible() async {
        await #expect(processExitsWith: .failure) {
            let fixture = PoolFixture()
            let id = fixture.connecting()
            fixture.pools[0].connectFailed(id, now: fixture.now)
            fixture.pools[0].closed(id, now: fixture.now)
            fixture.pools[0].closed(id, now: fixture.now)
        }
    }
}
