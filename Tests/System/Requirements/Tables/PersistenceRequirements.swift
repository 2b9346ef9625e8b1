/// Connections to upstreams, clients and upstreams of HTTP/1.0, and what is sent again: RFC 9112, section 9 and
/// appendix C.
enum PersistenceRequirements {
    static let all: [Requirement] = upstreams + oldUpstreams + oldClients + retries + ends

    private static func upstream(
        _ id: String, _ sentence: String, _ bytes: String, _ socket: Expectation.Socket,
        after: [UpstreamStep] = [], _ seen: Expectation...
    ) -> Requirement {
        Requirement(
            id: "9112-9.3-upstream-\(id)", level: .must, sentence: sentence, client: .get(), options: Options(),
            upstream: .answer(bytes) + after,
            seen: seen + [
                .answered(200, lacks: ["keep-alive:", "proxy-connection:"]), .upstreamSocket(socket),
                .connection(.reused),
            ])
    }

    private static let upstreams: [Requirement] = [
        upstream("default", "A connection of HTTP/1.1 persists.", .response(), .reused),
        upstream("keep-alive", "keep-alive says nothing new.", .response("Connection: keep-alive\r\n"), .reused),
        upstream(
            "close", "An upstream that says close gets no other request.", .response("Connection: close\r\n"),
            .closed),
        upstream("close-case", "close has no case.", .response("Connection: Close\r\n"), .closed),
        upstream(
            "close-in-list", "close may be one of several options.",
            .response("Connection: X-A, close, X-B\r\n"), .closed),
        upstream(
            "close-in-lines", "close may be in any line.",
            .response("Connection: X-A\r\nConnection: close\r\n"), .closed),
        upstream(
            "close-beside-keep-alive", "close is stronger than keep-alive.",
            .response("Connection: keep-alive, close\r\n"), .closed),
        upstream(
            "close-chunked", "close may come with chunks.",
            .chunkedResponse("2\r\nok\r\n0\r\n\r\n", "Connection: close\r\n"), .closed),
        upstream(
            "close-like", "An option that begins like close is not close.",
            .response("Connection: closed, close-not\r\n"), .reused),
        upstream(
            "close-elsewhere", "close in another field means nothing.",
            .response("X-Connection: close\r\n"), .reused),
        upstream(
            "proxy-connection", "Proxy-Connection means nothing.",
            .response("Proxy-Connection: close\r\n"), .reused),
        upstream(
            "keep-alive-field", "Keep-Alive is for us alone.",
            .response("Connection: keep-alive\r\nKeep-Alive: timeout=60, max=100\r\n"), .reused),
        .must(
            "9112-9.6-close-not-forwarded", "The close of an upstream is not the close of the client's connection.",
            .get(), upstream: .answer(.response("Connection: close\r\n")),
            .answered(200, lacks: ["connection: close"], body: "ok"), .connection(.reused)),
        .must(
            "9112-9.6-close-interim", "close in an interim response is not taken for the final one's silence.",
            .get(), upstream: .answer("HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n\(String.response())"),
            .answered(200, body: "ok"), .connection(.reused)),
        .must(
            "9112-9.6-close-no-content", "close may come with a 204.", .get(),
            upstream: .answer("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"), .answered(204),
            .upstreamSocket(.closed), .connection(.reused)),
        .must(
            "9112-9.6-close-said", "An agent that keeps no sockets says close to its upstream, and closes.", .get(),
            options: Options(agent: "mode: normal"), .forwarded(has: ["connection: close"]), .answered(200),
            .upstreamSocket(.closed), .connection(.reused)),
        .must(
            "9112-9.6-normal-each", "An agent that keeps no sockets opens one for each request.",
            [.send(ClientScript.get("/1").sent), .send(ClientScript.get("/2").sent)],
            options: Options(agent: "mode: normal"), .answered(200), .answered(200, at: 1), .requests(2),
            .upstreamSocket(.closed)),
    ]

    private static func old(
        _ id: String, _ sentence: String, _ bytes: String, _ socket: Expectation.Socket,
        after: [UpstreamStep] = [], body: String = "ok"
    ) -> Requirement {
        .must(
            "9112-c.2.2-upstream-\(id)", sentence, .get(), upstream: .answer(bytes) + after,
            .answered(200, contains: "HTTP/1.1 200 ", body: body), .upstreamSocket(socket), .connection(.reused))
    }

    private static let oldUpstreams: [Requirement] = [
        old(
            "length", "A connection of HTTP/1.0 does not persist.", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            .closed),
        old(
            "keep-alive", "A connection of HTTP/1.0 persists when it says keep-alive.",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", .reused),
        old(
            "keep-alive-case", "keep-alive has no case.",
            "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", .reused),
        old(
            "keep-alive-close", "close is stronger than keep-alive.",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n\r\nok", .closed),
        old(
            "keep-alive-field", "The field Keep-Alive alone says nothing.",
            "HTTP/1.0 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok", .closed),
        old(
            "proxy-connection", "Proxy-Connection says nothing.",
            "HTTP/1.0 200 OK\r\nProxy-Connection: keep-alive\r\nContent-Length: 2\r\n\r\nok", .closed),
        old(
            "until-close", "A body without a length lasts until the end.", "HTTP/1.0 200 OK\r\n\r\nall of it",
            .closed, after: [.close], body: "all of it"),
        old(
            "until-close-keep-alive", "keep-alive without a length is a body until the end.",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nall of it", .closed, after: [.close],
            body: "all of it"),
        .must(
            "9112-c.2.2-upstream-not-modified", "A 304 of HTTP/1.0 ends with its head.", .get(),
            upstream: .answer("HTTP/1.0 304 Not Modified\r\nConnection: keep-alive\r\n\r\n"), .answered(304),
            .upstreamSocket(.reused), .connection(.reused)),
    ]

    private static func oldGet(_ fields: String = "") -> ClientScript {
        ClientScript("GET / HTTP/1.0\r\nHost: a.example\r\n\(fields)\r\n")
    }

    private static let oldClients: [Requirement] = [
        .must(
            "9112-c.2.2-client-request", "The request of a client of HTTP/1.0 goes on as one of HTTP/1.1.", oldGet(),
            .forwarded(startsWith: "GET / HTTP/1.1", lacks: ["connection: keep-alive"]), .answered(200, body: "ok"),
            .connection(.closed), .upstreamSocket(.reused)),
        .must(
            "9112-6.1-client-chunks", "No chunks are sent to a client of HTTP/1.0.", oldGet(),
            upstream: .answer(.chunkedResponse("2\r\nab\r\n3\r\ncde\r\n0\r\nX-Sum: trailed\r\n\r\n")),
            .answered(200, lacks: ["transfer-encoding:"], body: "abcde"), .connection(.closed),
            .upstreamSocket(.reused), .clientReceived("trailed", false)),
        .must(
            "9112-6.1-client-chunks-keep-alive", "Without a length the end of the connection is the end of the body.",
            oldGet("Connection: keep-alive\r\n"), upstream: .answer(.chunkedResponse("5\r\nabcde\r\n0\r\n\r\n")),
            .answered(200, lacks: ["transfer-encoding:", "connection: keep-alive"], body: "abcde"),
            .connection(.closed)),
        .must(
            "9112-6.3-client-until-close", "A body until the end lasts until the end.", oldGet(),
            upstream: [.request, .send("HTTP/1.1 200 OK\r\n\r\nall of it"), .close],
            .answered(200, lacks: ["transfer-encoding:"], body: "all of it"), .connection(.closed)),
        .must(
            "9112-c.2.2-client-keep-alive", "A client of HTTP/1.0 that asks may keep its connection, when told so.",
            oldGet("Connection: keep-alive\r\n"),
            .anyOf([[.answered(200, has: ["connection: keep-alive"])], [.answered(200), .connection(.closed)]])),
        .must(
            "9112-c.2.2-client-keep-alive-close", "close is stronger than keep-alive.",
            oldGet("Connection: keep-alive, close\r\n"), .answered(200, lacks: ["connection: keep-alive"]),
            .connection(.closed)),
        .must(
            "9112-c.2.2-client-proxy-connection", "Proxy-Connection asks for nothing.",
            oldGet("Proxy-Connection: keep-alive\r\n"), .forwarded(lacks: ["proxy-connection:"]), .answered(200),
            .connection(.closed)),
        .must(
            "9112-c.2.2-client-head", "HEAD of HTTP/1.0 has no body.",
            "HEAD / HTTP/1.0\r\nHost: a.example\r\n\r\n",
            upstream: .answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
            .answered(200, has: ["content-length: 9"], body: ""), .connection(.closed)),
        .must(
            "9112-c.2.2-client-upgrade", "A client of HTTP/1.0 switches to nothing.",
            oldGet("Connection: upgrade\r\nUpgrade: websocket\r\n"), .forwarded(lacks: ["upgrade:"]),
            .answered(200), .connection(.closed)),
        .must(
            "9112-c.2.2-client-post", "The content of a client of HTTP/1.0 passes.",
            "POST / HTTP/1.0\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi",
            .forwarded(startsWith: "POST / HTTP/1.1", body: "hi"), .answered(200), .connection(.closed)),
    ]

    /// A first request makes a socket, which then fails under the second one.
    private static func retry(
        _ id: String, _ sentence: String, _ second: String, _ fails: [UpstreamStep], again: Bool,
        method: String = "GET"
    ) -> Requirement {
        Requirement(
            id: "9112-9.3.1-retry-\(id)", level: again ? .may : .mustNot, sentence: sentence,
            client: [.send(ClientScript.get("/first").sent), .wait("warm"), .send(second)], options: Options(),
            upstream: .answer(.response(body: "warm")) + fails,
            seen: [.answered(200, body: "warm"), .sent(again ? 3 : 2), .upstreamSocket(.reused)]
                + [again ? .answered(200, at: 1) : .answered(502, at: 1)])
    }

    private static func request(_ method: String, _ fields: String = "", _ body: String = "") -> String {
        "\(method) /second HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n\(body)"
    }

    private static let retries: [Requirement] =
        ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].map { method in
            retry(
                method.lowercased(), "\(method) is idempotent: it is sent again when a reused connection ends.",
                request(method), [.request, .close], again: true)
        }
        + ["POST", "PATCH", "LOCK", "get"].map { method in
            retry(
                "not-\(method == "get" ? "lower-case" : method.lowercased())",
                "\(method) is not known to be idempotent: it is not sent again.", request(method),
                [.request, .close], again: false)
        }
        + [
            retry(
                "put-body", "A body that is kept goes again.", request("PUT", "Content-Length: 2\r\n", "hi"),
                [.request, .close], again: true),
            retry(
                "reset", "A reset is an end too.", request("GET"), [.request, .reset], again: true),
            retry(
                "half-close", "An upstream that will say nothing has ended.", request("GET"),
                [.request, .shutdownWrite, .end], again: true),
            retry(
                "half-head", "What has begun to be answered is not sent again.", request("GET"),
                [.request, .send("HTTP/1.1 20"), .close], again: false),
            retry(
                "interim", "An interim response is the beginning of an answer.", request("GET"),
                [.request, .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), .close], again: false),
            retry(
                "garbage", "A malformed answer is one.", request("GET"), [.request, .send("garbage\r\n\r\n")],
                again: false),
            retry(
                "post-body", "A body does not make POST idempotent.",
                request("POST", "Content-Length: 2\r\n", "hi"), [.request, .close], again: false),
            .mustNot(
                "9112-9.3.1-retry-fresh", "Nothing is sent again over a second new connection.", .get(),
                upstream: [.request, .close], .answered(502), .requests(1)),
            .mustNot(
                "9112-9.3.1-retry-once", "A request is sent again once, not for ever.",
                [.send(ClientScript.get("/first").sent), .wait("warm"), .send(ClientScript.get("/second").sent)],
                upstream: .answer(.response(body: "warm")) + [.request, .close, .request, .close],
                .answered(200, body: "warm"), .answered(502, at: 1), .sent(3)),
            .mustNot(
                "9112-9.3.1-retry-response-begun", "A response that has begun is cut, not asked for again.",
                [.send(ClientScript.get("/first").sent), .wait("warm"), .send(ClientScript.get("/second").sent)],
                upstream: .answer(.response(body: "warm"))
                    + [
                        .request, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"), .waitClient("part"),
                        .close,
                    ],
                .answered(200, body: "warm"), .answered(200, at: 1), .cut, .requests(2)),
        ]

    private static let ends: [Requirement] = [
        .must(
            "9112-9.6-half-closed", "A client that will send nothing more is answered.",
            [.send(ClientScript.get().sent), .shutdownWrite], .forwarded(), .answered(200, body: "ok"),
            .connection(.closed), .upstreamSocket(.reused)),
        .must(
            "9112-9.6-half-closed-slow",
            "A client that will send nothing more is answered though the answer comes later.",
            [.send(ClientScript.get().sent), .waitUpstream("GET /"), .shutdownWrite],
            upstream: [
                .request, .send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbe"), .waitClient("be"), .send("gun"),
            ],
            .answered(200, body: "begun"), .connection(.closed)),
        .must(
            "9112-9.6-half-closed-body", "A client that will send nothing more behind a body is answered.",
            [.send(ClientScript.post("Content-Length: 2\r\n", "hi").sent), .shutdownWrite], .forwarded(body: "hi"),
            .answered(200, body: "ok"), .connection(.closed)),
        .must(
            "9112-9.6-half-closed-pipeline", "All that it has asked is answered.",
            [.send(ClientScript.get("/1").sent), .send(ClientScript.get("/2").sent), .shutdownWrite],
            .answered(200, body: "ok"), .answered(200, body: "ok", at: 1), .requests(2), .connection(.closed)),
        .must(
            "9112-8-half-request", "A body that a client does not finish is not finished for it.",
            [.send(ClientScript.post("Content-Length: 9\r\n", "half").sent), .waitUpstream("half"), .shutdownWrite],
            upstream: [.head, .end], .requests(0), .connection(.closed), .upstreamSocket(.closed)),
        .must(
            "9112-8-half-chunks", "Chunks that a client does not finish are not finished for it.",
            [.send(ClientScript.chunked("4\r\nhalf\r\n").sent), .waitUpstream("half"), .shutdownWrite],
            upstream: [.head, .end], .requests(0), .connection(.closed), .upstreamSocket(.closed)),
        .must(
            "9112-9.6-lingering", "A client that is still sending can read why it was refused.",
            ClientScript(
                "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 400000\r\n\r\n"
                    + String(repeating: "x", count: 400_000)), options: Options(client: "maxBodySize: 10"),
            .answered(413, has: ["connection: close"]), .problem(), .proxyStatus(),
            .nothingUpstream, .connection(.closed)),
        .must(
            "9112-9.6-lingering-chunks", "A client that is still sending chunks can read why it was refused.",
            .chunked(String(repeating: "3e8\r\n\(String(repeating: "x", count: 1000))\r\n", count: 400) + "0\r\n\r\n"),
            options: Options(client: "maxBodySize: 10"), .answered(413, has: ["connection: close"]),
            .requests(0), .connection(.closed)),
    ]
}

extension Expectation {
    /// So many requests reached the upstream as a whole, counting those that were sent again.
    static func sent(_ count: Int) -> Expectation { .that { Expectation.requests(count).failures(in: $0) } }
}
