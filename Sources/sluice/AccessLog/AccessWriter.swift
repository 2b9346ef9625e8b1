import Control
import Logging

/// Writes records, many with one system call, and tells now and then how many were lost.
struct AccessWriter {
    // What is written with one call.
    private static let pieceBytes = 64 << 10
    // A disk stays full for long, and each batch would tell of it.
    private static let quiet: Duration = .seconds(10)

    private let log: Logger
    private var lines = AccessLines()
    private var lost: UInt64 = 0
    private var reason = ""
    private var lastNote: ContinuousClock.Instant?
    // A line of which only the beginning was written: the next one must not be put behind it.
    private var isBroken = false

    /// A writer that tells `log` of losses.
    init(log: Logger) { self.log = log }

    /// Writes `entries` to `place`.
    mutating func write(_ entries: [AccessLog.Entry], to place: AccessLog.Place, format: ProgramSettings.LogFormat) {
        guard let descriptor = place.descriptor else { return }
        var piece: [UInt8] = []
        var count = 0
        for entry in entries {
            lines.append(entry.record, end: entry.end, format: format, to: &piece)
            count += 1
            if piece.count >= Self.pieceBytes { flush(&piece, &count, to: descriptor, of: place) }
        }
        flush(&piece, &count, to: descriptor, of: place)
    }

    /// Takes in that `dropped` records found no room, and tells what was lost when it is time to.
    mutating func note(dropped: UInt64, isLast: Bool) {
        if dropped > 0 { lose(dropped, "they came faster than they could be written") }
        guard lost > 0 else { return }
        if !isLast, let lastNote, lastNote.duration(to: .now) < Self.quiet { return }
        log.warning("access log: \(lost) requests were not written: \(reason)")
        lost = 0
        lastNote = .now
    }

    private mutating func flush(
        _ piece: inout [UInt8], _ count: inout Int, to descriptor: Int32, of place: AccessLog.Place
    ) {
        guard !piece.isEmpty else { return }
        if isBroken { piece.insert(UInt8(ascii: "\n"), at: 0) }
        var written = 0
        if let words = OutputFile.write(piece, to: descriptor, written: &written) {
            let whole = piece[..<written].count { $0 == UInt8(ascii: "\n") } - (isBroken && written > 0 ? 1 : 0)
            lose(UInt64(max(0, count - whole)), "\(place.target.word): \(words)")
        }
        if written > 0 { isBroken = piece[written - 1] != UInt8(ascii: "\n") }
        piece.removeAll(keepingCapacity: true)
        count = 0
    }

    private mutating func lose(_ count: UInt64, _ words: String) {
        lost += count
        reason = words
    }
}
