/// The edges that all histograms of durations share, in nanoseconds.
///
/// Ten to the decade from 10 us to 1000 s: a quantile read from them is off by at most a fifth, and every edge is a
/// number that people know.
public enum HistogramEdges {
    /// Upper edges, rising; what is above the last falls into one cell more.
    public static let nanoseconds: [UInt64] = {
        let mantissas: [UInt64] = [100, 120, 150, 200, 250, 300, 400, 500, 600, 800]
        var edges: [UInt64] = []
        var decade: UInt64 = 100
        while decade <= 100_000_000 * 10 {
            edges += mantissas.map { $0 * decade }
            decade *= 10
        }
        edges.append(100 * decade)
        return edges
    }()

    /// How many cells a histogram has.
    public static let cellCount = 82
}

/// How often durations fell between two edges: one writer, its loop; read by any thread.
public final class Histogram: Sendable {
    private let cells = InlineArray<82, Counter> { _ in Counter() }
    private let sum = Counter()
    // The first edge that can hold a number of this many bits.
    private let first: [UInt8]
    private let edges: [UInt64]

    /// An empty one.
    public init() {
        let edges = HistogramEdges.nanoseconds
        self.edges = edges
        first = (0...64).map { bits in
            let least: UInt64 = bits == 0 ? 0 : 1 << UInt64(bits - 1)
            return UInt8(edges.firstIndex { $0 >= least } ?? edges.count)
        }
    }

    /// Counts one duration; only its one writer.
    public func record(nanoseconds: UInt64) {
        var index = Int(first[64 - nanoseconds.leadingZeroBitCount])
        while index < edges.count, edges[index] < nanoseconds { index += 1 }
        cells[index].add()
        sum.add(nanoseconds)
    }

    /// The counts as they are now; any thread.
    public func read() -> HistogramValue {
        HistogramValue(counts: (0..<HistogramEdges.cellCount).map { cells[$0].value }, sumNanoseconds: sum.value)
    }
}

/// The counts of a histogram at one moment.
public struct HistogramValue: Sendable, Equatable {
    /// One for each edge of ``HistogramEdges``, and a last one for what is above them.
    public var counts: [UInt64]
    /// All durations together.
    public var sumNanoseconds: UInt64

    /// Zero everywhere, unless told otherwise.
    public init(
        counts: [UInt64] = Array(repeating: 0, count: HistogramEdges.cellCount), sumNanoseconds: UInt64 = 0
    ) {
        self.counts = counts
        self.sumNanoseconds = sumNanoseconds
    }

    /// How many durations there are.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// Both together.
    public static func + (a: HistogramValue, b: HistogramValue) -> HistogramValue {
        HistogramValue(
            counts: zip(a.counts, b.counts).map { $0 &+ $1 }, sumNanoseconds: a.sumNanoseconds &+ b.sumNanoseconds)
    }

    /// What came since `earlier`.
    public static func - (now: HistogramValue, earlier: HistogramValue) -> HistogramValue {
        HistogramValue(
            counts: zip(now.counts, earlier.counts).map { $0 >= $1 ? $0 - $1 : 0 },
            sumNanoseconds: now.sumNanoseconds &- earlier.sumNanoseconds)
    }

    /// The duration in seconds below which the share `quantile` (0 to 1) lies; nil when there is none.
    ///
    /// Within a cell the durations are taken to lie evenly.
    public func quantile(_ quantile: Double) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        let wanted = quantile * Double(total)
        var below = 0.0
        for (index, cell) in counts.enumerated() where cell > 0 {
            let reached = below + Double(cell)
            if reached >= wanted || index == counts.count - 1 {
                let edges = HistogramEdges.nanoseconds
                let lower = index == 0 ? 0 : Double(edges[index - 1])
                let upper = index < edges.count ? Double(edges[index]) : lower
                return (lower + (upper - lower) * max(0, wanted - below) / Double(cell)) / 1e9
            }
            below = reached
        }
        return nil
    }
}
