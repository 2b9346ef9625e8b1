import Testing

@testable import DataPlane

@Suite("field kinds")
struct FieldKindTests {
    static let names: [(String, FieldKind)] = [
        ("connection", .connection), ("keep-alive", .keepAlive), ("proxy-connection", .proxyConnection),
        ("proxy-authenticate", .proxyAuthenticate), ("proxy-authorization", .proxyAuthorization), ("te", .te),
        ("trailer", .trailer), ("transfer-encoding", .transferEncoding), ("upgrade", .upgrade),
        ("content-length", .contentLength), ("host", .host), ("expect", .expect), ("via", .via),
        ("x-forwarded-for", .xForwardedFor), ("x-forwarded-proto", .xForwardedProto),
        ("x-forwarded-host", .xForwardedHost), ("forwarded", .forwarded), ("date", .date),
        ("max-forwards", .maxForwards),
    ]

    private func kind(_ name: [UInt8], behind: Int) -> FieldKind {
        let bytes = [UInt8](repeating: 0x2A, count: 3) + name + [UInt8](repeating: 0x3A, count: behind)
        return FieldKind(bytes.span.bytes, at: 3, count: name.count)
    }

    @Test("are told by their names, in any case, with and without bytes behind them", arguments: names)
    func known(name: String, wanted: FieldKind) {
        for behind in [0, 1, 7, 8, 16] {
            #expect(kind([UInt8](name), behind: behind) == wanted)
            #expect(kind([UInt8](name.uppercased()), behind: behind) == wanted)
        }
    }

    @Test("are never taken for others that differ in one byte", arguments: names)
    func similar(name: String, wanted: FieldKind) {
        let bytes = [UInt8](name)
        let known = Set(FieldKindTests.names.map { [UInt8]($0.0) })
        for index in bytes.indices {
            for other in UInt8.min...UInt8.max where other.isToken {
                var changed = bytes
                changed[index] = other
                if known.contains(changed.map(\.lowercased)) { continue }
                #expect(kind(changed, behind: 8) == .other)
            }
            #expect(kind(Array(bytes[..<index]), behind: 8) == .other)
        }
        #expect(kind(bytes + [0x61], behind: 8) == .other)
    }

    /// Names that the quick way knows, and some that it does not.
    static let usual =
        names.map(\.0) + [
            "accept", "server", "cookie", "etag", "vary", "origin", "referer", "content-type", "user-agent",
            "accept-encoding", "accept-language", "cache-control", "last-modified", "x-request-id", "a", "",
        ]

    @Test("are told the quick way as they are byte by byte, whatever byte is wrong", arguments: usual)
    func quickWay(name: String) {
        for spelling in [name, name.uppercased()] {
            for index in 0...name.utf8.count {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](spelling + ": value of it\r\n")
                    bytes[index] = byte
                    let span = bytes.span.bytes
                    guard let usual = FieldKind.usual(span, at: 0) else { continue }
                    #expect(span.endOfToken(from: 0) == usual.size && bytes[usual.size] == UInt8(ascii: ":"))
                    #expect(FieldKind(span, at: 0, count: usual.size) == usual.kind)
                }
            }
        }
    }

    @Test("each but other has a name here")
    func complete() {
        #expect(Set(FieldKindTests.names.map(\.1)).union([.other]) == Set(FieldKind.allCases))
    }

    static let methods: [(String, Method, safe: Bool, idempotent: Bool)] = [
        ("GET", .get, true, true), ("HEAD", .head, true, true), ("POST", .post, false, false),
        ("PUT", .put, false, true), ("DELETE", .delete, false, true), ("CONNECT", .connect, false, false),
        ("OPTIONS", .options, true, true), ("TRACE", .trace, true, true), ("PATCH", .patch, false, false),
        ("PURGE", .other, false, false), ("get", .other, false, false), ("OPTIONSX", .other, false, false),
        ("", .other, false, false),
    ]

    @Test("methods are told by their names: RFC 9110, 9.2", arguments: methods)
    func method(name: String, wanted: Method, isSafe: Bool, isIdempotent: Bool) {
        let bytes = [UInt8](name)
        let method = Method(bytes.span.bytes, 0..<bytes.count)
        #expect(method == wanted)
        #expect(method.isSafe == isSafe)
        #expect(method.isIdempotent == isIdempotent)
    }

    @Test("words find the first byte that single bytes find")
    func words() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                for filler in [UInt8(ascii: "a"), UInt8(ascii: "Z"), UInt8(ascii: "-")] {
                    var bytes = [UInt8](repeating: filler, count: 8)
                    bytes[place] = byte
                    // A second stop above it must not be seen first.
                    if place < 7 { bytes[7] = 0 }
                    let span = bytes.span.bytes
                    #expect(span.endOfToken(from: 0) == bytes.firstIndex { !$0.isToken } ?? 8)
                    #expect(span.endOfValue(from: 0) == bytes.firstIndex { !$0.isFieldValue } ?? 8)
                    #expect(Word.firstByte(Word.nonHost(span.word(0))) == bytes.firstIndex { !isHost($0) } ?? 8)
                    let digits = Array(repeating: UInt8(ascii: "0"), count: place) + [byte]
                    let padded = digits + Array(repeating: UInt8(ascii: "9"), count: 7 - place)
                    #expect(Word.areDigits(padded.span.bytes.word(0)) == byte.isDigit)
                }
            }
        }
    }

    private func isHost(_ byte: UInt8) -> Bool {
        byte.lowercased &- 0x61 < 26 || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
}
