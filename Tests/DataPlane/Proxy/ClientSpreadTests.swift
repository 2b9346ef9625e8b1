import TestSupport
import Testing

@testable import DataPlane

/// Which loop gets a client, by figures alone.
@Suite struct ClientSpreadTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func loads(_ connections: [Int], arriving: [Int] = [], busy: [UInt64] = []) -> [ClientSpread.Load] {
        connections.indices.map { loop in
            ClientSpread.Load(
                connections: connections[loop], arriving: loop < arriving.count ? arriving[loop] : 0,
                busyNanoseconds: loop < busy.count ? busy[loop] : 0)
        }
    }

    private func other(of own: Int = 0, _ loads: [ClientSpread.Load]) -> Int? {
        var spread = ClientSpread(own: own, count: loads.count, now: start)
        return spread.other(now: start) { loads[$0] }
    }

    @Test("a client goes to the loop that has fewest, when that is clearly fewer")
    func fewest() {
        #expect(other(loads([5])) == nil)
        #expect(other(loads([0, 0])) == nil)
        #expect(other(loads([1, 0])) == 1)
        #expect(other(loads([3, 4])) == nil)
        #expect(other(loads([3, 3, 1, 2])) == 2)
        #expect(other(of: 2, loads([1, 3, 3, 1])) == 3)
        // A sixteenth of many is not worth a message each.
        #expect(other(loads([160, 151])) == nil)
        #expect(other(loads([160, 150])) == 1)
    }

    @Test("however clients are dealt out, loops end up with as many each but for a sixteenth", arguments: [2, 3, 8])
    func even(loops: Int) {
        var random = SplitMix64(seed: UInt64(loops))
        for count in [3, 8, 120, 1000] {
            // From any loop, or all from one, as it may be with a Unix socket.
            for isOneSided in [false, true] {
                var spreads = (0..<loops).map { ClientSpread(own: $0, count: loops, now: start) }
                var connections = Array(repeating: 0, count: loops)
                for _ in 0..<count {
                    let own = isOneSided ? 0 : Int(random.next() % UInt64(loops))
                    let place = spreads[own].other(now: start) { loads(connections)[$0] } ?? own
                    connections[place] += 1
                }
                let most = connections.max() ?? 0
                #expect(most - (connections.min() ?? 0) <= max(1, most / 16 + 1), "\(connections)")
            }
        }
    }

    @Test("clients that stay for one request only stay where they are, unless all is on one loop")
    func shortVisits() {
        var spread = ClientSpread(own: 0, count: 2, now: start)
        for _ in 0..<20 { spread.left(requests: 1) }
        #expect(spread.other(now: start) { loads([4, 0])[$0] } == nil)
        #expect(spread.other(now: start) { loads([60, 40])[$0] } == nil)
        #expect(spread.other(now: start) { loads([60, 10])[$0] } == 1)
        for _ in 0..<20 { spread.left(requests: 100) }
        #expect(spread.other(now: start) { loads([4, 0])[$0] } == 1)
    }

    @Test("a loop that takes none of those on their way to it is sent no more")
    func stalled() {
        var connections = [100, 0, 100]
        var arriving = [0, 0, 0]
        var spread = ClientSpread(own: 0, count: 3, now: start)
        for _ in 0..<200 {
            let place = spread.other(now: start) { loads(connections, arriving: arriving)[$0] } ?? 0
            connections[place] += 1
            if place == 1 { arriving[place] += 1 }
        }
        #expect(arriving[1] == ClientSpread.arrivingMax)
        #expect(connections[0] - connections[2] <= connections[0] / 16 + 1)
    }

    @Test("of loops with as many clients the one that works less gets more, up to a quarter")
    func busy() {
        var spread = ClientSpread(own: 0, count: 2, now: start)
        let later = start.advanced(nanoseconds: 200_000_000)
        let busy: [UInt64] = [190_000_000, 20_000_000]
        #expect(spread.other(now: later) { loads([40, 40], busy: busy)[$0] } == 1)
        #expect(spread.other(now: later) { loads([40, 50], busy: busy)[$0] } == 1)
        #expect(spread.other(now: later) { loads([40, 51], busy: busy)[$0] } == nil)
        #expect(spread.other(now: later) { loads([40, 40], arriving: [0, 1], busy: busy)[$0] } == nil)
        // Neither has worked since: what was is forgotten.
        let muchLater = later.advanced(nanoseconds: 200_000_000)
        #expect(spread.other(now: muchLater) { loads([40, 40], busy: busy)[$0] } == nil)
    }

    @Test("a loop that works much more gets none, however few clients it has")
    func busyWithFew() {
        var spread = ClientSpread(own: 0, count: 2, now: start)
        let later = start.advanced(nanoseconds: 200_000_000)
        #expect(spread.other(now: later) { loads([40, 2], busy: [20_000_000, 190_000_000])[$0] } == nil)
    }
}
