import Control
import TestSupport
import Testing

@testable import Insight

/// Whether intervals that claim to hold the truth 95 times of 100 do so, on what was drawn from a known distribution.
@Suite("Coverage")
struct CoverageTests {
    /// How many are drawn for each mode, and how often.
    struct Plan: Sendable, CustomTestStringConvertible {
        let keepalive: Int
        let normal: Int
        let rounds: Int

        var testDescription: String { "\(keepalive) and \(normal)" }
    }

    static let plans = [
        Plan(keepalive: 100, normal: 100, rounds: 200), Plan(keepalive: 900, normal: 100, rounds: 150),
        Plan(keepalive: 1_000, normal: 1_000, rounds: 120), Plan(keepalive: 10_000, normal: 1_000, rounds: 25),
        Plan(keepalive: 100_000, normal: 10_000, rounds: 4),
    ]

    /// How often an interval held the truth.
    private struct Tally {
        private(set) var held = 0
        private(set) var all = 0

        mutating func count(_ interval: Interval?, truth: Double) {
            guard let interval else { return }
            all += 1
            // A nanosecond is what recording rounds to.
            if interval.lower <= truth + 1e-9, interval.upper >= truth - 1e-9 { held += 1 }
        }

        /// 94 % less six standard deviations of so many rounds.
        var least: Double { 0.94 * Double(all) - 6 * (0.94 * 0.06 * Double(all)).squareRoot() }
    }

    @Test("intervals of quantiles and of their differences hold the truth", arguments: Shape.allCases, plans)
    func coverage(shape: Shape, plan: Plan) {
        let seed = UInt64(plan.keepalive + plan.normal)
        var random = SplitMix64(seed: seed)
        // Whole milliseconds stay whole: the truth lies where many measurements do.
        let drawers = [Drawer(shape), Drawer(shape, shift: 0.001)]
        var single = [0.5: Tally(), 0.9: Tally(), 0.99: Tally()]
        var differences = single
        for _ in 0..<plan.rounds {
            let values = [
                Distribution(FineHistogramValue(drawers[0], count: plan.keepalive, &random)),
                Distribution(FineHistogramValue(drawers[1], count: plan.normal, &random)),
            ]
            for share in [0.5, 0.9, 0.99] {
                let truths = drawers.map { $0.quantile(share) }
                let estimates = values.map { QuantileEstimate(share, of: $0) }
                for (estimate, truth) in zip(estimates, truths) {
                    single[share]?.count(estimate?.interval, truth: truth)
                }
                guard let less = estimates[0], let more = estimates[1] else { continue }
                differences[share]?.count(more.difference(to: less), truth: truths[1] - truths[0])
            }
        }
        for (share, tally) in single {
            #expect(
                Double(tally.held) >= tally.least, "seed \(seed): quantile \(share) in \(tally.held) of \(tally.all)")
        }
        for (share, tally) in differences {
            #expect(
                Double(tally.held) >= tally.least, "seed \(seed): difference \(share) in \(tally.held) of \(tally.all)")
        }
        #expect(single[0.5]?.all == 2 * plan.rounds)
    }

    @Test("intervals shrink with the square root of the number, down to what the cells tell")
    func width() throws {
        var random = SplitMix64(seed: 1)
        let drawer = Drawer(.lognormal)
        func width(_ count: Int) throws -> Double {
            let values = Distribution(FineHistogramValue(drawer, count: count, &random))
            let interval = try #require(QuantileEstimate(0.5, of: values)).interval
            return interval.upper - interval.lower
        }
        // The median's standard error is sigma * sqrt(pi / 2n) of it: 1.96 times that on each side, and two cells.
        for count in [1_000, 100_000] {
            let expected = 2 * 1.96 * 0.4 * 1.2533 / Double(count).squareRoot() * 0.005
            let found = try width(count)
            #expect(found > 0.7 * expected)
            #expect(found < 1.4 * expected + 2 * 0.005 / 256)
        }
    }

    @Test("a cell of the histogram is at most a 256th of its durations wide, and holds what it counts")
    func cells() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<2_000 {
            let nanoseconds = random.next() >> (24 + random.next() % 30)
            var value = FineHistogramValue()
            value.record(nanoseconds: nanoseconds)
            guard let index = value.counts.firstIndex(of: 1) else { continue }
            let (lower, upper) = FineHistogramValue.edges(of: index)
            let seconds = Double(nanoseconds) / 1e9
            #expect(lower <= seconds && seconds < upper, "\(nanoseconds) ns")
            #expect(upper - lower < max(1.025e-6, lower / 255.9), "\(nanoseconds) ns")
        }
    }
}
