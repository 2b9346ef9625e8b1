import TestSupport

@testable import DataPlane

/// Bodies in chunks, with what may follow them.
enum BodyFuzz {
    private enum Verdict: Equatable {
        case more
        case end(Int)
        case failed
    }

    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        var random = SplitMix64(seed: bytes.seed)
        let reference = ReferenceChunks.decode(bytes)
        let (wanted, content): (Verdict, [UInt8]) =
            switch reference {
            case .more(let data): (.more, data)
            case .end(let data, let length): (.end(length), data)
            case .bad(let data): (.failed, data)
            }
        for cuts in [[], Parsed.cuts(of: bytes, &random)] {
            let verdict = read(bytes, cuts, wanted == .failed ? nil : content.count)
            try expect(verdict == wanted, "\(verdict) cut at \(cuts), \(wanted) by the grammar: \(bytes.shown)")
        }
        let data = decode(bytes, Parsed.cuts(of: bytes, &random))
        try expect(data == content, "decoded to \(data.shown), \(content.shown) by the grammar: \(bytes.shown)")
        try checkLength(bytes, &random)
        return "\(wanted) with \(content.count) bytes of content"
    }

    // Feeds the reader piece by piece, each behind the one before.
    private static func read(_ bytes: [UInt8], _ cuts: [Int], _ contentSize: Int?) -> Verdict {
        var reader = BodyReader(.chunked)
        var start = 0
        for end in cuts + [bytes.count] {
            do throws(HTTP1Error) {
                let progress = try reader.take(Array(bytes[start..<end]).span.bytes)
                if progress.isComplete { return .end(start + progress.consumed) }
                guard progress.consumed == end - start else { return .failed }
            } catch {
                return .failed
            }
            start = end
        }
        if let contentSize, reader.contentSize != UInt64(contentSize) { return .failed }
        return .more
    }

    // The content, as far as the decoder gives it out before it fails.
    private static func decode(_ bytes: [UInt8], _ cuts: [Int]) -> [UInt8] {
        var decoder = ChunkedDecoder()
        var content: [UInt8] = []
        var start = 0
        for end in cuts + [bytes.count] {
            let piece = Array(bytes[start..<end])
            var offset = 0
            while true {
                do throws(HTTP1Error) {
                    switch try decoder.next(piece.span.bytes, from: offset) {
                    case .data(let range):
                        content += piece[range]
                        offset = range.upperBound
                        continue
                    case .more: break
                    case .end: return content
                    }
                } catch {
                    return content
                }
                break
            }
            start = end
        }
        return content
    }

    private static func checkLength(_ bytes: [UInt8], _ random: inout SplitMix64) throws(Finding) {
        let length = Int.random(in: 0...bytes.count * 2, using: &random)
        var reader = BodyReader(.length(UInt64(length)))
        var consumed = 0
        var start = 0
        for end in Parsed.cuts(of: bytes, &random) + [bytes.count] {
            let progress = try? reader.take(Array(bytes[start..<end]).span.bytes)
            consumed += progress?.consumed ?? 0
            start = end
        }
        let isRight = consumed == min(length, bytes.count) && reader.isComplete == (length <= bytes.count)
        try expect(isRight, "\(consumed) bytes of a body of \(length)")
    }
}
