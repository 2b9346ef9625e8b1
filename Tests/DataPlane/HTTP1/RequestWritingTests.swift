import Control
import Testing

@testable import DataPlane

/// Options of one rewriting.
struct WriteOptions: Sendable {
    var via = ""
    var forwarded = Configuration.Forwarded.leave
    var client = "9.8.7.6"
    var stripPrefix = 0
    var defaultAuthority = "up:1984"
    var isLast = false
    var isTrusted = true
    /// The protocols that may be switched to; those that the client asks for are passed.
    var upgrades: [String] = []
    var room = 4096
}

/// Parses a request and writes it; nil when it does not fit.
func rewrite(_ text: String, _ options: WriteOptions) throws -> String? {
    let bytes = [UInt8](text)
    var head = RequestHead()
    _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
    let rules = RequestRules(via: options.via, forwarded: options.forwarded, upgrades: options.upgrades)
    var buffer = Buffer(capacity: options.room)
    let client = [UInt8](options.client)
    let defaultAuthority = [UInt8](options.defaultAuthority)
    let fits = head.write(
        bytes.span.bytes, to: &buffer, rules: rules, client: client.span.bytes, stripPrefix: options.stripPrefix,
        defaultAuthority: defaultAuthority.span.bytes, isLast: options.isLast, isTrusted: options.isTrusted,
        passing: head.upgrades(bytes.span.bytes, among: rules.upgrades))
    let written = buffer.withReadable { Array($0) }
    #expect(fits || written.isEmpty)
    return fits ? written.text(0..<written.count) : nil
}

@Suite("requests on their way upstream")
struct RequestWritingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var came: String
        var goes: String
        var options = WriteOptions()

        init(_ name: String, _ came: String, _ goes: String, _ options: WriteOptions = WriteOptions()) {
            testDescription = name
            self.came = came
            self.goes = goes
            self.options = options
        }
    }

    private static let host = " HTTP/1.1\r\nHost: h\r\n"
    private static let forwarded = "Forwarded: for=9.8.7.6;host=h;proto=http\r\n"

    static let targets: [Case] = [
        Case("as it came", "GET /a?b\(host)A: b\r\n\r\n", "GET /a?b\(host)A: b\r\n\r\n"),
        Case("without leading empty lines", "\r\n\r\nGET /\(host)\r\n", "GET /\(host)\r\n"),
        Case("an absolute target as a path", "PUT http://h/a?b\(host)\r\n", "PUT /a?b\(host)\r\n"),
        Case("an absolute target without path", "GET http://h\(host)\r\n", "GET /\(host)\r\n"),
        Case("an absolute target with a query alone", "GET http://h?a\(host)\r\n", "GET /?a\(host)\r\n"),
        Case("OPTIONS for the server: RFC 9112, 3.2.4", "OPTIONS http://h\(host)\r\n", "OPTIONS *\(host)\r\n"),
        Case("OPTIONS for a path", "OPTIONS http://h/\(host)\r\n", "OPTIONS /\(host)\r\n"),
        Case("the asterisk", "OPTIONS *\(host)\r\n", "OPTIONS *\(host)\r\n", WriteOptions(stripPrefix: 2)),
        Case("/k without /k", "GET /k\(host)\r\n", "GET /\(host)\r\n", WriteOptions(stripPrefix: 2)),
        Case("/k/ without /k", "GET /k/\(host)\r\n", "GET /\(host)\r\n", WriteOptions(stripPrefix: 2)),
        Case("/k?x without /k", "GET /k?x\(host)\r\n", "GET /?x\(host)\r\n", WriteOptions(stripPrefix: 2)),
        Case("/k/x?y without /k", "POST /k/x?y\(host)\r\n", "POST /x?y\(host)\r\n", WriteOptions(stripPrefix: 2)),
        Case(
            "an absolute target without /k", "GET http://h/k/x\(host)\r\n", "GET /x\(host)\r\n",
            WriteOptions(stripPrefix: 2)),
        Case("HTTP/1.0 as HTTP/1.1", "GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET /\(host)\r\n"),
        Case("HTTP/1.9 as HTTP/1.1", "GET / HTTP/1.9\r\nHost: h\r\n\r\n", "GET /\(host)\r\n"),
        Case(
            "HTTP/1.0 without Host", "GET /k/a HTTP/1.0\r\nA: b\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: up:1984\r\nA: b\r\n\r\n", WriteOptions(stripPrefix: 2)),
        Case(
            "HTTP/1.0 without Host, absolute", "GET http://x:1/a HTTP/1.0\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: x:1\r\n\r\n"),
    ]

    static let fields: [Case] = [
        Case(
            "without what is for one connection only: RFC 9110, 7.6.1",
            "GET /\(host)Connection: close, A\r\nB: 1\r\nKeep-Alive: x\r\nTE: trailers\r\nA: 2\r\nTrailer: T\r\n"
                + "Proxy-Connection: x\r\nProxy-Authorization: y\r\nUpgrade: z\r\n\r\n",
            "GET /\(host)B: 1\r\nTrailer: T\r\nProxy-Authorization: y\r\n\r\n"),
        Case(
            "with all that frames and routes, whatever Connection says",
            "POST /\(host)Connection: host, transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST /\(host)Transfer-Encoding: chunked\r\n\r\n"),
        Case(
            "with the length, whatever Connection says",
            "POST /\(host)Connection: content-length\r\nContent-Length: 5\r\n\r\n",
            "POST /\(host)Content-Length: 5\r\n\r\n"),
        Case(
            "with a field dropped first and last", "GET / HTTP/1.1\r\nTE: a\r\nHost: h\r\nTE: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Case(
            "with the expectation", "PUT /\(host)Expect: 100-continue\r\n\r\n",
            "PUT /\(host)Expect: 100-continue\r\n\r\n"),
        Case(
            "without that of an HTTP/1.0 client", "PUT / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
            "PUT /\(host)\r\n"),
        Case(
            "with an upgrade", "GET /\(host)Upgrade: ws\r\nConnection: upgrade, keep-alive\r\nA: b\r\n\r\n",
            "GET /\(host)A: b\r\nConnection: upgrade\r\nUpgrade: ws\r\n\r\n", WriteOptions(upgrades: ["ws"])),
        Case(
            "without an Upgrade that Connection does not name", "GET /\(host)Upgrade: ws\r\n\r\n", "GET /\(host)\r\n",
            WriteOptions(upgrades: ["ws"])),
    ]

    static let added: [Case] = [
        Case("with Via", "GET /\(host)\r\n", "GET /\(host)Via: 1.1 s\r\n\r\n", WriteOptions(via: "s")),
        Case(
            "with Via behind those that came", "GET /\(host)Via: 1.1 a\r\nB: c\r\n\r\n",
            "GET /\(host)Via: 1.1 a\r\nB: c\r\nVia: 1.1 s\r\n\r\n", WriteOptions(via: "s")),
        Case(
            "with the version that came in Via", "GET / HTTP/1.0\r\nHost: h\r\n\r\n",
            "GET /\(host)Via: 1.0 s\r\n\r\n", WriteOptions(via: "s")),
        Case(
            "append: what is missing", "GET /\(host)\r\n",
            "GET /\(host)X-Forwarded-For: 9.8.7.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\(forwarded)\r\n",
            WriteOptions(forwarded: .append)),
        Case(
            "append: behind what came",
            "GET /\(host)X-Forwarded-For: a\r\nx-forwarded-for: b, c \r\nX-Forwarded-Proto: https\r\nB: c\r\n"
                + "X-Forwarded-Host: g\r\nForwarded: for=a\r\n\r\n",
            "GET /\(host)X-Forwarded-For: a\r\nx-forwarded-for: b, c, 9.8.7.6 \r\nX-Forwarded-Proto: https\r\nB: c\r\n"
                + "X-Forwarded-Host: g\r\nForwarded: for=a, for=9.8.7.6;host=h;proto=http\r\n\r\n",
            WriteOptions(forwarded: .append)),
        Case(
            "append: behind nothing", "GET /\(host)X-Forwarded-For:\r\nTE: a\r\n\r\n",
            "GET /\(host)X-Forwarded-For:9.8.7.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\r\n",
            WriteOptions(forwarded: .append)),
        Case(
            "append: no Connection option takes the trace away",
            "GET /\(host)X-Forwarded-For: a\r\nConnection: x-forwarded-for\r\n\r\n",
            "GET /\(host)X-Forwarded-For: a, 9.8.7.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\r\n",
            WriteOptions(forwarded: .append)),
        Case(
            "append: a client without address", "GET /\(host)X-Forwarded-For: a\r\n\r\n",
            "GET /\(host)X-Forwarded-For: a\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\r\n",
            WriteOptions(forwarded: .append, client: "")),
        Case(
            "replace",
            "GET /\(host)X-Forwarded-For: a\r\nForwarded: b\r\nC: d\r\nX-Forwarded-Proto: e\r\n"
                + "X-Forwarded-Host: f\r\n\r\n",
            "GET /\(host)C: d\r\nX-Forwarded-For: 9.8.7.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n"
                + "\(forwarded)\r\n",
            WriteOptions(forwarded: .replace)),
        Case(
            "leave", "GET /\(host)X-Forwarded-For: a\r\nForwarded: b\r\n\r\n",
            "GET /\(host)X-Forwarded-For: a\r\nForwarded: b\r\n\r\n", WriteOptions(forwarded: .leave)),
        Case(
            "no host to name", "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: up:1984\r\nX-Forwarded-For: 9.8.7.6\r\nX-Forwarded-Proto: http\r\n"
                + "Forwarded: for=9.8.7.6;proto=http\r\n\r\n",
            WriteOptions(forwarded: .append)),
    ]

    @Test("have one kind of request line", arguments: targets)
    func writesTargets(_ wanted: Case) throws { #expect(try rewrite(wanted.came, wanted.options) == wanted.goes) }

    @Test("have the fields that are for the upstream", arguments: fields)
    func writesFields(_ wanted: Case) throws { #expect(try rewrite(wanted.came, wanted.options) == wanted.goes) }

    @Test("have Via and X-Forwarded", arguments: added)
    func writesAdded(_ wanted: Case) throws { #expect(try rewrite(wanted.came, wanted.options) == wanted.goes) }

    @Test("fit or are not written at all", arguments: targets + fields + added)
    func room(_ wanted: Case) throws {
        var fitted = false
        for room in stride(from: 0, through: 1024, by: 3) {
            var options = wanted.options
            options.room = room
            guard let written = try rewrite(wanted.came, options) else {
                #expect(!fitted, "does not fit into \(room), though into less")
                continue
            }
            fitted = true
            #expect(written == wanted.goes)
        }
        #expect(fitted)
    }
}
