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
        try checkPassing(bytes, wanted, content, &random)
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

    // What goes on of a body is the same body without extensions, and what is behind it stays as it is.
    private static func checkPassing(
        _ bytes: [UInt8], _ wanted: Verdict, _ content: [UInt8], _ random: inout SplitMix64
    ) throws(Finding) {
        var reader = BodyReader(.chunked)
        var buffer = Buffer(capacity: bytes.count + 1)
        var passed: [UInt8] = []
        var start = 0
        for end in Parsed.cuts(of: bytes, &random) + [bytes.count] {
            buffer.append(Array(bytes[start..<end]).span.bytes)
            start = end
            let progress: BodyReader.Progress
            do throws(HTTP1Error) {
                progress = try reader.take(from: &buffer)
            } catch {
                return try expect(wanted == .failed, "\(error): \(bytes.shown)")
            }
            passed += buffer.withReadable { Array($0.prefix(progress.consumed)) }
            buffer.consume(progress.consumed)
            guard progress.isComplete else { continue }
            guard case .end(let length) = wanted else { break }
            let behind = buffer.withReadable { Array($0) }
            try expect(behind == Array(bytes[length..<end]), "behind it \(behind.shown): \(bytes.shown)")
            break
        }
        try expect(reader.isComplete == (wanted != .more), "whole or not: \(bytes.shown)")
        let what = "\(bytes.shown) became \(passed.shown)"
        switch ReferenceChunks.decode(passed) {
        case .more(let data): try expect(wanted == .more && data == content, what)
        case .end(let data, let length):
            try expect(reader.isComplete && data == content && length == passed.count, what)
        case .bad: throw Finding(what)
        }
        // Passed again, nothing is left to take out.
        var again = BodyReader(.chunked)
        var second = Buffer(capacity: passed.count + 1)
        second.append(passed.span.bytes)
        _ = try? again.take(from: &second)
        try expect(second.withReadable { Array($0) } == passed, "extensions are left: \(what)")
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
                    case .extensions(let range):
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
