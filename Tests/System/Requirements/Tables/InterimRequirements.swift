/// Interim responses and Expect: RFC 9110, sections 10.1.1 and 15.2.
enum InterimRequirements {
    static let all: [Requirement] = passed + bad + expect + early

    private static let final = String.response(body: "final")

    private static func passed(_ id: String, _ sentence: String, _ bytes: String, _ seen: Expectation...)
        -> Requirement
    {
        Requirement(
            id: "9110-15.2-interim-\(id)", level: .must, sentence: sentence, client: .get(), options: Options(),
            upstream: .answer(bytes + final),
            seen: seen + [.answered(200, body: "final"), .upstreamSocket(.reused), .connection(.reused)])
    }

    private static let passed: [Requirement] = [
        passed(
            "early-hints", "Interim responses are forwarded with their fields.",
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX: y\r\n\r\n", .interim([103]),
            .interimLines("link", ["</a.css>; rel=preload"]), .interimLines("x", ["y"])),
        passed("processing", "Interim responses are forwarded.", "HTTP/1.1 102 Processing\r\n\r\n", .interim([102])),
        passed("unknown", "Unknown interim responses are forwarded.", "HTTP/1.1 199 Odd\r\n\r\n", .interim([199])),
        passed(
            "continue-unasked", "A 100 is forwarded though nobody asked for it.", "HTTP/1.1 100 Continue\r\n\r\n",
            .interim([100])),
        passed(
            "order", "Several interim responses keep their order.",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n"
                + "\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n", .interim([100, 102, 103, 103])),
        passed(
            "many", "Twenty interim responses pass.",
            String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 20),
            .interim(Array(repeating: 102, count: 20))),
        passed(
            "reason-empty", "An interim response needs no reason.", "HTTP/1.1 103 \r\nX: y\r\n\r\n",
            .interim([103])),
        passed(
            "hop-by-hop", "The fields of one connection are removed from interim responses.",
            "HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: secret\r\nKeep-Alive: timeout=5\r\nX: y\r\n\r\n",
            .interim([103]), .clientReceived("secret", false), .clientReceived("timeout=5", false),
            .interimLines("x", ["y"])),
        passed(
            "no-close", "A Connection option of an interim response closes nothing.",
            "HTTP/1.1 102 Processing\r\n\r\n", .interim([102])),
        .must(
            "9110-15.2-interim-at-once", "An interim response does not wait for the final one.", .get(),
            upstream: [
                .request, .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), .waitClient("</a>"),
                .send(final),
            ], .interim([103]), .answered(200, body: "final")),
        .must(
            "9110-15.2-interim-head", "An interim response comes before an answer to HEAD too.", .request("HEAD"),
            upstream: .answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
            .interim([103]), .answered(200, body: ""), .upstreamSocket(.reused), .connection(.reused)),
        .must(
            "9110-15.2-interim-no-content", "An interim response comes before a 204 too.", .get(),
            upstream: .answer("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), .interim([102]),
            .answered(204), .upstreamSocket(.reused), .connection(.reused)),
        .mustNot(
            "9110-15.2-interim-http1.0", "No interim response is sent to a client of HTTP/1.0.",
            "GET / HTTP/1.0\r\nHost: a.example\r\n\r\n",
            upstream: .answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + final),
            .interim([]), .answered(200, body: "final"), .clientReceived("</a>", false)),
        .must(
            "9110-15.2-interim-pipelined", "An interim response belongs to the request that it came for.",
            [
                .send("GET /1 HTTP/1.1\r\nHost: a.example\r\n\r\n"),
                .send("GET /2 HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ],
            upstream: .answer(.response(body: "one"))
                + .answer("HTTP/1.1 103 Early Hints\r\nLink: </2>\r\n\r\n" + .response(body: "two")),
            .answered(200, body: "one"), .answered(200, body: "two", at: 1), .interim([103])),
    ]

    private static let bad: [Requirement] = [
        .badGateway(
            "9110-15.2-interim-length", "An interim response has no length.",
            "HTTP/1.1 103 Early Hints\r\nContent-Length: 6\r\n\r\npoison"),
        .badGateway(
            "9110-15.2-interim-coding", "An interim response has no coding.",
            "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .badGateway(
            "9110-15.2-interim-bad-field", "An interim response is held to the grammar.",
            "HTTP/1.1 103 Early Hints\r\nX poison: y\r\n\r\n\(final)"),
        .must(
            "9110-15.2-interim-then-bad", "A bad response after an interim one is answered with 502.", .get(),
            upstream: .answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 poison\r\n\r\n"),
            .answered(502), .proxyStatus(), .upstreamSocket(.closed), .clientReceived("poison", false)),
        .badGateway(
            "9110-15.2.2-switch-unasked", "A switch of protocols that nobody asked for is answered with 502.",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\npoison"),
        .badGateway(
            "9110-15.2.2-switch-to-nothing", "A switch of protocols names one.",
            "HTTP/1.1 101 Switching Protocols\r\n\r\npoison"),
        .badGateway(
            "9110-15.2.2-switch-after-interim", "A switch of protocols that nobody asked for is answered with 502.",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nPRI poison"),
        .cut(
            "9110-15.2-interim-in-body", "An interim response within chunks is a bad chunk.",
            "HTTP/1.1 103 Early Hints\r\nLink: poison\r\n\r\n"),
        .must(
            "9110-15.2-interim-endless", "Interim responses without an end are not relayed for ever.", .get(),
            upstream: [
                .request, .send(String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 20_000)), .end,
            ], .answered(502), .upstreamSocket(.closed)),
    ]

    private static let post = "POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n"

    private static let expect: [Requirement] = [
        .must(
            "9110-10.1.1-expect", "Expect goes upstream, 100 comes back, and then goes the body.",
            [.send(post), .wait("100 Continue"), .send("content")],
            upstream: [
                .head, .send("HTTP/1.1 100 Continue\r\n\r\n"), .request, .send(final),
            ], .forwarded(has: ["expect: 100-continue"], body: "content"), .interim([100]),
            .answered(200, body: "final"), .upstreamSocket(.reused), .connection(.reused)),
        .must(
            "9110-10.1.1-expect-chunked", "Expect goes with a chunked body too.",
            [
                .send(
                    "POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"),
                .wait("100 Continue"), .send("3\r\nabc\r\n0\r\n\r\n"),
            ], upstream: [.head, .send("HTTP/1.1 100 Continue\r\n\r\n"), .request, .send(final)],
            .forwarded(has: ["expect: 100-continue"], body: "abc"), .interim([100]), .answered(200, body: "final"),
            .upstreamSocket(.reused), .connection(.reused)),
        .must(
            "9110-10.1.1-expect-case", "The expectation has no case.",
            [
                .send("PUT / HTTP/1.1\r\nHost: a.example\r\nexpect: 100-CONTINUE\r\nContent-Length: 7\r\n\r\n"),
                .wait(" 100 "), .send("content"),
            ], upstream: [.head, .send("HTTP/1.1 100 Go on\r\n\r\n"), .request, .send(final)],
            .forwarded(body: "content"), .interim([100]), .answered(200, body: "final")),
        .must(
            "9110-10.1.1-expect-final", "A final response without 100 reaches the client, and no body goes upstream.",
            [.send(post), .wait("417 "), .wait("no\n")],
            upstream: [.head, .send(.response(status: "417 Expectation Failed", body: "no\n"))],
            .answered(417, body: "no\n"), .interim([]), .requests(0), .upstreamSocket(.closed)),
        .must(
            "9110-10.1.1-expect-final-smuggle", "What a client sends after a final response is body, or not read.",
            [
                .send(
                    "POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 46\r\n\r\n"),
                .wait("no\n"), .send("GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\nab"),
            ], upstream: [.head, .send(.response(status: "401 No", body: "no\n"))], .answered(401, body: "no\n"),
            .never("/smuggled")),
        .must(
            "9110-10.1.1-expect-impatient", "A client need not wait for 100.",
            .init(post + "content"),
            upstream: [.head, .send("HTTP/1.1 100 Continue\r\n\r\n"), .request, .send(final)],
            .forwarded(body: "content"), .answered(200, body: "final"), .upstreamSocket(.reused),
            .connection(.reused)),
        .must(
            "9110-10.1.1-expect-no-continue", "An upstream need not say 100 when the body comes.",
            .init(post + "content"), upstream: [.request, .send(final)], .forwarded(body: "content"),
            .answered(200, body: "final"), .upstreamSocket(.reused), .connection(.reused)),
        .must(
            "9110-10.1.1-expect-timeout", "A client that waits in vain is told to go on.",
            [.send(post), .wait("100 "), .send("content")], options: Options(client: "continueTimeout: 100ms"),
            upstream: [.head, .request, .send(final)], .forwarded(has: ["expect: 100-continue"], body: "content"),
            .interim([100]), .answered(200, body: "final"), .upstreamSocket(.reused), .connection(.reused)),
        .must(
            "9110-10.1.1-expect-timeout-late", "The 100 that comes after ours is swallowed.",
            [.send(post), .wait("100 "), .send("content")], options: Options(client: "continueTimeout: 100ms"),
            upstream: [
                .head, .waitClient("100 "), .send("HTTP/1.1 100 Continue\r\n\r\n"), .request, .send(final),
            ], .forwarded(body: "content"), .interim([100]), .answered(200, body: "final"),
            .upstreamSocket(.reused), .connection(.reused)),
        .must(
            "9110-10.1.1-expect-timeout-hints", "Other interim responses pass after our own 100.",
            [.send(post), .wait("100 "), .send("content")], options: Options(client: "continueTimeout: 100ms"),
            upstream: [
                .head, .waitClient("100 "), .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), .request,
                .send(final),
            ], .interim([100, 103]), .answered(200, body: "final")),
        .must(
            "9110-10.1.1-expect-timeout-default", "A client does not wait for ever by default.",
            [.send(post), .wait("100 "), .send("content")], upstream: [.head, .request, .send(final)],
            .forwarded(body: "content"), .answered(200, body: "final")),
        .mustNot(
            "9110-10.1.1-expect-http1.0", "The expectation of a client of HTTP/1.0 is ignored.",
            "POST / HTTP/1.0\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\ncontent",
            options: Options(client: "continueTimeout: 100ms"), .forwarded(body: "content"), .interim([]),
            .answered(200, body: "ok")),
        .may(
            "9110-10.1.1-expect-no-content", "A request without content is not held up by Expect.",
            .get("/", "Expect: 100-continue\r\n"), .forwarded(startsWith: "GET / HTTP/1.1"), .interim([]),
            .answered(200, body: "ok"), .connection(.reused)),
        .may(
            "9110-10.1.1-expect-unknown", "An unknown expectation passes, or fails with 417.",
            .get("/", "Expect: miracles\r\n"),
            .anyOf([[.forwarded(has: ["expect: miracles"])], [.answered(417)]])),
    ]

    private static func upload(_ then: ClientScript.Step...) -> ClientScript {
        ClientScript(
            steps: [
                .send("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 54\r\n\r\n12345678"), .wait("early"),
                .send("GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\nab"),
            ] + then)
    }

    private static let early: [Requirement] = [
        .must(
            "9112-9.5-early", "A response that comes before the body has gone reaches the client at once.",
            upload(), upstream: [.head, .send(.response(body: "early")), .end], .answered(200, body: "early"),
            .never("/smuggled")),
        .must(
            "9112-9.5-early-close", "An early response that ends the connection reaches the client.", upload(),
            upstream: [.head, .send(.response("Connection: close\r\n", status: "413 Large", body: "early")), .close],
            .answered(413, body: "early"), .requests(0), .never("/smuggled"), .upstreamSocket(.closed)),
        .must(
            "9112-9.5-early-half-close", "An early response after which the upstream only reads reaches the client.",
            upload(),
            upstream: [
                .head, .send(.response("Connection: close\r\n", status: "413 Large", body: "early")),
                .shutdownWrite, .end,
            ], .answered(413, body: "early"), .never("/smuggled"), .upstreamSocket(.closed)),
        .must(
            "9112-9.5-early-chunked", "An early chunked response reaches the client.", upload(),
            upstream: [.head, .send(.chunkedResponse("5\r\nearly\r\n0\r\n\r\n")), .end],
            .answered(200, body: "early"), .never("/smuggled")),
        .must(
            "9112-9.5-early-until-close",
            "An early response that lasts until the end of the connection reaches the client.", upload(),
            upstream: [.head, .send("HTTP/1.1 200 OK\r\n\r\nearly"), .close], .answered(200, body: "early"),
            .requests(0), .never("/smuggled"), .upstreamSocket(.closed)),
        .must(
            "9112-9.5-early-cut", "An early response that is cut is cut.", upload(),
            upstream: [
                .head, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nearly"), .waitClient("early"), .close,
            ], .answered(200), .cut, .never("/smuggled"), .upstreamSocket(.closed)),
        .must(
            "9112-9.5-early-goes-on", "An upstream that reads on gets the whole body, or loses the connection.",
            upload(), upstream: [.head, .send(.response(body: "early")), .request],
            .answered(200, body: "early"), .never("/smuggled"), .goesOnOrEnds),
        .must(
            "9112-9.5-early-large", "A large upload does not hold up an early response that closes.",
            [
                .send(
                    "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3000000\r\n\r\n"
                        + String(repeating: "x", count: 3_000_000))
            ],
            upstream: [
                .head, .send(.response("Connection: close\r\n", status: "413 Large", body: "early")), .close,
            ], .answered(413, body: "early"), .upstreamSocket(.closed)),
    ]
}

extension Expectation {
    /// No request for `target` reached the upstream: the bytes of another's body were not taken for one.
    static func never(_ target: String) -> Expectation {
        .that { evidence in
            evidence.requests.filter { $0.message.target == target }.map { "smuggled: \($0.message.startLine)" }
        }
    }

    /// The first request reached the upstream as a whole, or its socket was not used again.
    static let goesOnOrEnds = Expectation.that { evidence in
        guard let first = evidence.requests.first, first.message.end == nil else { return [] }
        let isReused =
            evidence.laterConnections.contains(first.connection)
            || evidence.requests.dropFirst().contains { $0.connection == first.connection }
        return isReused ? ["a socket with half a request is used again"] : []
    }
}
