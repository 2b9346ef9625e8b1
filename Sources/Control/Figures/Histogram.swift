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
///
/// Not an object: it lies within its owner's memory, and to count in it nothing is retained.
public struct Histogram: ~Copyable, Sendable {
    private let cells = InlineArray<82, Counter> { _ in Counter() }
    // All durations of a cell together, in nanoseconds: where in the cell they lie.
    private let sums = InlineArray<82, Counter> { _ in Counter() }
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
        sums[index].add(nanoseconds)
    }

    /// The counts as they are now; any thread.
    public func read() -> HistogramValue {
        HistogramValue(
            counts: (0..<HistogramEdges.cellCount).map { cells[$0].value },
            sums: (0..<HistogramEdges.cellCount).map { sums[$0].value })
    }
}

/// The counts of a histogram at one moment.
public struct HistogramValue: Sendable, Equatable {
    /// One for each edge of ``HistogramEdges``, and a last one for what is above them.
    public var counts: [UInt64]
    /// By cell, in nanoseconds: all its durations together.
    public var sums: [UInt64]

    /// Zero everywhere, unless told otherwise.
    public init(
        counts: [UInt64] = Array(repeating: 0, count: HistogramEdges.cellCount),
        sums: [UInt64] = Array(repeating: 0, count: HistogramEdges.cellCount)
    ) {
        self.counts = counts
        self.sums = sums
    }

    /// All durations together.
    public var sumNanoseconds: UInt64 { sums.reduce(0, &+) }

    /// How many durations there are.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// Both together.
    public static func + (a: HistogramValue, b: HistogramValue) -> HistogramValue {
        HistogramValue(
            counts: zip(a.counts, b.counts).map { $0 &+ $1 }, sums: zip(a.sums, b.sums).map { $0 &+ $1 })
    }

    /// What came since `earlier`.
    public static func - (now: HistogramValue, earlier: HistogramValue) -> HistogramValue {
        HistogramValue(
            counts: zip(now.counts, earlier.counts).map { $0 >= $1 ? $0 - $1 : 0 },
            sums: zip(now.sums, earlier.sums).map { $0 >= $1 ? $0 - $1 : 0 })
    }

    /// The duration in seconds below which the share `quantile` (0 to 1) lies; nil when there is none.
    ///
    /// Within a cell the durations are taken to lie evenly around their mean, as far as the cell reaches.
    public func quantile(_ quantile: Double) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        let wanted = quantile * Double(total)
        var below = 0.0
        for (index, cell) in counts.enumerated() where cell > 0 {
            let reached = below + Double(cell)
            if reached >= wanted || index == counts.count - 1 {
                let range = span(of: index)
                let place = max(0, wanted - below) / Double(cell)
                return (range.lowerBound + (range.upperBound - range.lowerBound) * place) / 1e9
            }
            below = reached
        }
        return nil
    }

    // Where in a cell its durations lie, in nanoseconds: the cell's mean is known, so they are not guessed to fill it.
    private func span(of index: Int) -> ClosedRange<Double> {
        let edges = HistogramEdges.nanoseconds
        let lower = index == 0 ? 0 : Double(edges[index - 1])
        let mean = Double(sums[index]) / Double(counts[index])
        guard index < edges.count else { return lower...max(lower, 2 * mean - lower) }
        let upper = Double(edges[index])
        // Read while they are written to, count and sum may not belong together.
        guard lower...upper ~= mean else { return lower...upper }
        let reach = min(mean - lower, upper - mean)
        return (mean - reach)...(mean + reach)
    }
}
