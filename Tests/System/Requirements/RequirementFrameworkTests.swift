import Testing
import TestSupport

/// The strict reader and the expectations themselves: a check that lets everything pass shows nothing.
@Suite("Requirements: the checks themselves")
struct RequirementFrameworkTests {
    static let badRequests = [
        "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n X: 1\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{01}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX(: 1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nX: 1\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "GET / http/1.1\r\nHost: a\r\n\r\n", " / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nh\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhX\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nh\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX : 1\r\n\r\n",
    ]

    @Test("the strict reader refuses what no sender may send", arguments: badRequests)
    func badRequest(text: String) {
        #expect(throws: WireError.self) { try WireReader(WireText.bytes(text)).request(at: 0) }
    }

    @Test(
        "the strict reader reads a request to its end, and no part of one",
        arguments: [
            ("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", ""),
            ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "hello"),
            (
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;a\r\nhel\r\n02\r\nlo\r\n0\r\nX: 1\r\n\r\n",
                "hello"
            ),
        ])
    func goodRequest(text: String, body: String) throws {
        let bytes = WireText.bytes(text)
        let message = try #require(try WireReader(bytes).request(at: 0))
        #expect(message.end == bytes.count && message.body == WireText.bytes(body) && message.target == "/a")
        for count in 0..<bytes.count {
            let part = try WireReader(Array(bytes.prefix(count))).request(at: 0)
            #expect(part?.end == nil, "the first \(count) bytes")
        }
    }

    private static let refusal =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nProxy-Status: sluice\r\n"
        + "Content-Length: 0\r\n\r\n"

    /// A scene and an expectation that must not hold in it.
    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let expectation: Expectation
        var client = RequirementFrameworkTests.refusal
        var clientEnd: Scene.End? = .closed
        var upstream: [String] = []
    }

    private static let request = "GET /a HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n"
    private static let ok = "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok"

    static let broken: [Broken] = [
        Broken(testDescription: "another status", expectation: .refused([414])),
        Broken(testDescription: "no close", expectation: .refused([400]), clientEnd: nil),
        Broken(testDescription: "no answer", expectation: .refused([400]), client: ""),
        Broken(testDescription: "a byte upstream", expectation: .refused([400]), upstream: ["G"]),
        Broken(testDescription: "a request upstream", expectation: .refused([400]), upstream: [request]),
        Broken(
            testDescription: "no Proxy-Status", expectation: .refused([400]),
            client: "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: 0\r\n\r\n"),
        Broken(testDescription: "no problem document", expectation: .refused([200]), client: ok),
        Broken(testDescription: "a whole request", expectation: .brokenOff([400]), upstream: [request]),
        Broken(testDescription: "nothing forwarded", expectation: .forwarded(startsWith: "GET /a")),
        Broken(testDescription: "another line", expectation: .forwarded(startsWith: "GET /"), upstream: [request]),
        Broken(testDescription: "no such field", expectation: .forwarded(has: ["x-b:"]), upstream: [request]),
        Broken(testDescription: "another value", expectation: .forwarded(has: ["x-a: 12"]), upstream: [request]),
        Broken(testDescription: "a field too many", expectation: .forwarded(lacks: ["x-a:"]), upstream: [request]),
        Broken(testDescription: "another spelling", expectation: .forwarded(contains: "x-a: 1"), upstream: [request]),
        Broken(testDescription: "another body", expectation: .forwarded(body: "x"), upstream: [request]),
        Broken(testDescription: "no trailers", expectation: .forwarded(trailers: ["x: 1"]), upstream: [request]),
        Broken(
            testDescription: "half a request", expectation: .wholeUpstream,
            upstream: ["GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"]),
        Broken(testDescription: "one request less", expectation: .requests(2), upstream: [request]),
        Broken(testDescription: "another answer", expectation: .answered(201), client: ok),
        Broken(testDescription: "another content", expectation: .answered(200, body: "x"), client: ok),
        Broken(testDescription: "no second answer", expectation: .answered(200, at: 1), client: ok),
        Broken(
            testDescription: "half an answer", expectation: .answered(200), client: String(ok.dropLast()),
            clientEnd: nil),
        Broken(testDescription: "a whole answer", expectation: .cut, client: ok),
        Broken(testDescription: "an end that ends the body", expectation: .cut, client: "HTTP/1.1 200 OK\r\n\r\nhel"),
        Broken(testDescription: "no interim", expectation: .interim([103]), client: ok),
        Broken(testDescription: "open", expectation: .connection(.closed), client: ok, clientEnd: nil),
        Broken(testDescription: "a new socket", expectation: .upstreamSocket(.reused), upstream: [request]),
        Broken(testDescription: "an open socket", expectation: .upstreamSocket(.closed), upstream: [request]),
        Broken(testDescription: "nothing of it", expectation: .clientReceived("yes"), client: ok),
        Broken(testDescription: "neither", expectation: .anyOf([[.answered(201)], [.answered(202)]]), client: ok),
    ]

    @Test("an expectation fails when it should", .enabled(if: ProxyUnderTest.current == .sluice), arguments: broken)
    func fails(test: Broken) {
        #expect(test.expectation.failures(in: Self.evidence(test)) != [])
    }

    @Test(
        "an expectation holds when it should", .enabled(if: ProxyUnderTest.current == .sluice),
        arguments: [
            Broken(testDescription: "refused", expectation: .refused([400, 414])),
            Broken(
                testDescription: "broken off", expectation: .brokenOff([400]),
                upstream: ["GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"]),
            Broken(
                testDescription: "forwarded",
                expectation: .forwarded(startsWith: "GET /a HTTP/1.1", has: ["x-a: 1", "x-a:", "x-*"], lacks: ["x:"]),
                client: ok, upstream: [request]),
            Broken(testDescription: "answered", expectation: .answered(200, has: ["x-a: 1"], body: "ok"), client: ok),
            Broken(testDescription: "cut", expectation: .cut, client: String(ok.dropLast())),
            Broken(
                testDescription: "cut by a reset", expectation: .cut, client: "HTTP/1.1 200 OK\r\n\r\nhel",
                clientEnd: .reset),
            Broken(
                testDescription: "used again", expectation: .upstreamSocket(.reused),
                upstream: [request + "GET \(RequirementPlay.fenceTarget) HTTP/1.1\r\nHost: a\r\n\r\n"]),
        ])
    func holds(test: Broken) {
        #expect(test.expectation.failures(in: Self.evidence(test)) == [])
    }

    private static func evidence(_ test: Broken) -> Evidence {
        var scene = Scene()
        scene.client = WireText.bytes(test.client)
        scene.clientEnd = test.clientEnd
        scene.connections = test.upstream.map { Scene.Connection(bytes: WireText.bytes($0)) }
        return Evidence(scene, methods: ["GET"])
    }
}
