/// Several requests on a connection, its end, and what is between them: RFC 9112, sections 2.2 and 9.
enum PipelineRequirements {
    static let all = pipelines + garbage + persistence + early

    private static func answer(_ body: String, _ fields: String = "") -> [UpstreamStep] {
        UpstreamStep.answer("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private static func get(_ target: String, _ fields: String = "") -> String {
        ClientScript.get(target, fields).sent
    }

    private static let pipelines: [Requirement] = [
        .must(
            "9112-9.3.2-order", "Pipelined requests are answered in the order in which they came.",
            [.send(get("/a")), .send(get("/b")), .send(get("/c"))], upstream: answer("1") + answer("2") + answer("3"),
            .answered(200, body: "1"), .answered(200, body: "2", at: 1), .answered(200, body: "3", at: 2),
            .requests(3), .connection(.reused)),
        .must(
            "9112-9.3.2-one-piece", "Requests that come in one piece are requests each.",
            ClientScript("\(get("/a"))\(get("/b"))"), upstream: answer("1") + answer("2"),
            .forwarded(startsWith: "GET /a HTTP/1.1"), .forwarded(startsWith: "GET /b HTTP/1.1", at: 1),
            .answered(200, body: "1"), .answered(200, body: "2", at: 1)),
        .must(
            "9112-9.3.2-twenty", "Twenty pipelined requests are answered, each once.",
            ClientScript((0..<20).map { get("/\($0)") }.joined()), .requests(20), .answered(200, at: 19),
            .forwarded(startsWith: "GET /19 HTTP/1.1", at: 19), .connection(.reused)),
        .must(
            "9112-9.3.2-split", "The end of one request and the beginning of the next may come together.",
            [
                .send(String(get("/a").dropLast())), .send("\r\nGET /b HT"),
                .send("TP/1.1\r\nHost: a.example\r\n\r\n"),
            ],
            .forwarded(startsWith: "GET /a HTTP/1.1"), .forwarded(startsWith: "GET /b HTTP/1.1", at: 1),
            .answered(200, at: 1)),
        .must(
            "9112-9.3.2-after-body", "What follows a body by length is the next request.",
            ClientScript("\(ClientScript.post("Content-Length: 5\r\n", "hello").sent)\(get("/b"))"),
            .forwarded(body: "hello"), .forwarded(startsWith: "GET /b HTTP/1.1", at: 1), .answered(200, at: 1),
            .requests(2)),
        .must(
            "9112-9.3.2-after-chunks", "What follows a chunked body is the next request.",
            ClientScript("\(ClientScript.chunked("5\r\nhello\r\n0\r\n\r\n").sent)\(get("/b"))"),
            .forwarded(body: "hello"), .forwarded(startsWith: "GET /b HTTP/1.1", at: 1), .answered(200, at: 1),
            .requests(2)),
        .must(
            "9112-9.3.2-after-empty", "A length of zero leaves what follows to be the next request.",
            ClientScript("\(ClientScript.post("Content-Length: 0\r\n").sent)\(get("/b"))"),
            .forwarded(body: ""), .forwarded(startsWith: "GET /b HTTP/1.1", at: 1), .answered(200, at: 1)),
        .must(
            "9112-9.3.2-after-head", "The answer to HEAD has no body: the next answer follows its head.",
            [.send("HEAD /a HTTP/1.1\r\nHost: a.example\r\n\r\n"), .send(get("/b"))],
            upstream: [.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")] + answer("2"),
            .answered(200, has: ["content-length: 5"]), .answered(200, body: "2", at: 1), .connection(.reused)),
        .must(
            "9112-9.3.2-old-and-new", "What follows an HTTP/1.0 request without keep-alive is not served.",
            ClientScript("GET /a HTTP/1.0\r\nHost: a.example\r\n\r\n\(get("/b"))"), .answered(200),
            .connection(.closed), .requests(1)),
        .should(
            "9112-2.2-crlf-between", "A CRLF after a body, as old clients send it, is ignored.",
            ClientScript("\(ClientScript.post("Content-Length: 5\r\n", "hello").sent)\r\n\(get("/b"))"),
            .forwarded(body: "hello"), .forwarded(startsWith: "GET /b HTTP/1.1", at: 1), .answered(200, at: 1)),
    ]

    private static let garbage: [Requirement] = [
        second("garbage", "Garbage behind a request is answered with 400, after the first answer.", "XYZ\r\n\r\n"),
        second("bad-request", "A bad second request is answered with 400.", "GET / HTTP/1.1\r\n\r\n"),
        second("space", "A space between requests is garbage.", " GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"),
        second("nul", "NUL between requests is garbage.", "\0GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"),
        second("chunk-end", "The end of a chunked body that nobody announced is garbage.", "0\r\n\r\n"),
        second(
            "bad-length", "A second request with a bad length is refused.",
            "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: x\r\n\r\n"),
        .must(
            "9112-6.2-garbage-after-body", "Bytes past a length are no part of the body.",
            ClientScript(ClientScript.post("Content-Length: 5\r\n", "hello, world\r\n\r\n").sent),
            .forwarded(body: "hello"), .answered(200), .answered(400, at: 1), .requests(1), .connection(.closed)),
        .must(
            "9112-6.3-body-unannounced", "A body that no field announces is no body.",
            ClientScript(ClientScript.post("", "hello\r\n\r\n").sent), .forwarded(body: ""), .answered(200),
            .answered(400, at: 1), .requests(1), .connection(.closed)),
    ]

    private static func second(_ name: String, _ sentence: String, _ bytes: String) -> Requirement {
        .must(
            "9112-9.3.2-second-\(name)", sentence, ClientScript("\(get("/a"))\(bytes)\(get("/c"))"),
            .forwarded(startsWith: "GET /a HTTP/1.1"), .answered(200), .answered(400, at: 1), .requests(1),
            .connection(.closed))
    }

    private static let persistence: [Requirement] = [
        .must(
            "9112-9.6-close", "After a request that says close nothing more is served, and the answer says close.",
            ClientScript("\(get("/a", "Connection: close\r\n"))\(get("/b"))"),
            .answered(200, has: ["connection: close"]), .connection(.closed), .requests(1)),
        .must(
            "9112-9.6-close-case", "close is the same in any case.",
            ClientScript("\(get("/a", "Connection: CLose\r\n"))\(get("/b"))"), .answered(200), .connection(.closed),
            .requests(1)),
        .must(
            "9112-9.3-close-in-list", "close counts among other options.",
            ClientScript("\(get("/a", "Connection: x-a ,close,, x-b\r\n"))\(get("/b"))"), .answered(200),
            .connection(.closed), .requests(1)),
        .must(
            "9112-9.3-keep-alive-and-close", "close wins over keep-alive.",
            ClientScript("\(get("/a", "Connection: keep-alive, close\r\n"))\(get("/b"))"), .answered(200),
            .connection(.closed), .requests(1)),
        .must(
            "9112-9.3-close-second-field", "close counts in a second Connection field.",
            ClientScript("\(get("/a", "Connection: keep-alive\r\nConnection: close\r\n"))\(get("/b"))"), .answered(200),
            .connection(.closed), .requests(1)),
        .must(
            "9112-9.3-not-close", "An option that only begins like close does not close.",
            .get("/a", "Connection: closed, close-x, xclose\r\n"), .answered(200), .connection(.reused)),
        .must(
            "9112-9.3-keep-alive", "keep-alive in HTTP/1.1 changes nothing.", .get("/a", "Connection: Keep-Alive\r\n"),
            .answered(200), .connection(.reused)),
        .must(
            "9110-5.6.1-connection-commas", "A Connection field of commas has no options.",
            .get("/a", "Connection: , ,,\r\n"), .forwarded(startsWith: "GET /a HTTP/1.1"), .connection(.reused)),
        .must(
            "9112-9.3-old", "HTTP/1.0 closes after its answer.", "GET /a HTTP/1.0\r\nHost: a.example\r\n\r\n",
            .answered(200), .connection(.closed)),
        .should(
            "9112-9.3-old-keep-alive", "HTTP/1.0 that asks to stay may stay, and is told so, or not.",
            "GET /a HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\n\r\n",
            .anyOf([[.answered(200, has: ["connection: keep-alive"])], [.answered(200), .connection(.closed)]])),
        .may(
            "sluice-upstream-kept", "A client that closes does not close the upstream's socket.",
            .get("/a", "Connection: close\r\n"), .answered(200), .connection(.closed), .upstreamSocket(.reused)),
        .may(
            "sluice-upstream-kept-old", "A client of HTTP/1.0 does not close the upstream's socket.",
            "GET /a HTTP/1.0\r\nHost: a.example\r\n\r\n", .answered(200), .connection(.closed),
            .upstreamSocket(.reused)),
        .should(
            "9112-9.6-refusal-says-close", "A refusal says that the connection closes.", "GET / HTTP/1.1\r\n\r\n",
            .answered(400, has: ["connection: close"]), .connection(.closed)),
        .should(
            "9112-9.6-lingers", "A refusal reaches a client that is still sending: the close waits for it.",
            ClientScript("GET / HTTP/1.1\r\n\r\n\(String(repeating: "x", count: 200_000))"),
            .answered(400), .connection(.closed)),
    ]

    private static let early: [Requirement] = [
        .must(
            "9110-7.5-early-answer", "An answer before the body's end reaches the client; the rest is no request.",
            [
                .send(ClientScript.post("Content-Length: 36\r\n").sent), .wait("403 Forbidden"),
                .send("GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ],
            upstream: [.head, .send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"), .end],
            .answered(403, body: "no"), .clientReceived("200 OK", false), .anyOf([[.requests(0)], [.requests(1)]])),
        .must(
            "9112-9.3-early-close", "An answer that closes before the body's end ends both connections.",
            [.send(ClientScript.post("Content-Length: 50000\r\n", "some").sent)],
            upstream: [
                .head, .send("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"),
                .close,
            ],
            .answered(413, body: "no"), .upstreamSocket(.closed)),
        .must(
            "9112-9.3.1-body-waits", "A body that pauses is waited for; what looks like a request in it is none.",
            [
                .send(ClientScript.post("Content-Length: 36\r\n").sent), .waitUpstream("\r\n\r\n"),
                .send("GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ],
            .forwarded(body: "GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"), .requests(1), .connection(.reused)),
        .must(
            "9112-9.3.2-while-answering", "A request that comes while another is answered waits its turn.",
            [.send(get("/a")), .waitUpstream("GET /a"), .send(get("/b"))],
            upstream: [
                .request, .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), .waitClient("200 OK"), .send("ok"),
            ],
            .answered(200, body: "ok"), .answered(200, at: 1), .requests(2)),
    ]
}
