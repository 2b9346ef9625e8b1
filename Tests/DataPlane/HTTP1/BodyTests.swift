import TestSupport
import Testing

@testable import DataPlane

/// Decodes `bytes`, handed over in pieces that end at `cuts`.
func decode(_ bytes: [UInt8], cuts: [Int]) -> ReferenceChunks.Result {
    var decoder = ChunkedDecoder()
    var data: [UInt8] = []
    var start = 0
    for cut in cuts + [bytes.count] {
        let piece = Array(bytes[start..<cut])
        var offset = 0
        while true {
            do throws(HTTP1Error) {
                let element = try decoder.next(piece.span.bytes, from: offset)
                if element == .more { break }
                switch element {
                case .data(let range):
                    data += piece[range]
                    offset = range.upperBound
                case .extensions(let range): offset = range.upperBound
                case .more: break
                case .end(let end): return .end(data: data, length: start + end)
                }
            } catch {
                return .bad(data: data)
            }
        }
        start = cut
    }
    return .more(data: data)
}

/// Says what a body reader sees in `bytes`, handed over in pieces that end at `cuts`: length, or nil for an error.
func take(_ bytes: [UInt8], _ framing: BodyFraming, cuts: [Int]) -> BodyReader.Progress? {
    var reader = BodyReader(framing)
    var start = 0
    var total = 0
    for cut in cuts + [bytes.count] {
        let piece = Array(bytes[start..<cut])
        do throws(HTTP1Error) {
            let progress = try reader.take(piece.span.bytes)
            total += progress.consumed
            if progress.isComplete != reader.isComplete { return nil }
            if progress.isComplete { return BodyReader.Progress(consumed: total, isComplete: true) }
            if progress.consumed != piece.count { return nil }
        } catch {
            return nil
        }
        start = cut
    }
    return BodyReader.Progress(consumed: total, isComplete: false)
}

@Suite("bodies")
struct BodyTests {
    static let chunked: [String] = [
        "0\r\n\r\n", "000000000000000A\r\n0123456789\r\n0000000000000000\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n",
        "1\r\na\r\nA\r\n0123456789\r\n00\r\n\r\n",
        "0000000000000001\r\na\r\n0\r\n\r\n",
        "1;a\r\nx\r\n0;b=c\r\n\r\n", "1 ;a\r\nx\r\n0\r\n\r\n", "1\t; a = b ; c=\"d \\\" \u{FF}\" ;e\r\nx\r\n0\r\n\r\n",
        "1;a=\"\"\r\nx\r\n0\r\n\r\n", "0\r\nA: b\r\nc:\r\n\r\n", "0\r\nDigest: \t x\u{80}\r\n\r\n",
        "2;a=\"\r\n".replacing("\"\r\n", with: "\"b;c\"\r\n") + "\r\n\r\n0\r\n\r\n",
    ]

    @Test("in chunks end where the grammar says, in every split, and leave what follows", arguments: chunked)
    func goodChunks(_ text: String) {
        let bytes = [UInt8](text)
        let wanted = ReferenceChunks.decode(bytes)
        guard case .end(_, bytes.count) = wanted else {
            Issue.record("\(wanted)")
            return
        }
        for tail in ["", "\r\n", "0\r\n\r\n", "GET"] {
            let all = bytes + [UInt8](tail)
            let done = BodyReader.Progress(consumed: bytes.count, isComplete: true)
            for first in 0...all.count {
                for second in first...all.count {
                    #expect(decode(all, cuts: [first, second]) == wanted)
                }
                #expect(take(all, .chunked, cuts: [first]) == done)
            }
            #expect(decode(all, cuts: Array(0..<all.count)) == wanted)
            #expect(take(all, .chunked, cuts: Array(0..<all.count)) == done)
        }
        for count in 0..<bytes.count {
            #expect(take(Array(bytes[..<count]), .chunked, cuts: [])?.isComplete == false)
        }
    }

    static let bad: [(String, HTTP1Error)] = [
        ("\r\n", .invalidChunkSize), ("g\r\n", .invalidChunkSize), ("-1\r\n", .invalidChunkSize),
        ("+1\r\n", .invalidChunkSize), ("0x1\r\n", .invalidChunkSize), (" 1\r\n", .invalidChunkSize),
        ("1 \r\n", .invalidChunkExtension), ("1_0\r\n", .invalidChunkSize), ("1\n", .invalidChunkSize),
        ("1\rx", .invalidChunkSize), ("00000000000000001\r\n", .invalidChunkSize),
        ("8000000000000000\r\n", .invalidChunkSize), ("FFFFFFFFFFFFFFFF\r\n", .invalidChunkSize),
        ("10000000000000000\r\n", .invalidChunkSize), (";a\r\n", .invalidChunkSize), ("1\u{B2}\r\n", .invalidChunkSize),
        ("1;\r\n", .invalidChunkExtension), ("1;a=\r\n", .invalidChunkExtension), ("1;=b\r\n", .invalidChunkExtension),
        ("1;a b\r\n", .invalidChunkExtension), ("1;a \r\n", .invalidChunkExtension),
        ("1;;\r\n", .invalidChunkExtension),
        ("1;a=\"b\r\n", .invalidChunkExtension), ("1;a=\"b\"c\r\n", .invalidChunkExtension),
        ("1;a\nx", .invalidChunkExtension), ("1;a\0\r\n", .invalidChunkExtension),
        ("1;a=\"\n\"\r\n", .invalidChunkExtension), ("1;a=\"\\\r\"\r\n", .invalidChunkExtension),
        ("1;a\rx", .invalidChunkSize), ("1;a\r\r\n", .invalidChunkSize), ("1;a=\"b\rc\"\r\n", .invalidChunkExtension),
        ("1;\ra\r\n", .invalidChunkExtension), ("1;a=\rb\r\n", .invalidChunkExtension),
        ("1\r\nab\r\n", .invalidChunkEnd), ("1\r\na\n", .invalidChunkEnd), ("1\r\na\rb", .invalidChunkEnd),
        ("2\r\na\r\n0\r\n\r\n", .invalidChunkEnd), ("0\r\n\n", .invalidTrailer), ("0\r\n\rx", .invalidTrailer),
        ("0\r\nA b: c\r\n\r\n", .invalidTrailer), ("0\r\nA : c\r\n\r\n", .invalidTrailer),
        ("0\r\nA: b\r\n c\r\n\r\n", .invalidTrailer), ("0\r\n: b\r\n\r\n", .invalidTrailer),
        ("0\r\nA: b\0\r\n\r\n", .invalidTrailer), ("0\r\nA: b\n\r\n", .invalidTrailer),
        ("0\r\n\tA: b\r\n\r\n", .invalidTrailer), ("0\r\nA: b\r\n\tc: d\r\n\r\n", .invalidTrailer),
        ("0\r\nA: b\r\r\n\r\n", .invalidTrailer), ("0\r\nA\u{E4}: b\r\n\r\n", .invalidTrailer),
        ("0\r\nA\r\n\r\n", .invalidTrailer), ("0\r\nGET / HTTP/1.1\r\n\r\n", .invalidTrailer),
    ]

    @Test("in bad chunks are refused, in every split", arguments: bad)
    func badChunks(text: String, error: HTTP1Error) {
        let bytes = [UInt8](text)
        for cut in 0...bytes.count {
            #expect(take(bytes, .chunked, cuts: [cut]) == nil)
        }
        #expect(take(bytes, .chunked, cuts: Array(0..<bytes.count)) == nil)
        guard case .bad = ReferenceChunks.decode(bytes) else {
            Issue.record("the reference accepts it")
            return
        }
        var reader = BodyReader(.chunked)
        #expect(throws: error) { try reader.take(bytes.span.bytes) }
    }

    @Test(
        "never have trailers that frame, route or authenticate: RFC 9110, 6.5.1",
        arguments: ReferenceChunks.forbidden.sorted())
    func forbiddenTrailers(name: String) {
        for name in [name, name.uppercased()] {
            var reader = BodyReader(.chunked)
            let bytes = [UInt8]("0\r\nA: b\r\n\(name): c\r\n\r\n")
            #expect(throws: HTTP1Error.forbiddenTrailer) { try reader.take(bytes.span.bytes) }
        }
        for similar in ["\(name)x", "x-\(name)", String(name.dropLast()) + "_"] {
            var reader = BodyReader(.chunked)
            let bytes = [UInt8]("0\r\n\(similar): c\r\n\r\n")
            if ReferenceChunks.forbidden.contains(similar) { continue }
            #expect(throws: Never.self) { try reader.take(bytes.span.bytes) }
        }
    }

    @Test("in chunks have limits")
    func limits() throws {
        func error(_ text: String) -> HTTP1Error? {
            var reader = BodyReader(.chunked)
            do throws(HTTP1Error) { _ = try reader.take([UInt8](text).span.bytes) } catch { return error }
            return nil
        }
        let long = String(repeating: "a", count: ChunkedDecoder.extensionsSizeMax - 1)
        #expect(error("1;\(long)\r\n") == .invalidChunkExtension)
        #expect(error("1;\(long.dropLast())\r\n") == nil)
        let trailer = String(repeating: "A: b\r\n", count: TrailerChecker.fieldsMax)
        #expect(error("0\r\n\(trailer)\r\n") == nil)
        #expect(error("0\r\n\(trailer)A: b\r\n\r\n") == .trailersTooLarge)
        let value = String(repeating: "b", count: TrailerChecker.sizeMax - 6)
        #expect(error("0\r\nA:\(value)\r\n\r\n") == nil)
        #expect(error("0\r\nA:\(value)b\r\n\r\n") == .trailersTooLarge)
        #expect(error("7FFFFFFFFFFFFFFF\r\nabc") == nil)
    }

    @Test("in chunks have no more extensions than data, but for a little: RFC 9112, 7.1.1")
    func extensionsExcess() throws {
        // Each chunk has 200 bytes of extensions and the line's end behind them; its data are taken off.
        let line = ";" + String(repeating: "a", count: 199)
        func chunk(_ size: Int) -> [UInt8] {
            [UInt8]("\(String(size, radix: 16))\(line)\r\n\(String(repeating: "x", count: size))\r\n")
        }
        for size in [1, 50, 199] {
            var reader = BodyReader(.chunked)
            let allowed = ChunkedDecoder.extensionsExcessMax / (200 - size)
            for _ in 0..<allowed { _ = try reader.take(chunk(size).span.bytes) }
            #expect(throws: HTTP1Error.invalidChunkExtension, "\(size)") { try reader.take(chunk(size).span.bytes) }
        }
        var reader = BodyReader(.chunked)
        for _ in 0..<1_000 { _ = try reader.take(chunk(300).span.bytes) }
        // Data that came before are no credit for what comes.
        for _ in 0..<ChunkedDecoder.extensionsExcessMax / 199 { _ = try reader.take(chunk(1).span.bytes) }
        #expect(throws: HTTP1Error.invalidChunkExtension) { try reader.take(chunk(1).span.bytes) }
        // Without extensions there may be as many as there are.
        var plain = BodyReader(.chunked)
        for _ in 0..<100_000 { _ = try plain.take([UInt8]("1\r\nx\r\n").span.bytes) }
    }

    /// Field lines with Connection options, a trailer's name, and whether it may come.
    static let connectionTrailers: [(String, String, Bool)] = [
        ("Connection: X-A", "X-A", false), ("Connection: x-a", "X-A", false), ("Connection: close, X-A", "x-a", false),
        ("Connection: X-A", "X-B", true), ("Connection: X-A", "X-AA", true), ("Connection: X-A", "X-", true),
        ("Connection: X-A\r\nConnection: X-B", "X-B", false), ("Connection: close, keep-alive", "X-A", true),
        ("Connection: close", "close", true), ("Connection: a, b, c, d", "d", false),
        ("Connection: a, b, c, d", "e", true), ("Connection: host, te, a, b, c, d", "e", true),
        // More names than are kept: nothing goes on.
        ("Connection: a, b, c, d, e", "e", false), ("Connection: a, b, c, d, e", "f", true),
        ("Connection: a, b, c, d, e", "e", false),
        (
            "Connection: a-very-long-name-of-a-field-that-is-for-one", "A-Very-Long-Name-Of-A-Field-That-Is-For-One",
            false
        ),
        (
            "Connection: a-very-long-name-of-a-field-that-is-for-one", "A-Very-Long-Name-Of-A-Field-That-Is-For-Ona",
            true
        ),
        ("X-A: b", "X-A", true),
    ]

    @Test("never have trailers that Connection names: RFC 9110, 7.6.1", arguments: connectionTrailers)
    func connectionTrailer(fields: String, name: String, isTaken: Bool) throws {
        let head = [UInt8]("HTTP/1.1 200 OK\r\n\(fields)\r\nTransfer-Encoding: chunked\r\n\r\n")
        var response = ResponseHead()
        _ = try #require(try response.parse(head.span.bytes, limits: HeadLimits()))
        let names = response.section.connectionNames(head.span.bytes)
        let bytes = [UInt8]("1\r\nx\r\n0\r\nA-Trailer: b\r\n\(name): c\r\n\r\n")
        for cut in 0...bytes.count {
            var reader = BodyReader(.chunked, connection: names)
            var error: HTTP1Error?
            do throws(HTTP1Error) {
                _ = try reader.take(Array(bytes[..<cut]).span.bytes)
                _ = try reader.take(Array(bytes[cut...]).span.bytes)
            } catch let thrown {
                error = thrown
            }
            // With more names than are kept the first trailer is refused already.
            #expect(error == (isTaken ? nil : .forbiddenTrailer))
            #expect(reader.isComplete == isTaken)
        }
        // Nobody else's trailers are concerned.
        var reader = BodyReader(.chunked)
        #expect(throws: Never.self) { try reader.take(bytes.span.bytes) }
    }

    @Test("of a length end behind it", arguments: [0, 1, 5, 100] as [UInt64])
    func lengths(_ length: UInt64) {
        let bytes = [UInt8](repeating: 0x61, count: 50)
        let wanted = BodyReader.Progress(consumed: min(Int(length), 50), isComplete: length <= 50)
        for cut in 0...50 { #expect(take(bytes, .length(length), cuts: [cut]) == wanted) }
        var reader = BodyReader(.length(.max))
        #expect(throws: Never.self) { try reader.take(bytes.span.bytes) }
        #expect(reader.remaining == UInt64.max - 50)
    }

    @Test("without an end take nothing or everything")
    func others() {
        let bytes = [UInt8](repeating: 0x61, count: 5)
        #expect(take(bytes, .none, cuts: [2]) == BodyReader.Progress(consumed: 0, isComplete: true))
        #expect(take(bytes, .untilClose, cuts: [2]) == BodyReader.Progress(consumed: 5, isComplete: false))
        #expect(BodyReader(.none).isComplete && BodyReader(.length(0)).isComplete)
        #expect(!BodyReader(.chunked).isComplete && !BodyReader(.untilClose).isComplete)
    }
}
