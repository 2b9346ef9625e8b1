@testable import DataPlane

/// Trailer sections.
enum TrailerFuzz {
    private enum Verdict: Equatable {
        case more
        case end(Int)
        case refused(HTTP1Error)
    }

    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        let verdict = check(bytes, TrailerChecker())
        // The last chunk comes before it.
        let last = Array("0\r\n".utf8)
        let isRight =
            switch ReferenceChunks.decode(last + bytes) {
            case .more: verdict == .more
            case .end(_, let length): verdict == .end(length - last.count)
            case .bad: if case .refused = verdict { true } else { false }
            }
        try expect(isRight, "\(verdict), not as the grammar has it: \(bytes.shown)")
        try checkNames(bytes, verdict)
        return "\(verdict)"
    }

    private static func check(_ bytes: [UInt8], _ fresh: TrailerChecker) -> Verdict {
        var checker = fresh
        for (offset, byte) in bytes.enumerated() {
            do throws(HTTP1Error) {
                if try checker.takesLast(byte) { return .end(offset + 1) }
            } catch {
                return .refused(error)
            }
        }
        return .more
    }

    // What a Connection option names must not come as a trailer; what it does not name may.
    private static func checkNames(_ bytes: [UInt8], _ verdict: Verdict) throws(Finding) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), StrictMessage.isToken(bytes[..<colon]) else {
            return
        }
        let named = ConnectionNames(bytes.span.bytes, [ByteRange(0, colon)])
        let refused = check(bytes, TrailerChecker(connection: named))
        if case .refused = refused {} else { throw Finding("\(refused) though Connection names it: \(bytes.shown)") }
        let other = Array("another-name-than-any".utf8)
        let others = ConnectionNames(other.span.bytes, [ByteRange(0, other.count)])
        let same = check(bytes, TrailerChecker(connection: others))
        try expect(
            same == verdict || bytes.lowercasedText.contains("another-name"), "\(same) for the sake of another name")
    }
}
