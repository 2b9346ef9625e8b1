import Control
import Prometheus

/// A subset of the edges that the loops count by, as buckets in seconds.
struct DurationBuckets: Sendable {
    let buckets: Buckets
    /// For each bucket, how many of the loops' cells lie up to its edge.
    private let cellsUpTo: [Int]

    /// From 100 us to 10 s: requests, connects, waits.
    static let latency = DurationBuckets(from: 100_000, to: 10_000_000_000)
    /// From 10 ms to 1000 s: how old sockets grow.
    static let age = DurationBuckets(from: 10_000_000, to: 1_000_000_000_000)

    /// 1, 2.5 and 5 of each decade; each is an edge of the loops' histograms, so the counts are exact.
    private init(from least: UInt64, to most: UInt64) {
        let edges = HistogramEdges.nanoseconds
        var cells: [Int] = []
        var uppers: [Double] = []
        for (index, edge) in edges.enumerated() where (least...most).contains(edge) {
            var mantissa = edge
            while mantissa >= 1000 { mantissa /= 10 }
            guard [100, 250, 500].contains(mantissa) else { continue }
            cells.append(index + 1)
            uppers.append(Double(edge) / 1e9)
        }
        cellsUpTo = cells
        buckets = Buckets(uppers: uppers)
    }

    /// Writes one histogram.
    func write(to text: inout Exposition, _ labels: Labels, _ value: HistogramValue) {
        var counts: [UInt64] = []
        counts.reserveCapacity(cellsUpTo.count + 1)
        var start = 0
        for end in cellsUpTo + [value.counts.count] {
            var count: UInt64 = 0
            for cell in start..<max(start, min(end, value.counts.count)) { count &+= value.counts[cell] }
            counts.append(count)
            start = end
        }
        text.histogram(labels, buckets, counts: counts, sum: Double(value.sumNanoseconds) / 1e9)
    }
}
