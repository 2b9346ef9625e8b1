import Control
import Testing

@testable import DataPlane

@Suite("What a pool learns of its free sockets")
struct PoolReuseTests {
    private func read(_ fixture: PoolFixture) -> SocketReuseSnapshot { fixture.counters.reuse.read() }

    @Test("how long they were idle until they were used again, and how many were left then")
    func used() {
        let fixture = PoolFixture()
        _ = fixture.free(3)
        fixture.pass(milliseconds: 7)
        _ = fixture.lease()
        fixture.pass(milliseconds: 1)
        _ = fixture.lease()
        let reuse = read(fixture)
        #expect(reuse.idle.count == 2)
        #expect(reuse.idle.sumNanoseconds == 15_000_000)
        #expect(reuse.closedIdle == [])
        #expect(reuse.fewestFree.map(\.free) == [1])
        #expect(reuse.fewestFree.map(\.minute) == [fixture.now.nanoseconds / 60_000_000_000 + 1])
    }

    @Test("the fewest of each minute are kept")
    func minutes() {
        let fixture = PoolFixture {
            $0.freeSocketTimeout = .seconds(3600)
            $0.scheduling = .fifo
        }
        let ids = fixture.free(3)
        var minutes: [UInt64: UInt64] = [:]
        for takes in [1, 2, 1, 3] {
            for index in 0..<takes { #expect(fixture.lease() == .reuse(ids[index])) }
            for index in 0..<takes { fixture.finish(ids[index]) }
            // Back to the order in which they were.
            for index in takes..<3 {
                _ = fixture.lease()
                fixture.finish(ids[index])
            }
            minutes[fixture.now.nanoseconds / 60_000_000_000 + 1] = UInt64(3 - max(takes, 1))
            fixture.pass(milliseconds: 60_000)
        }
        var fewest: [UInt64: UInt64] = [:]
        for (minute, free) in read(fixture).fewestFree { fewest[minute] = free }
        #expect(fewest == minutes)
    }

    @Test(
        "the upstream's closes of idle sockets are told from all others",
        arguments: [
            (CloseReason.upstreamClosedIdle, [9_000_000]), (.reset, [9_000_000]), (.protocolError, []),
        ] as [(CloseReason, [UInt64])])
    func closed(reason: CloseReason, ages: [UInt64]) {
        let fixture = PoolFixture()
        let id = fixture.free(1)[0]
        fixture.pass(milliseconds: 9)
        fixture.pools[0].closedWhileFree(id, reason: reason, now: fixture.now)
        #expect(read(fixture).closedIdle == ages)
        #expect(read(fixture).idle.sumNanoseconds == 9_000_000)
    }

    @Test("one that its time-out ends counts as idle for so long; active ones that close do not")
    func timeout() {
        let fixture = PoolFixture { $0.freeSocketTimeout = .milliseconds(20) }
        let active = fixture.opened()
        let other = fixture.opened()
        fixture.finish(other)
        fixture.pass(milliseconds: 25)
        fixture.pools[0].sweep(now: fixture.now)
        fixture.pools[0].finished(active, outcome: .close(.upstreamClose), now: fixture.now)
        let reuse = read(fixture)
        #expect(reuse.idle.count == 1 && reuse.idle.sumNanoseconds == 25_000_000)
        #expect(reuse.closedIdle == [])
    }

    @Test("a request that met a stale socket tells when the upstream closed it")
    func stale() {
        let fixture = PoolFixture()
        let id = fixture.free(1)[0]
        fixture.pass(milliseconds: 5)
        #expect(fixture.lease() == .reuse(id))
        _ = fixture.pools[0].reopen(id, reason: .upstreamClosedIdle, now: fixture.now)
        #expect(read(fixture).closedIdle == [5_000_000])
    }

    @Test("one that came straight from another request was not idle")
    func handed() {
        let fixture = PoolFixture { $0.maxSockets = 1 }
        let id = fixture.opened()
        let ticket = fixture.waiting()
        fixture.finish(id)
        #expect(fixture.actions() == [.grant(ticket, .reuse(id))])
        _ = fixture.pools[0].reopen(id, reason: .upstreamClosedIdle, now: fixture.now)
        #expect(read(fixture).idle.count == 0)
        #expect(read(fixture).closedIdle == [])
    }

    @Test("the agent's figures have those of each loop")
    func figures() {
        let fixture = PoolFixture(loops: 2)
        _ = fixture.free(1, 1)
        _ = fixture.lease(nil, 1)
        #expect(AgentFigures(summing: fixture.ledger.counters).reuse.map(\.idle.count) == [0, 1])
    }
}
