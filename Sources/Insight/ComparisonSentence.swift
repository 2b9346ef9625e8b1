/// A comparison in one plain sentence.
struct ComparisonSentence {
    let verdict: Comparison.Verdict
    /// Of the medians, normal less keep-alive.
    let difference: Interval?
    let keepalive: Comparison.Mode
    let normal: Comparison.Mode
    /// Requests whose latency was measured.
    let counts: (keepalive: UInt64, normal: UInt64)
    let saved: Comparison.Saved?

    /// The sentence, without a capital and a full stop, since it stands beside a name.
    var text: String {
        var parts = [first]
        if verdict != .unknown, let saved, saved.handshakes > 0 {
            parts.append("\(Words.count(saved.handshakes)) of \(Words.count(saved.of)) handshakes saved")
        }
        if ShareDifference.isSure(keepalive.errors, of: keepalive.requests, normal.errors, of: normal.requests) {
            parts.append(
                "\(Words.share(keepalive.errors, of: keepalive.requests)) of keep-alive's requests failed, and "
                    + "\(Words.share(normal.errors, of: normal.requests)) of normal mode's")
        }
        return parts.joined(separator: "; ")
    }

    private var first: String {
        guard let difference, min(counts.keepalive, counts.normal) >= MedianTest.countMin else {
            return "not enough requests to tell yet: \(Words.count(counts.keepalive)) with keep-alive and "
                + "\(Words.count(counts.normal)) in normal mode, of \(MedianTest.countMin) that each needs"
        }
        let scale = TimeScale(difference)
        switch verdict {
        case .keepalive: return "keep-alive \(Self.sooner(difference, scale))"
        case .normal: return "normal mode \(Self.sooner(difference.negated, scale))"
        case .none:
            let most = scale.withUnit(max(-difference.lower, difference.upper))
            return "no difference that matters: at the median at most \(most) either way, 95 % sure"
        case .unknown, .off:
            return "not enough requests to tell yet: at the median keep-alive answers "
                + Self.between(difference, scale)
        }
    }

    private static func sooner(_ by: Interval, _ scale: TimeScale) -> String {
        "answers \(scale.withUnit(by.value)) sooner at the median, 95 % sure between \(scale.text(by.lower)) and "
            + scale.text(by.upper)
    }

    private static func between(_ by: Interval, _ scale: TimeScale) -> String {
        if by.lower > 0 { return "between \(scale.text(by.lower)) and \(scale.withUnit(by.upper)) sooner" }
        if by.upper < 0 { return "between \(scale.text(-by.upper)) and \(scale.withUnit(-by.lower)) later" }
        return "between \(scale.withUnit(-by.lower)) later and \(scale.withUnit(by.upper)) sooner"
    }
}

extension Interval {
    /// The interval of the same quantity counted the other way.
    var negated: Interval { Interval(value: -value, lower: -upper, upper: -lower) }
}
