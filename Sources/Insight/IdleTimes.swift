import Control

/// How long an agent's sockets were free until something ended it: the upstream, which tells how long it keeps them, or
/// anything else, which only tells that it had kept them until then (such times are censored).
struct IdleTimes {
    /// The idle times that the upstream ended, in seconds, rising.
    let closes: [Double]
    /// Of every idle time, whatever ended it.
    let all: UInt64
    /// How many closes each that is known stands for: only the newest are kept.
    private let weight: Double
    /// The other idle times by the cells of ``HistogramEdges``.
    private let others: [Double]

    /// What all loops saw.
    ///
    /// - Parameter closed: How many free sockets the upstream closed in all.
    init(_ loops: [SocketReuseSnapshot], closed: UInt64) {
        closes = loops.flatMap { loop in loop.closedIdle.map { Double($0) / 1e9 } }.sorted()
        let idle = loops.reduce(HistogramValue()) { $0 + $1.idle }
        all = idle.count
        weight = closes.isEmpty ? 1 : max(1, Double(closed) / Double(closes.count))
        var others = idle.counts.map(Double.init)
        for close in closes {
            let cell = HistogramEdges.nanoseconds.partitioningIndex { Double($0) / 1e9 >= close }
            others[cell] = max(0, others[cell] - weight)
        }
        self.others = others
    }

    /// How many sockets were still free, and not yet closed, at `age` seconds.
    func atRisk(_ age: Double) -> Double {
        let closed = Double(closes.count - closes.partitioningIndex { $0 >= age }) * weight
        return closed + sumOfOthers { lower, upper in min(1, max(0, (upper - age) / (upper - lower))) }
    }

    /// How many seconds all sockets together were free between the ages `from` and `to`.
    func exposure(from: Double, to: Double) -> Double {
        let closed = closes.reduce(0) { $0 + max(0, min($1, to) - from) } * weight
        return closed + sumOfOthers { lower, upper in max(0, min((lower + upper) / 2, to) - from) }
    }

    /// How many closes a number of known ones stands for.
    func weighed(_ number: Int) -> Double { Double(number) * weight }

    private func sumOfOthers(_ part: (_ lower: Double, _ upper: Double) -> Double) -> Double {
        let edges = HistogramEdges.nanoseconds
        var sum = 0.0
        for (index, count) in others.enumerated() where count > 0 {
            let lower = index == 0 ? 0 : Double(edges[index - 1]) / 1e9
            let upper = index < edges.count ? Double(edges[index]) / 1e9 : 2 * lower
            sum += count * part(lower, upper)
        }
        return sum
    }
}

/// The age at which an upstream closes sockets that are idle, as its own timeout has it.
struct ClosingAge {
    /// In seconds: of those closes that make it up, no more than one in twenty came earlier.
    let age: Double
    /// How many closes make it up,
    let closes: Double
    /// out of how many sockets that were still free then.
    let atRisk: Double
    /// When the last of them came.
    let latest: Double

    /// The share of the sockets that reached the age which the upstream closed at it.
    var share: Double { closes / max(closes, atRisk) }

    // Fewer closes may be any accident.
    private static let closesMin = 5
    // Behind one address there may be several upstreams, of which not all close at this age.
    private static let shareMin = 0.25
    // What few sockets live to see may be one restart: a timeout is behind many of the closes up to its age.
    private static let partMin = 0.25
    // Closes at any age, as restarts make them, are as likely before it as at it.
    private static let riseMin = 10.0

    /// The smallest age at which closes crowd; nil when there is none.
    ///
    /// A timeout closes nearly all sockets that reach it, within a second (many servers look once a second) or a tenth
    /// of it. The risk of being closed, closes by the time that sockets were free at these ages (the estimate of
    /// Kaplan and Meier in steps), leaps up there. Restarts close sockets of any age: the risk stays as it was.
    init?(_ times: IdleTimes) {
        let closes = times.closes
        var end = 0
        for (start, first) in closes.enumerated() {
            let width = max(0.1 * first, 1)
            while end < closes.count, closes[end] <= first + width { end += 1 }
            let number = end - start
            guard number >= Self.closesMin, Double(number) >= Self.partMin * Double(end) else { continue }
            let crowd = times.weighed(number)
            let atRisk = times.atRisk(first)
            guard crowd >= Self.shareMin * atRisk else { continue }
            let risk = crowd / max(times.exposure(from: first, to: first + width), 1e-9)
            let before = (times.weighed(start) + 1) / max(times.exposure(from: 0, to: first), 1e-9)
            guard risk >= Self.riseMin * before else { continue }
            // One that came early by accident is not what the timeout is.
            age = closes[start + number / 20]
            self.closes = crowd
            self.atRisk = atRisk
            latest = closes[end - 1]
            return
        }
        return nil
    }
}
