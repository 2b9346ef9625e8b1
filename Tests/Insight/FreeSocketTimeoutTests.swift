import Control
import TestSupport
import Testing

@testable import Insight

@Suite("Advice on freeSocketTimeout")
struct FreeSocketTimeoutTests {
    @Test(
        "is just below the upstream's own timeout, in at least 95 % of all runs",
        arguments: [(2, 0.2), (5, 0.1), (5, 1), (15, 1), (15, 1.5)])
    func timeout(seconds: Double, jitter: Double) {
        let runs = 20
        var wrong: [String] = []
        for seed in 0..<UInt64(runs) {
            var traffic = PoolTraffic(
                seed: seed, rate: 2, held: 0.5, freeSocketTimeout: 60,
                upstream: .timeout(seconds, jitter: jitter))
            traffic.pass(seconds: 3_600)
            let advice = Advice.freeSocketTimeout(traffic.agent())
            let good = (seconds - max(0.5, 0.05 * seconds) - 0.51)...(seconds - 0.1)
            if advice.value.map(good.contains) != true || advice.confidence == .none {
                wrong.append("seed \(seed): \(advice.value ?? 0), \(advice.sentence)")
            }
        }
        #expect(wrong.count <= runs / 20, "\(wrong)")
    }

    @Test("a few early closes do not draw it away from the timeout")
    func early() {
        var traffic = PoolTraffic(
            seed: 3, rate: 2, held: 0.5, freeSocketTimeout: 60, upstream: .timeout(5, jitter: 0.2))
        traffic.pass(seconds: 3_600)
        for early in [0.3, 1.1, 1.2, 2.4, 4.2, 4.3] {
            traffic.reuse.idle.record(nanoseconds: UInt64(early * 1e9))
            traffic.reuse.closedByUpstream(afterNanoseconds: UInt64(early * 1e9))
        }
        #expect(Advice.freeSocketTimeout(traffic.agent()).value == 4.5)
    }

    @Test("nothing is advised from closes at any age, in at least 95 % of all runs", arguments: [60.0, 600])
    func noise(mean: Double) {
        let runs = 20
        var wrong: [String] = []
        for seed in 0..<UInt64(runs) {
            for upstream in [PoolTraffic.Upstream.restarts(every: mean), .random(mean: mean)] {
                var traffic = PoolTraffic(
                    seed: seed, rate: 2, held: 0.5, freeSocketTimeout: 30, upstream: upstream)
                traffic.pass(seconds: 3_600)
                let advice = Advice.freeSocketTimeout(traffic.agent())
                if advice.value != nil { wrong.append("seed \(seed), \(upstream): \(advice.sentence)") }
            }
        }
        #expect(wrong.count <= 2 * runs / 20, "\(wrong)")
    }

    @Test("a shorter timeout than the upstream's tells nothing of it, but whether a longer one would bring reuse")
    func censored() {
        var traffic = PoolTraffic(
            seed: 1, rate: 2, held: 0.5, freeSocketTimeout: 4, upstream: .timeout(5, jitter: 0))
        traffic.pass(seconds: 600)
        var agent = traffic.agent()
        agent.figures.created[0] = 100
        let few = Advice.freeSocketTimeout(agent)
        #expect(few.value == nil)
        #expect(few.confidence == .none)
        #expect(few.sentence.contains("cannot be told"))
        #expect(few.sentence.hasSuffix("would hardly bring more reuse"))
        agent.figures.closed[CloseReason.freeSocketTimeout.rawValue] = 90
        #expect(
            Advice.freeSocketTimeout(agent).sentence.hasSuffix(
                "90 of 100 sockets opened, so a longer one may bring more reuse"))
    }

    @Test("nothing is to change while sockets close sooner than the upstream closes them")
    func fine() {
        var traffic = PoolTraffic(
            seed: 2, rate: 2, held: 0.5, freeSocketTimeout: 60, upstream: .timeout(5, jitter: 0))
        traffic.pass(seconds: 3_600)
        var agent = traffic.agent()
        agent.settings.freeSocketTimeout = .seconds(4)
        let advice = Advice.freeSocketTimeout(agent)
        #expect(advice.value == nil)
        #expect(advice.sentence.hasPrefix("nothing to change"))
        #expect(Advice.freeSocketTimeout(.example()).sentence.hasPrefix("not enough seen"))
    }
}
