import Synchronization

/// How often durations fell into cells no wider than a 256th of them: for quantiles that are compared.
///
/// One writer, its loop; read by any thread. 256 cells to each doubling, so that a cell is narrower
/// than the hundredth of a median that a comparison calls no difference; from a microsecond to eighteen minutes.
public final class FineHistogram: Sendable {
    /// How many cells there are.
    public static let cellCount = 5_888

    // Durations below 512 units have a cell each; a unit is 2^10 ns.
    private static let unitBits = 10
    private static let cells = 256

    private let counts = InlineArray<5_888, Counter> { _ in Counter() }

    /// An empty one.
    public init() {}

    /// The cell of a duration.
    static func index(nanoseconds: UInt64) -> Int {
        let units = nanoseconds >> UInt64(unitBits)
        guard units >= UInt64(cells) else { return Int(units) }
        // The leading one and the eight bits below it: 256 cells to each doubling.
        let shift = 63 - units.leadingZeroBitCount - 8
        let index = shift * cells + Int(units >> UInt64(shift))
        return min(index, cellCount - 1)
    }

    /// The least duration of a cell, in nanoseconds; of the cell behind the last the end of all.
    static func lowerEdge(_ index: Int) -> UInt64 {
        guard index >= 2 * cells else { return UInt64(index) << UInt64(unitBits) }
        let shift = (index - cells) / cells
        let mantissa = UInt64(cells + (index - cells) % cells)
        return mantissa << UInt64(shift + unitBits)
    }

    /// Counts one duration; only its one writer.
    public func record(nanoseconds: UInt64) { counts[Self.index(nanoseconds: nanoseconds)].add() }

    /// The counts as they are now; any thread.
    public func read() -> FineHistogramValue {
        FineHistogramValue(counts: (0..<Self.cellCount).map { counts[$0].value })
    }
}

/// The counts of a fine histogram at one moment.
public struct FineHistogramValue: Sendable, Equatable {
    /// One for each cell.
    public private(set) var counts: [UInt64]

    /// These counts, or none at all.
    public init(counts: [UInt64] = Array(repeating: 0, count: FineHistogram.cellCount)) { self.counts = counts }

    /// Counts one duration.
    public mutating func record(nanoseconds: UInt64) { counts[FineHistogram.index(nanoseconds: nanoseconds)] &+= 1 }

    /// How many durations there are.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// Both together.
    public static func + (a: FineHistogramValue, b: FineHistogramValue) -> FineHistogramValue {
        FineHistogramValue(counts: zip(a.counts, b.counts).map { $0 &+ $1 })
    }

    /// The limits of a cell, in seconds.
    public static func edges(of index: Int) -> (lower: Double, upper: Double) {
        (Double(FineHistogram.lowerEdge(index)) / 1e9, Double(FineHistogram.lowerEdge(index + 1)) / 1e9)
    }

    /// The duration in seconds of the one at place `rank` (from 1) when they stand in order; nil when there is none.
    ///
    /// Within a cell the durations are taken to lie evenly.
    public func duration(atRank rank: Double) -> Double? {
        var below = 0.0
        var last: Double?
        for (index, cell) in counts.enumerated() where cell > 0 {
            let edges = Self.edges(of: index)
            let reached = below + Double(cell)
            if reached >= rank {
                return edges.lower + (edges.upper - edges.lower) * max(0, rank - below) / Double(cell)
            }
            below = reached
            last = edges.upper
        }
        return last
    }

    /// The duration in seconds below which the share `quantile` (0 to 1) lies; nil when there is none.
    public func quantile(_ quantile: Double) -> Double? { duration(atRank: quantile * Double(count)) }
}
