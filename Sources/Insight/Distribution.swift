package import Control

/// How many measurements lie below each of some edges: what both modes' latencies are compared by.
package struct Distribution: Sendable {
    /// In seconds, rising: the limits of the cells.
    let edges: [Double]
    /// For each edge, how many lie below it; what lies on an edge is above it.
    let below: [UInt64]

    /// A cell, by its limits in seconds.
    struct Cell: Equatable {
        let lower: Double
        let upper: Double
    }

    /// The measurements of `histogram`; cells at both ends that hold none are left out.
    package init(_ histogram: FineHistogramValue) {
        let counts = histogram.counts
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            self.init(edges: [0], counts: [])
            return
        }
        let cells = first...last
        self.init(
            edges: [FineHistogramValue.edges(of: first).lower] + cells.map { FineHistogramValue.edges(of: $0).upper },
            counts: Array(counts[cells]))
    }

    /// Cells with one edge more than counts.
    init(edges: [Double], counts: [UInt64]) {
        precondition(edges.count == counts.count + 1, "\(counts.count) cells between \(edges.count) edges")
        self.edges = edges
        var below: [UInt64] = [0]
        below.reserveCapacity(edges.count)
        var sum: UInt64 = 0
        for count in counts {
            sum += count
            below.append(sum)
        }
        self.below = below
    }

    /// How many measurements there are.
    package var count: UInt64 { below[below.count - 1] }

    /// The cell that holds the measurement at place `rank`, from 1 to `count`.
    func cell(ofRank rank: UInt64) -> Int {
        max(0, below.partitioningIndex { $0 >= rank } - 1)
    }

    /// The limits of a cell.
    func limits(of cell: Int) -> Cell { Cell(lower: edges[cell], upper: edges[cell + 1]) }

    /// How many measurements are surely below `duration`, and how many may be.
    func countBelow(_ duration: Double) -> ClosedRange<UInt64> {
        let notBelow = edges.partitioningIndex { $0 >= duration }
        guard notBelow < edges.count else { return count...count }
        if edges[notBelow] == duration || notBelow == 0 { return below[notBelow]...below[notBelow] }
        return below[notBelow - 1]...below[notBelow]
    }
}

extension Array {
    /// The first index whose element is `isReached`, which holds for all behind it too; the end when for none.
    func partitioningIndex(_ isReached: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isReached(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
