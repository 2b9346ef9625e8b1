package import Control

/// What the split traffic of one agent says about keep-alive against normal mode.
package struct Comparison: Sendable, Equatable {
    /// Which mode answers sooner at the median.
    package enum Verdict: String, Sendable, CaseIterable {
        case keepalive
        case normal
        /// There is surely no difference that matters.
        case none
        /// Not enough requests to tell.
        case unknown
        /// The traffic is not split.
        case off
    }

    /// The three quantiles that are compared, in seconds; nil where there are too few requests.
    package struct Quantiles: Sendable, Equatable {
        package var p50: Interval?
        package var p90: Interval?
        package var p99: Interval?
    }

    /// What was measured of one mode.
    package struct Mode: Sendable, Equatable {
        package let requests: UInt64
        /// Faults of the upstream, 5xx answers included.
        package let errors: UInt64
        /// Sockets opened for these requests.
        package let sockets: UInt64
        /// From a request's head to the response's last byte.
        package let latency: Quantiles
        /// How long connects took, in seconds; nil while there was none.
        package let connectMedian: Double?
        package let connectMean: Double?
        package let bytesReceived: UInt64
        package let bytesSent: UInt64
    }

    /// What keep-alive spared.
    package struct Saved: Sendable, Equatable {
        /// Seconds of connecting for each request, on average.
        package let connectTime: Double
        /// Sockets that keep-alive did not have to open, one for each request being what normal mode needs.
        package let handshakes: UInt64
        /// Of so many.
        package let of: UInt64
    }

    package let verdict: Verdict
    /// The verdict in words.
    package let sentence: String
    /// Both modes; nil when the verdict is ``Verdict/off``.
    package let modes: (keepalive: Mode, normal: Mode)?
    /// Normal less keep-alive, in seconds: above zero where keep-alive answers sooner.
    package let difference: Quantiles
    /// Nil while either mode has served no request or normal mode has opened no socket.
    package let saved: Saved?

    /// Compares what `trial` measured; nil when the agent's traffic is not split.
    package init(_ trial: TrialSnapshot?) {
        guard let trial else {
            verdict = .off
            sentence = "the traffic is not split: with a split from 1 to 99 both modes are compared on it"
            modes = nil
            difference = Quantiles()
            saved = nil
            return
        }
        let both = Latencies(trial)
        let modes = (keepalive: both.keepalive.mode(.keepalive, trial), normal: both.normal.mode(.normal, trial))
        let difference = both.difference
        let verdict = both.verdict(difference.p50)
        let saved = Saved(keepalive: modes.keepalive, normal: modes.normal)
        self.modes = modes
        self.difference = difference
        self.verdict = verdict
        self.saved = saved
        sentence =
            ComparisonSentence(
                verdict: verdict, difference: difference.p50, keepalive: modes.keepalive, normal: modes.normal,
                counts: (both.keepalive.distribution.count, both.normal.distribution.count), saved: saved
            ).text
    }

    package static func == (a: Comparison, b: Comparison) -> Bool {
        a.verdict == b.verdict && a.sentence == b.sentence && a.difference == b.difference && a.saved == b.saved
            && a.modes?.keepalive == b.modes?.keepalive && a.modes?.normal == b.modes?.normal
    }
}

extension Comparison.Saved {
    /// What `keepalive` spared against `normal`, if both did enough to tell.
    fileprivate init?(keepalive: Comparison.Mode, normal: Comparison.Mode) {
        guard keepalive.requests > 0, normal.requests > 0, let mean = normal.connectMean else { return nil }
        func perRequest(_ mode: Comparison.Mode, _ mean: Double) -> Double {
            mean * Double(mode.sockets) / Double(mode.requests)
        }
        connectTime = perRequest(normal, mean) - (keepalive.connectMean.map { perRequest(keepalive, $0) } ?? 0)
        handshakes = keepalive.requests - min(keepalive.requests, keepalive.sockets)
        of = keepalive.requests
    }
}

/// The latencies of both modes.
private struct Latencies {
    /// Those of one mode.
    struct One {
        let distribution: Distribution
        let p50: QuantileEstimate?
        let p90: QuantileEstimate?
        let p99: QuantileEstimate?

        init(_ histogram: FineHistogramValue) {
            distribution = Distribution(histogram)
            p50 = QuantileEstimate(0.5, of: distribution)
            p90 = QuantileEstimate(0.9, of: distribution)
            p99 = QuantileEstimate(0.99, of: distribution)
        }

        /// With the other figures of the mode.
        func mode(_ mode: AgentMode, _ trial: TrialSnapshot) -> Comparison.Mode {
            let connect = trial.connect[mode.index]
            return Comparison.Mode(
                requests: trial.requests[mode.index], errors: trial.errors[mode.index], sockets: connect.count,
                latency: .init(p50: p50?.interval, p90: p90?.interval, p99: p99?.interval),
                connectMedian: connect.quantile(0.5), connectMean: connect.mean,
                bytesReceived: trial.bytesReceived[mode.index], bytesSent: trial.bytesSent[mode.index])
        }
    }

    /// A difference below this share of keep-alive's median does not matter,
    static let shareThatMatters = 0.01
    /// nor does one below this many seconds.
    static let secondsThatMatter = 20e-6

    let keepalive: One
    let normal: One

    init(_ trial: TrialSnapshot) {
        keepalive = One(trial.latency[AgentMode.keepalive.index])
        normal = One(trial.latency[AgentMode.normal.index])
    }

    var difference: Comparison.Quantiles {
        func difference(_ quantile: KeyPath<One, QuantileEstimate?>) -> Interval? {
            guard let more = normal[keyPath: quantile], let less = keepalive[keyPath: quantile] else { return nil }
            return more.difference(to: less)
        }
        return .init(p50: difference(\.p50), p90: difference(\.p90), p99: difference(\.p99))
    }

    /// What the medians say, `difference` being what they differ by.
    func verdict(_ difference: Interval?) -> Comparison.Verdict {
        guard let difference, let median = keepalive.p50?.value else { return .unknown }
        let test = MedianTest(keepalive: keepalive.distribution, normal: normal.distribution)
        let slight = max(median * Self.shareThatMatters, Self.secondsThatMatter)
        if difference.lower >= -slight, difference.upper <= slight, test.rulesOut(slight), test.rulesOut(-slight) {
            return .none
        }
        guard !difference.spansZero, test.rulesOut(0) else { return .unknown }
        return difference.lower > 0 ? .keepalive : .normal
    }
}

extension FineHistogramValue {
    /// The mean in seconds, of durations taken to lie in the middle of their cells; nil when there is none.
    fileprivate var mean: Double? {
        var (sum, number) = (0.0, 0.0)
        for (index, cell) in counts.enumerated() where cell > 0 {
            let edges = Self.edges(of: index)
            sum += Double(cell) * (edges.lower + edges.upper) / 2
            number += Double(cell)
        }
        return number > 0 ? sum / number : nil
    }
}
