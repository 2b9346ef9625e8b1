import Testing

@testable import DataPlane

@Suite("responses on their way to the client")
struct ResponseWritingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var came: String
        var goes: String
        var rules: ResponseRules
        var delivery = ResponseDelivery()

        init(
            _ name: String, _ came: String, _ goes: String, via: String = "",
            _ change: (inout ResponseDelivery) -> Void = { _ in }
        ) {
            testDescription = name
            self.came = came
            self.goes = goes
            rules = ResponseRules(via: via, upgrades: ["ws"])
            change(&delivery)
        }
    }

    private static let line = "HTTP/1.1 200 OK\r\n"
    private static let date = "Date: d\r\n"

    static let cases: [Case] = [
        Case("as they came", "\(line)Date: e\r\nA: b\r\n\r\n", "\(line)Date: e\r\nA: b\r\n\r\n"),
        Case("with a date: RFC 9110, 6.6.1", "\(line)A: b\r\n\r\n", "\(line)A: b\r\n\(date)\r\n"),
        Case("HTTP/1.0 as HTTP/1.1", "HTTP/1.0 200 OK\r\n\r\n", "\(line)\(date)\r\n"),
        Case("HTTP/1.5 as HTTP/1.1", "HTTP/1.5 200 OK\r\n\r\n", "\(line)\(date)\r\n"),
        Case("with the blank: RFC 9112, 4", "HTTP/1.1 200\r\nA: b\r\n\r\n", "HTTP/1.1 200 \r\nA: b\r\n\(date)\r\n"),
        Case("with a blank as it came", "HTTP/1.0 404 \r\n\r\n", "HTTP/1.1 404 \r\n\(date)\r\n"),
        Case(
            "without what is for one connection only: RFC 9110, 7.6.1",
            "\(line)Connection: a, keep-alive\r\nKeep-Alive: timeout=5\r\nA: 1\r\nUpgrade: x\r\n"
                + "Proxy-Connection: y\r\nProxy-Authenticate: z\r\nTrailer: t\r\nTransfer-Encoding: chunked\r\n\r\n",
            "\(line)Proxy-Authenticate: z\r\nTrailer: t\r\nTransfer-Encoding: chunked\r\n\(date)\r\n"),
        Case("with Via", "\(line)\r\n", "\(line)Via: 1.1 s\r\n\(date)\r\n", via: "s"),
        Case(
            "with the version that came in Via", "HTTP/1.0 200 OK\r\n\r\n", "\(line)Via: 1.0 s\r\n\(date)\r\n",
            via: "s"),
        Case("with close", "\(line)Connection: keep-alive\r\n\r\n", "\(line)\(date)Connection: close\r\n\r\n") {
            $0.keepAlive = false
        },
        Case("with keep-alive for HTTP/1.0", "\(line)\r\n", "\(line)\(date)Connection: keep-alive\r\n\r\n") {
            $0.clientMinor = 0
        },
        Case("with close for HTTP/1.0", "\(line)\r\n", "\(line)\(date)Connection: close\r\n\r\n") {
            $0.clientMinor = 0
            $0.keepAlive = false
        },
        Case(
            "in chunks when the end was the close", "\(line)Trailer: t\r\n\r\n",
            "\(line)Trailer: t\r\n\(date)Transfer-Encoding: chunked\r\n\r\n"
        ) { $0.framing = .chunked },
        Case(
            "plain until close", "\(line)Transfer-Encoding: chunked\r\nTrailer: t\r\nA: b\r\n\r\n",
            "\(line)A: b\r\n\(date)Connection: close\r\n\r\n"
        ) {
            $0.framing = .untilClose
            $0.clientMinor = 0
            $0.keepAlive = false
        },
        Case(
            "never in chunks to HTTP/1.0", "\(line)Transfer-Encoding: chunked\r\n\r\n",
            "\(line)\(date)Connection: keep-alive\r\n\r\n"
        ) { $0.clientMinor = 0 },
        Case(
            "interim", "HTTP/1.1 103 Early Hints\r\nLink: a\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        ) { $0.keepAlive = false },
        Case(
            "an upgrade", "HTTP/1.1 101 Go\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\n",
            "HTTP/1.1 101 Go\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\n"
        ),
        Case(
            "an upgrade to two protocols is none",
            "HTTP/1.1 101 Go\r\nUpgrade: ws, ws\r\nConnection: upgrade\r\n\r\n", "HTTP/1.1 101 Go\r\n\r\n"),
        Case(
            "the need of an upgrade: RFC 9110, 15.5.22",
            "HTTP/1.1 426 No\r\nUpgrade: WS\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 426 No\r\nUpgrade: WS\r\nContent-Length: 0\r\nConnection: upgrade\r\n\(date)\r\n"),
        Case(
            "the need of an upgrade on a connection that ends",
            "HTTP/1.1 426 No\r\nUpgrade: ws\r\nConnection: upgrade\r\nDate: e\r\n\r\n",
            "HTTP/1.1 426 No\r\nUpgrade: ws\r\nDate: e\r\nConnection: upgrade\r\nConnection: close\r\n\r\n"
        ) { $0.keepAlive = false },
        Case(
            "no need of one that is not configured",
            "HTTP/1.1 426 No\r\nUpgrade: ws, h2c\r\nConnection: upgrade\r\n\r\n", "HTTP/1.1 426 No\r\n\(date)\r\n"),
        Case(
            "no need of one for HTTP/1.0", "HTTP/1.1 426 No\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\n",
            "HTTP/1.1 426 No\r\n\(date)Connection: keep-alive\r\n\r\n"
        ) { $0.clientMinor = 0 },
        Case(
            "no offer of an upgrade: RFC 9110, 7.8",
            "\(line)Upgrade: ws\r\nConnection: upgrade\r\n\r\n", "\(line)\(date)\r\n"),
        Case(
            "no length of nothing: RFC 9110, 8.6", "HTTP/1.1 204 No\r\nA: b\r\nContent-Length: 0\r\nC: d\r\n\r\n",
            "HTTP/1.1 204 No\r\nA: b\r\nC: d\r\n\(date)\r\n"),
        Case(
            "a length of what is not modified", "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n",
            "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\(date)\r\n"),
        Case(
            "repeated fields as they came, in their order: RFC 9110, 5.3",
            "\(line)Date: e\r\nSet-Cookie: a\r\nDate: f\r\nSet-Cookie: b\r\nVia: 1.0 x\r\n\r\n",
            "\(line)Date: e\r\nSet-Cookie: a\r\nDate: f\r\nSet-Cookie: b\r\nVia: 1.0 x\r\n\r\n"),
        Case(
            "no upgrade", "HTTP/1.1 101 Go\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", "HTTP/1.1 101 Go\r\n\r\n"),
    ]

    @Test("go byte by byte as they should, or do not fit", arguments: cases)
    func writes(_ wanted: Case) throws {
        let bytes = [UInt8](wanted.came)
        var head = ResponseHead()
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        let date = [UInt8](ResponseWritingTests.date)
        var fitted = false
        for room in [4096] + Array(0..<400) {
            var buffer = Buffer(capacity: room)
            let fits = head.write(
                bytes.span.bytes, to: &buffer, rules: wanted.rules, wanted.delivery, date: date.span.bytes)
            let written = buffer.withReadable { Array($0) }
            #expect(written.text(0..<written.count) == (fits ? wanted.goes : ""))
            fitted = fitted || fits
        }
        #expect(fitted)
    }
}
