import Testing

@testable import DataPlane

@Suite("the way of a request: RFC 9110, 7.6")
struct LastHopTests {
    static let counts: [(String, MaxForwards)] = [
        ("", .absent), ("Max-Forwards: 0", .count(0)), ("max-forwards:\t10 ", .count(10)),
        ("Max-Forwards: 007", .count(7)), ("Max-Forwards: 4294967295", .count(.max)),
        ("Max-Forwards: 4294967296", .count(.max)), ("Max-Forwards: 99999999999999999999999", .count(.max)),
        ("Max-Forwards:", .invalid), ("Max-Forwards: a", .invalid), ("Max-Forwards: -1", .invalid),
        ("Max-Forwards: +1", .invalid), ("Max-Forwards: 1.0", .invalid), ("Max-Forwards: 1 2", .invalid),
        ("Max-Forwards: 1, 1", .invalid), ("Max-Forwards: 1\r\nMax-Forwards: 1", .invalid),
        ("Max-Forwards: \u{B2}", .invalid), ("X-Max-Forwards: 1", .absent),
    ]

    @Test("Max-Forwards is one number", arguments: counts)
    func maxForwards(field: String, wanted: MaxForwards) throws {
        let lines = field.isEmpty ? "" : "\(field)\r\n"
        for method in ["GET", "POST", "options", "TRACE", "OPTIONS"] {
            let text = "\(method) / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n"
            let bytes = [UInt8](text)
            var head = RequestHead()
            // It counts for two methods only; another request with a bad one goes on.
            if wanted == .invalid, method == "TRACE" || method == "OPTIONS" {
                #expect(tryRequest(text) == .failed(.invalidMaxForwards))
            } else {
                _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
                #expect(head.maxForwards(bytes.span.bytes) == wanted)
            }
        }
    }

    static let written: [(String, String)] = [
        (
            "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 5\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 4\r\n"
        ),
        ("TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards:10 \r\n", "TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards:9 \r\n"),
        (
            "TRACE / HTTP/1.1\r\nMax-Forwards: 0010\r\nHost: h\r\n",
            "TRACE / HTTP/1.1\r\nMax-Forwards: 9\r\nHost: h\r\n"
        ),
        (
            "TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 99999999999\r\n",
            "TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 4294967294\r\n"
        ),
        (
            "TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 1\r\nTE: a\r\n",
            "TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n"
        ),
        // One that has come to its end is answered before it gets here.
        ("TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n", "TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n"),
        ("GET / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 5\r\n", "GET / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 5\r\n"),
        ("trace / HTTP/1.1\r\nHost: h\r\nMax-Forwards: x\r\n", "trace / HTTP/1.1\r\nHost: h\r\nMax-Forwards: x\r\n"),
        // No Connection option takes it away.
        (
            "OPTIONS / HTTP/1.1\r\nHost: h\r\nConnection: max-forwards\r\nMax-Forwards: 5\r\n",
            "OPTIONS / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 4\r\n"
        ),
    ]

    @Test("it goes on less one, for TRACE and OPTIONS", arguments: written)
    func decrements(came: String, goes: String) throws {
        #expect(try rewrite("\(came)\r\n", WriteOptions()) == "\(goes)\r\n")
    }

    static let traces: [(String, HTTP1Error?)] = [
        ("", nil), ("Content-Length: 0\r\n", nil), ("Content-Length: 1\r\n", .contentInTrace),
        ("Transfer-Encoding: chunked\r\n", .contentInTrace),
    ]

    @Test("TRACE has no content: 9.3.8", arguments: traces)
    func trace(fields: String, error: HTTP1Error?) {
        let outcome = tryRequest("TRACE / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
        if let error {
            #expect(outcome == .failed(error))
        } else {
            guard case .head = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }
        guard case .head = tryRequest("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n") else {
            Issue.record("another method may have it")
            return
        }
    }

    static let vias: [(String, Bool)] = [
        ("1.1 sluice", true), ("1.0 SLUICE", true), ("HTTP/1.1 sluice", true), ("1.1\t  sluice", true),
        ("1.1 sluice (it is me)", true), ("1.1 sluice(it is me)", true), ("1.0 a, 1.1 sluice", true),
        ("1.1 sluice, 1.0 a", true), (",, 1.1 sluice ,", true), ("1.0 a (b, c), 1.1 sluice", true),
        ("1.0 a (b (c, d) e), 1.1 sluice", true), ("1.0 a (b \\) c, d), 1.1 sluice", true),
        ("1.0 a\r\nVia: 1.1 sluice", true),
        // A comment without an end hides nothing.
        ("1.0 a (b, 1.1 sluice", true), ("1.0 a ((b), 1.1 sluice", true), ("1.0 a (\\), 1.1 sluice", true),
        ("1.0 a (b\\", false), ("1.0 a (", false),
        ("", false), (",", false), ("sluice", false), ("1.1 sluice:80", false), ("1.1 sluices", false),
        ("1.1 a-sluice", false), ("1.1 a sluice", false), ("1.1 a (1.1 sluice)", false),
        ("1.1 a (b, 1.1 sluice)", false), ("1.1 a (b \\(, 1.1 sluice)", false), ("sluice 1.1", false),
        ("1.1 (c) sluice", false), ("1.1 a (b (c) d, 1.1 sluice)", false),
        ("1.1 a (b (c (d)) e, 1.1 sluice), 1.1 b", false),
    ]

    @Test("Via names us, or not: 7.6.3", arguments: vias)
    func via(value: String, wanted: Bool) throws {
        let bytes = [UInt8]("GET / HTTP/1.1\r\nHost: h\r\nVia: \(value)\r\nServer: 1.1 sluice\r\n\r\n")
        var head = RequestHead()
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        #expect(head.viaNames(bytes.span.bytes, [UInt8]("sluice")) == wanted)
        #expect(head.viaNames(bytes.span.bytes, [UInt8]("Sluice")) == wanted)
        #expect(head.viaNames(bytes.span.bytes, []) == false)
    }

    @Test("a name that is an authority is compared whole")
    func viaAuthority() throws {
        let bytes = [UInt8]("GET / HTTP/1.1\r\nHost: h\r\nVia: 1.1 [::1]:80 (a), 1.1 b\r\n\r\n")
        var head = RequestHead()
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        for (name, wanted) in [("[::1]:80", true), ("[::1]", false), ("b", true), ("a", false)] {
            #expect(head.viaNames(bytes.span.bytes, [UInt8](name)) == wanted)
        }
    }

    @Test("many open comments are looked at once each", .timeLimit(.minutes(1)))
    func viaWork() throws {
        let bytes = [UInt8]("GET / HTTP/1.1\r\nHost: h\r\nVia: \(String(repeating: "(", count: 200_000))\r\n\r\n")
        var head = RequestHead()
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits(maxHeadSize: 1 << 20)))
        #expect(head.viaNames(bytes.span.bytes, [UInt8]("sluice")) == false)
    }
}
