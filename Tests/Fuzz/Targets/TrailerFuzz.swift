@testable import DataPlane

/// Trailer sections.
enum TrailerFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        var checker = TrailerChecker()
        var end: Int?
        var error: HTTP1Error?
        for (offset, byte) in bytes.enumerated() where end == nil && error == nil {
            do throws(HTTP1Error) {
                if try checker.takesLast(byte) { end = offset + 1 }
            } catch let failure {
                error = failure
            }
        }
        // The last chunk comes before it.
        let last = Array("0\r\n".utf8)
        let isRight =
            switch ReferenceChunks.decode(last + bytes) {
            case .more: end == nil && error == nil
            case .end(_, let length): end == length - last.count
            case .bad: error != nil
            }
        let verdict = error.map { "refused, \($0)" } ?? end.map { "end at \($0)" } ?? "more"
        try expect(isRight, "\(verdict), not as the grammar has it: \(bytes.shown)")
        return verdict
    }
}
