import Control
import TestSupport
import Testing

@testable import Insight

@Suite("Advice on maxSockets and maxFreeSockets")
struct SocketAdviceTests {
    /// Requests that come at random, `rate` a second, and hold one of `sockets` for 20 ms on average.
    private static func queue(
        rate: Double, sockets: Int, minutes: Int, seed: UInt64
    ) -> (agent: AgentSnapshot, minutes: [TrafficMinute]) {
        var random = SplitMix64(seed: seed)
        var agent = AgentSnapshot.example()
        agent.settings.maxSockets = sockets
        let latency = Histogram()
        let waited = Histogram()
        var freeAt = [Double](repeating: 0, count: sockets)
        var counts = [Double](repeating: 0, count: minutes)
        var waits = counts
        var now = random.exponential(1 / rate)
        while now < 60 * Double(minutes) {
            var best = 0
            for index in freeAt.indices where freeAt[index] < freeAt[best] {
                best = index
                if freeAt[index] <= now { break }
            }
            let wait = max(0, freeAt[best] - now)
            let held = random.exponential(0.02)
            freeAt[best] = now + wait + held
            latency.record(nanoseconds: UInt64((wait + held) * 1e9))
            if wait > 0 { waited.record(nanoseconds: UInt64(wait * 1e9)) }
            counts[Int(now / 60)] += 1
            waits[Int(now / 60)] += wait
            now += random.exponential(1 / rate)
        }
        agent.figures.lastByte[0] = latency.read()
        agent.figures.waited = waited.read()
        return (agent, zip(counts, waits).map { TrafficMinute(rate: $0 / 60, pending: $1 / 60) })
    }

    // The 99th percentile of a Poisson number with mean 10 is 18, with mean 4 it is 9 (SciPy 1.17).
    @Test(
        "sockets that requests wait for: as many as are enough 99 times of 100, in at least 95 % of all runs",
        arguments: [(500.0, 11, 18.0), (200, 4, 9), (200, 5, 9)])
    func raise(rate: Double, sockets: Int, truth: Double) {
        let runs = 10
        var wrong: [String] = []
        for seed in 0..<UInt64(runs) {
            let (agent, minutes) = Self.queue(rate: rate, sockets: sockets, minutes: 2, seed: seed)
            let advice = Advice.maxSockets(agent, minutes: minutes)
            // A queue that only grows wants to be emptied too: what waits counts.
            let most = max(1.25 * truth, (minutes.map { $0.rate * 0.021 + $0.pending }.max() ?? 0) + 1)
            if advice.value.map((0.9 * truth...most).contains) != true {
                wrong.append("seed \(seed): \(advice.value ?? 0), \(advice.sentence)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong)")
    }

    @Test("nothing is advised while nothing waits and little was seen, nor once the advice was followed")
    func enough() {
        for seed in 0..<UInt64(5) {
            let (agent, minutes) = Self.queue(rate: 200, sockets: 200, minutes: 1, seed: seed)
            let advice = Advice.maxSockets(agent, minutes: minutes)
            #expect(advice.value == nil, "seed \(seed): \(advice.sentence)")
            #expect(advice.sentence.hasPrefix("nothing to change"))
            #expect(Advice.maxSockets(agent, minutes: []).sentence.hasPrefix("not enough seen"))
        }
        var (agent, minutes) = Self.queue(rate: 500, sockets: 11, minutes: 2, seed: 1)
        agent.settings.maxSockets = Int(Advice.maxSockets(agent, minutes: minutes).value ?? 0)
        #expect(agent.settings.maxSockets > 11)
        #expect(Advice.maxSockets(agent, minutes: minutes).value == nil)
        minutes = []
        #expect(Advice.maxSockets(.example(), minutes: minutes).value == nil)
    }

    @Test("fewer are only advised after an hour without waiting, and leave room")
    func lower() {
        var (agent, minutes) = Self.queue(rate: 200, sockets: 40, minutes: 1, seed: 7)
        agent.settings.maxSockets = 256
        let hour = [TrafficMinute](repeating: minutes[0], count: 60)
        #expect(Advice.maxSockets(agent, minutes: Array(hour.dropLast())).value == nil)
        let advice = Advice.maxSockets(agent, minutes: hour)
        #expect(advice.confidence == .low)
        #expect((12...18).contains(advice.value ?? 0), "\(advice.sentence)")
        agent.settings.maxSockets = 24
        #expect(Advice.maxSockets(agent, minutes: hour).value == nil)
        // One minute of waiting among them, and there is no word of fewer.
        agent.settings.maxSockets = 256
        #expect(Advice.maxSockets(agent, minutes: hour + [TrafficMinute(rate: 200, pending: 3)]).value == nil)
    }

    /// An agent whose loops each left so many free in each of `minutes`.
    private static func free(_ loops: [UInt64], minutes: ClosedRange<UInt64>, open: UInt64) -> AgentSnapshot {
        var agent = queue(rate: 200, sockets: 40, minutes: 1, seed: 7).agent
        agent.figures.free = open
        agent.figures.reuse = loops.map { free in
            let reuse = SocketReuse()
            for minute in minutes { reuse.left(free: free + minute % 3, minute: minute) }
            return reuse.read()
        }
        return agent
    }

    @Test("free sockets that nobody needs are told after ten whole minutes")
    func unused() {
        let minutes = [TrafficMinute(rate: 200, pending: 0)]
        let short = Self.free([20, 30], minutes: 1...10, open: 80)
        #expect(Advice.maxFreeSockets(short, minutes: minutes).value == nil)
        let agent = Self.free([20, 30], minutes: 1...11, open: 80)
        let advice = Advice.maxFreeSockets(agent, minutes: minutes)
        #expect(advice.value == 30)
        #expect(advice.evidence["neverUsed"] == 50)
        let used = Self.free([0, 0], minutes: 1...40, open: 80)
        #expect(Advice.maxFreeSockets(used, minutes: minutes).value == nil)
        // All were free for long, but the busiest minute needs 10: 4 on average.
        let tight = Self.free([30, 30], minutes: 1...30, open: 62)
        #expect(Advice.maxFreeSockets(tight, minutes: minutes).value == 10)
    }

    @Test("free sockets that are closed and missed are told")
    func dropped() {
        var agent = Self.free([0], minutes: 3...20, open: 2)
        agent.settings.maxFreeSockets = 2
        agent.figures.closed[CloseReason.maxFreeSockets.rawValue] = 500
        agent.figures.created = [1_000, 0]
        let advice = Advice.maxFreeSockets(agent, minutes: [TrafficMinute(rate: 200, pending: 0)])
        #expect(advice.value == 10)
        #expect(advice.confidence == .medium)
        agent.settings.maxSockets = 2
        #expect(Advice.maxFreeSockets(agent, minutes: []).value == nil)
    }
}
