import TestSupport
import Testing

@testable import Control

@Suite("Fine histograms")
struct FineHistogramTests {
    @Test("each cell holds what lies between its edges, and is no wider than a sixty-fourth of it")
    func cells() {
        for index in 0..<FineHistogram.cellCount {
            let (lower, upper) = (FineHistogram.lowerEdge(index), FineHistogram.lowerEdge(index + 1))
            #expect(lower < upper)
            #expect(FineHistogram.index(nanoseconds: lower) == index)
            #expect(FineHistogram.index(nanoseconds: upper - 1) == index)
            if index >= 128 { #expect((upper - lower) * 64 <= lower, "cell \(index)") }
        }
        #expect(FineHistogram.index(nanoseconds: .max) == FineHistogram.cellCount - 1)
    }

    @Test("what is recorded is read, and both together are their sum", arguments: Seeds.forThisRun(3))
    func reads(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let histograms = [FineHistogram(), FineHistogram()]
        var value = FineHistogramValue()
        for _ in 0..<1_000 {
            let duration = UInt64.random(in: 0..<(1 << UInt64.random(in: 1...50, using: &random)), using: &random)
            histograms[Int.random(in: 0..<2, using: &random)].record(nanoseconds: duration)
            value.record(nanoseconds: duration)
        }
        #expect(histograms[0].read() + histograms[1].read() == value, "SLUICE_SEED=\(seed)")
        #expect(value.count == 1_000)
    }

    @Test("a quantile is off by no more than a cell", arguments: Seeds.forThisRun(3))
    func quantiles(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var value = FineHistogramValue()
        var durations = (0..<2_000).map { _ in
            UInt64.random(in: 100_000..<(1 << UInt64.random(in: 20...34, using: &random)), using: &random)
        }
        for duration in durations { value.record(nanoseconds: duration) }
        durations.sort()
        for quantile in [0.01, 0.25, 0.5, 0.9, 0.99, 1] {
            let exact = Double(durations[Int((quantile * 2_000).rounded(.up)) - 1]) / 1e9
            let found = try #require(value.quantile(quantile))
            #expect(abs(found - exact) <= exact / 32, "SLUICE_SEED=\(seed): \(quantile): \(found), not \(exact)")
        }
        #expect(FineHistogramValue().quantile(0.5) == nil)
    }
}
