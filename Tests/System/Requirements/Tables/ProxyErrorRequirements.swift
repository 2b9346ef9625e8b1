/// Errors of our own towards an upstream: RFC 9209 and RFC 9110, section 15.6.
enum ProxyErrorRequirements {
    private static func error(
        _ id: String, _ sentence: String, _ status: Int, _ types: [String], _ upstream: [UpstreamStep],
        client: ClientScript = .get(), agent: String = ""
    ) -> Requirement {
        Requirement(
            id: "9209-\(id)", level: .should, sentence: sentence, client: client, options: Options(agent: agent),
            upstream: upstream,
            seen: [
                .answered(status), .problem(),
                .that { evidence in
                    guard ProxyUnderTest.current == .sluice else { return [] }
                    let line = evidence.answers.first?.values("proxy-status").joined(separator: ", ") ?? ""
                    return ProxyStatusReader.failures(line, name: "sluice", error: types)
                }, .upstreamSocket(.closed),
            ])
    }

    static let all: [Requirement] = [
        error(
            "2.3.2-terminated", "An upstream that closes without an answer is named as that.", 502,
            ["connection_terminated", "http_response_incomplete"], [.request, .close]),
        error(
            "2.3.2-reset", "An upstream that resets without an answer is named as that.", 502,
            ["connection_terminated", "http_response_incomplete"],
            [.request, .reset]),
        error(
            "2.3.2-incomplete", "A head that ends too early is named as that.", 502,
            ["http_response_incomplete", "connection_terminated"], [.request, .send("HTTP/1.1 200 OK\r\nX"), .close]),
        error(
            "2.3.2-protocol", "A malformed head is named as that.", 502, ["http_protocol_error"],
            [.request, .send("nonsense\r\n\r\n")]),
        error(
            "2.3.2-large-head", "A head that is too large is named as that.", 502,
            ["http_response_header_section_size", "http_response_header_size"],
            [.request, .send("HTTP/1.1 200 OK\r\n" + String(repeating: "X: 0123456789\r\n", count: 90_000))]),
        error(
            "2.3.2-coding", "A coding that we do not know is named as that.", 502,
            ["http_response_transfer_coding", "http_protocol_error"],
            [.request, .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\n")]),
        error(
            "2.3.2-upgrade", "A switch that nobody asked for is named as that.", 502,
            ["http_upgrade_failed", "http_protocol_error"],
            [.request, .send("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")]),
        error(
            "2.3.2-response-timeout", "An upstream that says nothing is answered for with 504.", 504,
            ["http_response_timeout", "connection_read_timeout"], [.request, .end], agent: "timeout: 200ms"),
        error(
            "2.3.2-response-timeout-head", "An upstream that stops within its head is answered for with 504.", 504,
            ["http_response_timeout", "connection_read_timeout"], [.request, .send("HTTP/1.1 200 O"), .end],
            agent: "timeout: 200ms"),
        error(
            "2.3.2-response-timeout-interim",
            "An upstream that stops after an interim response is answered for with 504.", 504,
            ["http_response_timeout", "connection_read_timeout"],
            [.request, .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), .end], agent: "timeout: 200ms"),
        .must(
            "9110-15.6.5-body-timeout", "A body that stops is cut.",
            .get(), options: Options(agent: "timeout: 200ms"),
            upstream: [.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun"), .end], .answered(200),
            .cut, .upstreamSocket(.closed)),
        .must(
            "9110-15.6.5-chunks-timeout", "Chunks that stop are cut.", .get(),
            options: Options(agent: "timeout: 200ms"),
            upstream: [.request, .send(Requirement.chunkedBegun), .end], .answered(200), .cut,
            .upstreamSocket(.closed)),
        .must(
            "9110-15.6.5-until-close-timeout", "A body until the end that stops is cut.", .get(),
            options: Options(agent: "timeout: 200ms"),
            upstream: [.request, .send("HTTP/1.1 200 OK\r\n\r\nbegun"), .end],
            .answered(200), .cut, .upstreamSocket(.closed)),
        .should(
            "9209-2.3.2-refused", "An upstream that cannot be connected to is named as that.", .get("/gone/x"),
            options: Options(
                top: "  gone: {upstream: \"http://127.0.0.1:1\"}\nroutes:\n  - {prefix: /gone, agent: gone}\n"
                    + "  - {prefix: /, agent: default}"), .nothingUpstream,
            .answered(502), .problem(),
            .proxyStatus("connection_refused", "destination_unavailable"), .connection(.reused)),
        .must(
            "9209-2-relayed", "The error of an upstream is its own: nothing is said about us.", .get(),
            upstream: .answer(.response(status: "502 Bad Gateway")),
            .answered(502, lacks: ["proxy-status:"], body: "ok"),
            .upstreamSocket(.reused), .connection(.reused)),
        .must(
            "9110-9.3.2-error-head", "An error of ours to HEAD has the length of its content, and none.",
            .request("HEAD"), upstream: [.request, .send("nonsense\r\n\r\n")],
            .answered(502, body: ""), .problem(), .proxyStatus(),
            .connection(.reused)),
        .must(
            "9112-6.1-error-http1.0", "An error of ours to a client of HTTP/1.0 has a length.",
            "GET / HTTP/1.0\r\nHost: a.example\r\n\r\n", upstream: [.request, .send("nonsense\r\n\r\n")],
            .answered(502, has: ["content-length: *"], lacks: ["transfer-encoding:"]), .connection(.closed)),
        .must(
            "9112-9.3-error-body", "An error before the body has come does not make a request of it.",
            [
                .send("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 54\r\n\r\n12345678"),
                .wait("HTTP/1.1 502"), .send("GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\nab"),
            ], upstream: [.head, .send("nonsense\r\n\r\n")], .answered(502), .never("/smuggled"),
            .upstreamSocket(.closed)),
    ]
}
