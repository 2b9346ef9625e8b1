import Control
import Testing

@testable import DataPlane

@Suite("A pool of one loop: time, limits and changes of the settings")
struct PoolSettingsTests {
    @Test("a free socket closes after freeSocketTimeout, or a second before the upstream's hint runs out")
    func freeTimeout() {
        for (hint, lives): (UInt32?, UInt64) in [(nil, 4_000), (60, 4_000), (4, 3_000), (2, 1_000)] {
            let fixture = PoolFixture()
            let id = fixture.opened()
            fixture.finish(id, timeout: hint)
            #expect(fixture.pools[0].nextDeadline == fixture.now.advanced(nanoseconds: lives * 1_000_000))
            fixture.pass(milliseconds: lives - 1)
            fixture.pools[0].sweep(now: fixture.now)
            #expect(fixture.actions() == [])
            fixture.pass(milliseconds: 1)
            fixture.pools[0].sweep(now: fixture.now)
            #expect(fixture.actions() == [.close(id, .freeSocketTimeout)])
            #expect(fixture.pools[0].nextDeadline == .never)
        }
    }

    @Test("a hint that leaves no time closes at once, unless somebody waits", arguments: [UInt32(0), 1])
    func noTime(hint: UInt32) {
        let fixture = PoolFixture { $0.maxSockets = 1 }
        let id = fixture.opened()
        let ticket = fixture.waiting()
        fixture.finish(id, timeout: hint)
        #expect(fixture.actions() == [.grant(ticket, .reuse(id))])
        fixture.finish(id, timeout: hint)
        #expect(fixture.actions() == [.close(id, .freeSocketTimeout)])
    }

    @Test("a lease closes what is too old, and goes on", arguments: AgentSettings.Scheduling.allCases)
    func leaseOfOld(scheduling: AgentSettings.Scheduling) {
        let fixture = PoolFixture { $0.scheduling = scheduling }
        let ids = fixture.free(2)
        fixture.pass(milliseconds: 4_000)
        let answer = fixture.lease()
        #expect(answer == .open(SocketID(slot: 2, generation: 0)))
        let order = scheduling == .lifo ? [ids[1], ids[0]] : ids
        #expect(fixture.actions() == order.map { .close($0, .freeSocketTimeout) })
    }

    @Test("a lease at the cap that closes an old one waits for its permit")
    func leaseOfOldAtCap() {
        let fixture = PoolFixture { $0.maxSockets = 1 }
        let id = fixture.free(1)[0]
        fixture.pass(milliseconds: 4_000)
        let ticket = fixture.waiting()
        #expect(fixture.actions() == [.close(id, .freeSocketTimeout)])
        fixture.pools[0].closed(id, now: fixture.now)
        #expect(fixture.actions() == [.grant(ticket, .open(SocketID(slot: 0, generation: 1)))])
    }

    @Test("the TTL closes active sockets when they finish and free ones in a sweep, up to a tenth early")
    func activeTTL() {
        var fixture = PoolFixture {
            $0.socketActiveTTL = .seconds(10)
            $0.freeSocketTimeout = .seconds(3600)
        }
        let ids = (0..<64).map { _ in fixture.opened() }
        fixture.pass(milliseconds: 8_999)
        for id in ids { fixture.finish(id) }
        #expect(fixture.actions() == [])
        var closedAt: [UInt64] = []
        while fixture.pools[0].nextDeadline != .never {
            fixture.now = fixture.pools[0].nextDeadline
            fixture.pools[0].sweep(now: fixture.now)
            for action in fixture.actions() {
                guard case .close(_, .socketActiveTTL) = action else {
                    Issue.record("\(action)")
                    return
                }
                closedAt.append(fixture.now.nanoseconds - 1_000_000_000_000)
            }
        }
        #expect(closedAt.count == 64)
        #expect(closedAt.allSatisfy { (9_000_000_000...10_000_000_000).contains($0) })
        // The jitter spreads them over the tenth.
        #expect(Set(closedAt.map { ($0 - 9_000_000_000) / 100_000_000 }).count > 8)

        fixture = PoolFixture { $0.socketActiveTTL = .seconds(10) }
        let id = fixture.opened()
        fixture.pass(milliseconds: 10_000)
        fixture.finish(id)
        #expect(fixture.actions() == [.close(id, .socketActiveTTL)])
    }

    @Test("a socket serves maxRequestsPerSocket, or what the upstream's max= allows after it")
    func requests() {
        for (cap, hint, serves): (Int?, UInt32?, Int) in [(3, nil, 3), (nil, 1, 2), (nil, 0, 1), (5, 1, 2), (2, 9, 2)] {
            let fixture = PoolFixture { $0.maxRequestsPerSocket = cap }
            let id = fixture.opened()
            var served = 1
            fixture.finish(id, max: hint)
            while fixture.pools[0].actions.isEmpty {
                #expect(fixture.lease() == .reuse(id))
                served += 1
                fixture.finish(id)
            }
            #expect(served == serves)
            #expect(fixture.actions() == [.close(id, .maxRequestsPerSocket)])
        }
    }

    @Test("past maxFreeSockets a finished one closes; over all loops")
    func maxFree() {
        let fixture = PoolFixture(loops: 2) { $0.maxFreeSockets = 3 }
        let (left, right) = ((0..<2).map { _ in fixture.opened(0) }, (0..<2).map { _ in fixture.opened(1) })
        for id in left { fixture.finish(id, 0) }
        for id in right { fixture.finish(id, 1) }
        #expect(fixture.actions(0) == [])
        #expect(fixture.actions(1) == [.close(right[1], .maxFreeSockets)])
        fixture.change { $0.maxFreeSockets = 1 }
        #expect(fixture.actions(0) == left.map { .close($0, .maxFreeSockets) })
        #expect(fixture.actions(1) == [])
        fixture.change { $0.maxFreeSockets = 0 }
        #expect(fixture.actions(1) == [.close(right[0], .maxFreeSockets)])
    }

    @Test("a switch to normal closes free sockets at once and active ones when they finish")
    func switchToNormal() {
        let fixture = PoolFixture()
        let active = fixture.opened()
        let ids = fixture.free(2)
        fixture.change { $0.mode = .normal }
        #expect(fixture.actions() == [.close(ids[0], .modeSwitch), .close(ids[1], .modeSwitch)])
        fixture.finish(active)
        #expect(fixture.actions() == [.close(active, .modeSwitch)])
        let id = fixture.opened()
        fixture.finish(id)
        #expect(fixture.actions() == [.close(id, .normalMode)])
    }

    @Test("a switch to keepalive keeps what finishes from then on")
    func switchToKeepalive() {
        let fixture = PoolFixture { $0.mode = .normal }
        let id = fixture.opened()
        fixture.change { $0.mode = .keepalive }
        fixture.finish(id)
        #expect(fixture.actions() == [])
        #expect(fixture.lease() == .reuse(id))
    }

    @Test("a lowered cap closes free ones, then active ones as they finish, and no more")
    func lowered() {
        let fixture = PoolFixture { $0.maxSockets = 4 }
        let ids = (0..<4).map { _ in fixture.opened() }
        fixture.finish(ids[0])
        fixture.change { $0.maxSockets = 2 }
        #expect(fixture.actions() == [.close(ids[0], .operator)])
        let ticket = fixture.waiting()
        fixture.finish(ids[1])
        #expect(fixture.actions() == [.close(ids[1], .operator)])
        fixture.pools[0].closed(ids[0], now: fixture.now)
        fixture.pools[0].closed(ids[1], now: fixture.now)
        #expect(fixture.actions() == [])
        fixture.finish(ids[2])
        #expect(fixture.actions() == [.grant(ticket, .reuse(ids[2]))])
        fixture.finish(ids[3])
        fixture.finish(ids[2])
        #expect(fixture.actions() == [])
        #expect(fixture.pools[0].freeCount == 2)
    }

    @Test("a raised cap serves those who wait at once, on every loop, the oldest first")
    func raised() {
        let fixture = PoolFixture(loops: 2) { $0.maxSockets = 1 }
        _ = fixture.opened(0)
        let remote = fixture.waiting(1)
        fixture.pass(milliseconds: 10)
        let local = fixture.waiting(0)
        let third = fixture.waiting(0)
        _ = (fixture.actions(0), fixture.actions(1))
        fixture.change { $0.maxSockets = 3 }
        #expect(
            fixture.actions(0)
                == [.sendPermit(loop: 1, remote), .grant(local, .open(SocketID(slot: 1, generation: 0)))])
        #expect(fixture.actions(1) == [])
        #expect(fixture.ledger.figures.permits == 3)
        #expect(fixture.abandoned(third))
    }

    @Test("other times hold for sockets that are free already")
    func times() {
        var fixture = PoolFixture()
        let ids = fixture.free(2)
        fixture.pass(milliseconds: 500)
        fixture.change { $0.freeSocketTimeout = .seconds(1) }
        #expect(fixture.actions() == [])
        #expect(fixture.pools[0].nextDeadline == fixture.now.advanced(by: .milliseconds(500)))
        fixture.change { $0.freeSocketTimeout = .milliseconds(500) }
        #expect(fixture.actions() == ids.map { .close($0, .freeSocketTimeout) })

        fixture = PoolFixture()
        let id = fixture.free(1)[0]
        fixture.change { $0.maxRequestsPerSocket = 1 }
        #expect(fixture.actions() == [.close(id, .maxRequestsPerSocket)])
    }
}
