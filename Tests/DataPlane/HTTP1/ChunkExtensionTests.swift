import TestSupport
import Testing

@testable import DataPlane

/// Extensions of chunks are for one connection: they are taken out of a body that passes (RFC 9112, section 7.1.1).
@Suite("chunk extensions that pass")
struct ChunkExtensionTests {
    struct Case: Sendable {
        let body: String
        let kept: String
    }

    static let cases: [Case] = [
        Case(body: "0\r\n\r\n", kept: "0\r\n\r\n"),
        Case(body: "1;a\r\n;\r\n0;b=c\r\n\r\n", kept: "1\r\n;\r\n0\r\n\r\n"),
        Case(
            body: "3\t; a = b ; c=\"d \\\" \u{FF}\" ;e\r\n;a\r\r\n02;x\r\n\r\n\r\n0 ;y\r\nA: b;c\r\n\r\n",
            kept: "3\r\n;a\r\r\n02\r\n\r\n\r\n0\r\nA: b;c\r\n\r\n"),
    ]

    @Test("are left out in every split, and nothing else is", arguments: cases)
    func leftOut(test: Case) throws {
        let bytes = [UInt8](test.body)
        let tail = [UInt8]("POST /;a")
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var reader = BodyReader(.chunked)
                var passed: [UInt8] = []
                var left: [UInt8] = []
                for piece in [bytes[..<first], bytes[first..<second], bytes[second...] + tail[...]] {
                    var buffer = Buffer(capacity: 256)
                    buffer.append(Array(piece).span.bytes)
                    let progress = reader.isComplete ? nil : try reader.take(from: &buffer)
                    buffer.withReadable { passed += $0.prefix(progress?.consumed ?? 0) }
                    buffer.withReadable { left += $0.dropFirst(progress?.consumed ?? 0) }
                }
                #expect(passed == [UInt8](test.kept), "cut at \(first) and \(second)")
                #expect(left == tail, "cut at \(first) and \(second)")
                #expect(reader.isComplete)
            }
        }
    }
}
