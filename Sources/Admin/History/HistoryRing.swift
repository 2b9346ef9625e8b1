/// What the history remembers of an agent, by the names that the API gives them.
enum HistoryColumn: Int, Sendable, CaseIterable {
    /// Per second.
    case requests
    case created
    case closed
    /// Sockets by state.
    case connecting
    case active
    case free
    /// Requests that wait for a socket.
    case pending
    /// Seconds from a request's head to the last byte of its response.
    case p50
    case p90
    case p99

    /// The name in the API's columns.
    var name: String { "\(self)" }
}

/// An agent's figures at one moment, by ``HistoryColumn``; not a number where there is none.
struct HistoryRow: Sendable {
    private(set) var figures = [Float](repeating: .nan, count: HistoryColumn.allCases.count)

    subscript(column: HistoryColumn) -> Double? {
        get {
            let figure = figures[column.rawValue]
            return figure.isNaN ? nil : Double(figure)
        }
        set { figures[column.rawValue] = newValue.map { Float($0) } ?? .nan }
    }
}

/// The rows of one agent in slots of one length, the newest of them: 40 bytes a slot.
///
/// Slots are numbered from the start of the history. One that was left out, because the agent was not there or the
/// machine stood still, has no figures.
struct HistoryRing: Sendable {
    private static let width = HistoryColumn.allCases.count

    private var cells: [Float]
    private let slotsMax: Int
    /// The last slot that was written; -1 when there is none.
    private(set) var newest = -1

    /// An empty one that keeps `slotsMax` slots.
    init(slotsMax: Int) {
        self.slotsMax = slotsMax
        cells = [Float](repeating: .nan, count: slotsMax * Self.width)
    }

    /// Writes a slot, again perhaps; one that is older than the newest is left as it is.
    mutating func put(_ row: HistoryRow, at slot: Int) {
        guard slot >= newest, slot >= 0 else { return }
        // What stood in the slots between is a whole turn old.
        for skipped in max(newest + 1, slot - slotsMax + 1)..<max(slot, newest + 1) { write(HistoryRow(), at: skipped) }
        newest = slot
        write(row, at: slot)
    }

    /// The mean of a column's figures in `slots`; nil where there is none.
    ///
    /// A mean of quantiles is none of all their requests, but lies between the least and the greatest of them.
    func mean(_ column: HistoryColumn, in slots: ClosedRange<Int>) -> Float? {
        let kept = slots.clamped(to: max(0, newest - slotsMax + 1)...max(0, newest))
        guard newest >= 0, kept.overlaps(slots) else { return nil }
        var sum: Float = 0
        var count: Float = 0
        for slot in kept {
            let figure = cells[slot % slotsMax * Self.width + column.rawValue]
            if figure.isNaN { continue }
            sum += figure
            count += 1
        }
        return count == 0 ? nil : sum / count
    }

    private mutating func write(_ row: HistoryRow, at slot: Int) {
        let start = slot % slotsMax * Self.width
        for column in 0..<Self.width { cells[start + column] = row.figures[column] }
    }
}
