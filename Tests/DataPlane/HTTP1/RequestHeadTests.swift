import Testing

@testable import DataPlane

@Suite("request heads")
struct RequestHeadTests {
    struct Good: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var method: Method = .get
        var target = "/"
        var path = "/"
        var authority = "h"
        var minor: UInt8 = 1
        var framing = BodyFraming.none
        var keepAlive = true
        var testDescription: String { name }
    }

    static let good: [Good] = [
        Good(name: "RFC 9112, 3: a request line and Host", text: "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Good(name: "RFC 9112, 2.2: empty lines before it", text: "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Good(name: "RFC 9112, 2.3: a higher minor version is 1.1", text: "GET / HTTP/1.7\r\nHost: h\r\n\r\n"),
        Good(
            name: "RFC 9112, 3.2.1: path and query as they come",
            text: "GET /a%20b//../?q=?&x HTTP/1.1\r\nHost: h\r\n\r\n",
            target: "/a%20b//../?q=?&x", path: "/a%20b//../?q=?&x"),
        Good(
            name: "RFC 9112, 3.2.2: an absolute target", text: "GET http://h:81/p?q HTTP/1.1\r\nHost: H:81\r\n\r\n",
            target: "http://h:81/p?q", path: "/p?q", authority: "h:81"),
        Good(
            name: "RFC 9112, 3.2.2: the default port is the same as none",
            text: "GET HTTP://h:80/ HTTP/1.1\r\nHost: h\r\n\r\n", target: "HTTP://h:80/", authority: "h:80"),
        Good(
            name: "RFC 9112, 3.2.2: an absolute target without path", text: "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n",
            target: "http://h", path: ""),
        Good(
            name: "RFC 9112, 3.2.2: an absolute target with a query alone",
            text: "GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n", target: "http://h?q", path: "?q"),
        Good(
            name: "RFC 9112, 3.2.3: CONNECT", text: "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", method: .connect,
            target: "h:443", path: "", authority: "h:443"),
        Good(
            name: "RFC 9112, 3.2.4: the asterisk", text: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", method: .options,
            target: "*", path: ""),
        Good(
            name: "RFC 9112, 3.2: HTTP/1.0 needs no Host", text: "GET / HTTP/1.0\r\n\r\n", authority: "", minor: 0,
            keepAlive: false),
        Good(name: "RFC 9112, 3.2: Host may be empty", text: "GET / HTTP/1.1\r\nHost:\r\n\r\n", authority: ""),
        Good(
            name: "RFC 9110, 4.2: Host as IPv6 with port", text: "GET / HTTP/1.1\r\nHost: [::1]:65535\r\n\r\n",
            authority: "[::1]:65535"),
        Good(
            name: "RFC 3986, 3.2.2: Host as IPv4 with port", text: "GET / HTTP/1.1\r\nHost: 127.0.0.1:1985\r\n\r\n",
            authority: "127.0.0.1:1985"),
        Good(
            name: "RFC 3986, 3.2.2: Host with all that a name may hold",
            text: "GET / HTTP/1.1\r\nHost: a-b_c.~d%2Fe!$&'()*+,;=f:\r\n\r\n", authority: "a-b_c.~d%2Fe!$&'()*+,;=f:"),
        Good(
            name: "RFC 9112, 9.3: HTTP/1.0 with keep-alive", text: "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
            authority: "", minor: 0),
        Good(
            name: "RFC 9112, 9.3: not for an HTTP/1.0 client that takes us for a proxy",
            text: "GET http://h/ HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", target: "http://h/", minor: 0,
            keepAlive: false),
        Good(
            name: "RFC 9112, 9.3: close among other options",
            text: "GET / HTTP/1.1\r\nHost: h\r\nConnection: a,close , b\r\n\r\n", keepAlive: false),
        Good(
            name: "RFC 9112, 9.3: close in one field of several",
            text: "GET / HTTP/1.1\r\nHost: h\r\nConnection: a\r\nConnection: ,close,\r\nConnection: b\r\n\r\n",
            keepAlive: false),
        Good(
            name: "RFC 9110, 5.1: a very long name",
            text: "GET / HTTP/1.1\r\nHost: h\r\n\(String(repeating: "a", count: 1000)): b\r\n\r\n"),
        Good(
            name: "RFC 9110, 5.3: fields that are there more than once",
            text: "GET / HTTP/1.1\r\nHost: h\r\nVia: 1.1 a\r\nDate: b\r\nCookie: c\r\nvia: 1.0 d\r\nDATE: e\r\n\r\n"),
        Good(
            name: "RFC 9112, 9.3: close wins",
            text: "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive ,\tCLOSE\r\n\r\n",
            keepAlive: false),
        Good(
            name: "RFC 9112, 6.2: Content-Length", text: "POST / HTTP/1.1\r\nHost: h\r\ncontent-length:5\r\n\r\n",
            method: .post, framing: .length(5)),
        Good(
            name: "RFC 9110, 8.6: the largest Content-Length",
            text: "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775807\r\n\r\n", method: .put,
            framing: .length(9_223_372_036_854_775_807)),
        Good(
            name: "RFC 9110, 8.6: zeros before it", text: "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0000\r\n\r\n",
            method: .put, framing: .length(0)),
        Good(
            name: "RFC 9112, 6.1: chunked", text: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n",
            method: .post, framing: .chunked),
        Good(
            name: "RFC 9110, 9: a method of one's own", text: "a!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: h\r\n\r\n",
            method: .other),
        Good(name: "RFC 9110, 9: methods know their case", text: "get / HTTP/1.1\r\nHost: h\r\n\r\n", method: .other),
        Good(
            name: "RFC 9110, 5.5: blanks, tabs and obs-text in values",
            text: "GET / HTTP/1.1\r\nHost:\t h \t\r\nX: \t a\t b \u{FF}\u{80}~ \t \r\nEmpty:\r\nBlank:  \t\r\n\r\n"),
        Good(
            name: "RFC 9110, 10.1.1: an expectation",
            text: "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n", method: .put,
            framing: .length(1)),
    ]

    @Test("are read", arguments: good)
    func reads(_ good: Good) throws {
        guard case .head(let view) = tryRequest(good.text) else {
            Issue.record("\(tryRequest(good.text))")
            return
        }
        let empty: [FieldView] = []
        var seen = view
        seen.fields = empty
        let wanted = RequestView(
            length: good.text.unicodeScalars.count, method: good.method, target: good.target, path: good.path,
            authority: good.authority, minor: good.minor, framing: good.framing, keepAlive: good.keepAlive,
            fields: empty)
        #expect(seen == wanted)
    }

    @Test("say whether the client waits: RFC 9110, 10.1.1")
    func expectation() throws {
        var head = RequestHead()
        let text = "GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n"
        guard case .head = parse([UInt8](text), with: &head) else {
            Issue.record("not a head")
            return
        }
        #expect(head.expectsContinue == true)
        let old = text.replacing("HTTP/1.1", with: "HTTP/1.0")
        guard case .head = parse([UInt8](old), with: &head) else {
            Issue.record("not a head")
            return
        }
        #expect(head.expectsContinue == false)
    }

    @Test("mark what is for one connection only: RFC 9110, 7.6.1")
    func hopByHop() throws {
        let text =
            "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nConnection: x-a, close, HOST, content-length, x-c\r\nTE: x\r\n"
            + "x-a: 2\r\nX-B: 3\r\nKeep-Alive: timeout=1\r\nProxy-Connection: x\r\nX-AA: 4\r\n"
            + "Proxy-Authorization: b\r\n\r\n"
        guard case .head(let view) = tryRequest(text) else {
            Issue.record("not a head")
            return
        }
        let marked = view.fields.filter(\.isHopByHop).map(\.name)
        #expect(marked == ["X-A", "Connection", "TE", "x-a", "Keep-Alive", "Proxy-Connection"])
    }

    @Test("keep names, values and lines apart")
    func fields() throws {
        let bytes = [UInt8]("GET / HTTP/1.1\r\nHost: h\r\nA:\r\nlong-name-of-a-field:  v w\t \r\n\r\n")
        var head = RequestHead()
        #expect(try head.parse(bytes.span.bytes, limits: HeadLimits()) == bytes.count)
        #expect(head.fields.map { bytes.text($0.name) } == ["Host", "A", "long-name-of-a-field"])
        #expect(head.fields.map { bytes.text($0.value) } == ["h", "", "v w"])
        #expect(
            head.fields.map { bytes.text($0.line) } == ["Host: h\r\n", "A:\r\n", "long-name-of-a-field:  v w\t \r\n"])
    }

    @Test("have limits, to the byte")
    func limits() {
        let text = "GET /abc HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n"
        let size = text.utf8.count
        guard case .head = tryRequest(text, limits: HeadLimits(maxHeadSize: size, maxFields: 2)) else {
            Issue.record("not a head")
            return
        }
        for limit in 0..<size {
            let outcome = tryRequest(text, limits: HeadLimits(maxHeadSize: limit, maxFields: 2))
            #expect(outcome == .failed(limit < 19 ? .requestLineTooLong : .headTooLarge), "limit \(limit)")
        }
        #expect(tryRequest(text, limits: HeadLimits(maxHeadSize: size, maxFields: 1)) == .failed(.tooManyFields))
        #expect(tryRequest(text, limits: HeadLimits(maxHeadSize: size, maxFields: -1)) == .failed(.tooManyFields))
        let many = "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 99)
        guard case .head = parseOnce(many + "\r\n") else {
            Issue.record("not a head")
            return
        }
        #expect(parseOnce(many + "A: b\r\n\r\n") == .failed(.tooManyFields))
    }

    private func parseOnce(_ text: String) -> Outcome<RequestView> {
        var head = RequestHead()
        return parse([UInt8](text), with: &head)
    }
}
