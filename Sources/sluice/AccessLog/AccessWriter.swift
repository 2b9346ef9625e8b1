import Control
import Logging

/// Writes records, many with one system call, and tells now and then how many were lost.
struct AccessWriter {
    // What is written with one call.
    private static let pieceBytes = 64 << 10
    // A disk stays full for long, and each batch would tell of it.
    private static let quiet: Duration = .seconds(10)

    private let log: Logger
    private var place: AccessLog.Place?
    private var format = ProgramSettings.LogFormat.text
    private var lines = AccessLines()
    private var lost: UInt64 = 0
    private var reason = ""
    private var lastNote: ContinuousClock.Instant?
    // A line of which only the beginning was written: the next one must not be put behind it.
    private var isBroken = false

    /// A writer that tells `log` of losses.
    init(log: Logger) { self.log = log }

    /// Does what `items` say.
    mutating func write(_ items: [AccessLog.Item]) {
        var piece: [UInt8] = []
        var count = 0
        for item in items {
            switch item {
            case .record(let record, let end):
                guard place?.descriptor != nil else { continue }
                lines.append(record, end: end, format: format, to: &piece)
                count += 1
                if piece.count >= Self.pieceBytes { flush(&piece, &count) }
            case .follow(let place, let format):
                flush(&piece, &count)
                self.format = format
                guard let place else { continue }
                self.place = place
                isBroken = false
            }
        }
        flush(&piece, &count)
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

    private mutating func flush(_ piece: inout [UInt8], _ count: inout Int) {
        guard !piece.isEmpty, let place, let descriptor = place.descriptor else { return }
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
