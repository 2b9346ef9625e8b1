import Control
import TestSupport
import Testing

@testable import Insight

@Suite("Comparison")
struct ComparisonTests {
    /// A trial with `counts` requests of each mode whose durations `drawers` say.
    static func trial(
        _ drawers: [Drawer], counts: [Int], connects: [Int] = [0, 0], connectSeconds: Double = 0.001, seed: UInt64 = 1
    ) -> TrialSnapshot {
        var random = SplitMix64(seed: seed)
        var trial = TrialSnapshot(mode: .keepalive, split: 50)
        for mode in 0..<2 {
            trial.latency[mode] = FineHistogramValue(drawers[mode], count: counts[mode], &random)
            trial.requests[mode] = UInt64(counts[mode])
            for _ in 0..<connects[mode] {
                trial.connect[mode].record(nanoseconds: UInt64(connectSeconds * 1e9))
            }
        }
        return trial
    }

    @Test("is off while nothing is split")
    func off() {
        let comparison = Comparison(nil)
        #expect(comparison.verdict == .off)
        #expect(comparison.modes == nil)
        #expect(comparison.saved == nil)
        #expect(comparison.difference == Comparison(TrialSnapshot(mode: .normal, split: 1)).difference)
        #expect(comparison.sentence.hasPrefix("the traffic is not split"))
    }

    @Test("says how many requests are lacking")
    func lacking() {
        let comparison = Comparison(
            Self.trial([Drawer(.lognormal), Drawer(.lognormal, shift: 1)], counts: [5_000, 12], connects: [5, 12]))
        #expect(comparison.verdict == .unknown)
        #expect(
            comparison.sentence == "not enough requests to tell yet: 5,000 with keep-alive and 12 in normal mode, of "
                + "100 that each needs")
        #expect(comparison.modes?.normal.latency.p50 != nil)
        #expect(comparison.modes?.normal.latency.p90 == nil)
        #expect(comparison.difference.p99 == nil)
        #expect(Comparison(TrialSnapshot(mode: .keepalive, split: 10)).verdict == .unknown)
    }

    @Test("keep-alive that answers sooner is told with its limits and the handshakes it saved")
    func keepalive() throws {
        let comparison = Comparison(
            Self.trial(
                [Drawer(.lognormal), Drawer(.lognormal, shift: 0.0019)], counts: [35_000, 35_000],
                connects: [1_000, 35_000], connectSeconds: 0.0019))
        #expect(comparison.verdict == .keepalive)
        let difference = try #require(comparison.difference.p50)
        #expect(difference.lower < 0.0019 && 0.0019 < difference.upper)
        #expect(difference.upper - difference.lower < 0.00016)
        let saved = try #require(comparison.saved)
        #expect(saved.handshakes == 34_000)
        #expect(saved.of == 35_000)
        #expect(abs(saved.connectTime - 0.0019 * 34 / 35) < 0.00001)
        let answers =
            #/keep-alive answers 1\.\d\d ms sooner at the median, 95 % sure between 1\.\d\d and [12]\.\d\d; .*/#
        #expect(comparison.sentence.wholeMatch(of: answers) != nil, "\(comparison.sentence)")
        #expect(comparison.sentence.hasSuffix("; 34,000 of 35,000 handshakes saved"), "\(comparison.sentence)")
    }

    @Test("normal mode that answers sooner is told as such")
    func normal() {
        let comparison = Comparison(
            Self.trial([Drawer(.lognormal, shift: 0.004), Drawer(.lognormal)], counts: [2_000, 2_000]))
        #expect(comparison.verdict == .normal)
        #expect(comparison.sentence.hasPrefix("normal mode answers "), "\(comparison.sentence)")
        #expect((comparison.difference.p50?.upper ?? 1) < 0)
        #expect(comparison.saved == nil)
    }

    @Test("no difference is told once it surely does not matter, and not before")
    func none() {
        let drawers = [Drawer(.lognormal), Drawer(.lognormal, shift: 0.000_002)]
        let few = Comparison(Self.trial(drawers, counts: [2_000, 2_000]))
        #expect(few.verdict == .unknown)
        let range = #/not enough requests to tell yet: at the median keep-alive answers between .* .s (later|sooner).*/#
        #expect(few.sentence.wholeMatch(of: range) != nil, "\(few.sentence)")
        let many = Comparison(Self.trial(drawers, counts: [400_000, 400_000], connects: [10, 400_000]))
        #expect(many.verdict == .none)
        #expect(many.sentence.hasPrefix("no difference that matters: at the median at most "), "\(many.sentence)")
        #expect(many.sentence.hasSuffix("; 399,990 of 400,000 handshakes saved"), "\(many.sentence)")
    }

    @Test("failures that surely differ between the modes are told")
    func failures() {
        var trial = Self.trial([Drawer(.lognormal), Drawer(.lognormal)], counts: [2_000, 2_000])
        trial.errors = [3, 4]
        #expect(!Comparison(trial).sentence.contains("failed"))
        trial.errors = [0, 64]
        #expect(
            Comparison(trial).sentence.hasSuffix("; 0 % of keep-alive's requests failed, and 3.2 % of normal mode's"))
    }

    @Test("failures alike are hardly ever told, though one looks every second for an hour")
    func failuresAlike() {
        var wrong = 0
        for seed in 0..<UInt64(40) {
            var random = SplitMix64(seed: seed)
            var trial = TrialSnapshot(mode: .keepalive, split: 50)
            for _ in 0..<3_600 {
                for _ in 0..<10 {
                    let mode = Int(random.next() % 2)
                    trial.requests[mode] += 1
                    if random.next() % 100 < 3 { trial.errors[mode] += 1 }
                }
                if ShareDifference.isSure(
                    trial.errors[0], of: trial.requests[0], trial.errors[1], of: trial.requests[1])
                {
                    wrong += 1
                    break
                }
            }
        }
        #expect(wrong <= 2, "seeds 0 to 39")
    }
}
