import Control
import Glibc
import TestSupport

/// What latencies may look like, in seconds, with quantiles that are known.
enum Shape: String, CaseIterable, Sendable {
    case lognormal
    case exponential
    /// Three of four are quick, one is slow: the 90th percentile lies far from the median.
    case bimodal
    /// Whole milliseconds, as a coarse clock has it: nearly all measurements are ties.
    case coarse

    /// The duration at `share` (0 to 1): drawn when `share` is.
    func quantile(_ share: Double) -> Double {
        switch self {
        case .lognormal: 0.005 * exp(0.4 * Self.normal(share))
        case .exponential: 0.0001 - 0.002 * log(1 - share)
        case .bimodal: share < 0.75 ? 0.001 + 0.0005 * share : 0.020 + 0.02 * (share - 0.75)
        case .coarse: ((0.005 * exp(0.4 * Self.normal(share))) * 1000).rounded() / 1000
        }
    }

    // The quantile of the normal distribution, by halving.
    private static func normal(_ share: Double) -> Double {
        var (low, high) = (-8.0, 8.0)
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if 0.5 * erfc(-middle / 2.0.squareRoot()) < share { low = middle } else { high = middle }
        }
        return low
    }
}

/// A shape's quantiles in a table, so that drawing is quick.
struct Drawer: Sendable {
    private let table: [Double]

    /// `shape`, each duration longer by `shift` seconds.
    init(_ shape: Shape, shift: Double = 0) {
        table = (0..<Self.size).map { shape.quantile((Double($0) + 0.5) / Double(Self.size)) + shift }
    }

    private static let size = 20_000

    /// One duration, in seconds.
    func draw(_ random: inout SplitMix64) -> Double { table[Int(random.next() % UInt64(Self.size))] }

    /// The true quantile of what is drawn: the least duration with at least `share` of the table up to it.
    func quantile(_ share: Double) -> Double { table[max(0, Int((share * Double(Self.size)).rounded(.up)) - 1)] }
}

extension FineHistogramValue {
    /// `count` durations of `drawer`.
    init(_ drawer: Drawer, count: Int, _ random: inout SplitMix64) {
        self.init()
        for _ in 0..<count { record(nanoseconds: UInt64((drawer.draw(&random) * 1e9).rounded())) }
    }
}
