/// How a refusal looks: RFC 9209 (Proxy-Status), RFC 9457 (problem documents), RFC 9110, sections 6.6.1 and 15.
enum RefusalRequirements {
    static let all = proxyStatus + answers

    private static let proxyStatus: [Requirement] = [
        status("400", 400, "GET / HTTP/1.1\r\n\r\n", error: "http_request_error"),
        status("501", 501, .post("Transfer-Encoding: foo, chunked\r\n"), error: "http_request_error"),
        status("505", 505, .line("GET / HTTP/2.0"), error: "http_request_error"),
        status("414", 414, .get("/\(String(repeating: "a", count: 40_000))"), error: "http_request_error"),
        status("431", 431, .get("/", "X: \(String(repeating: "a", count: 40_000))\r\n"), error: "http_request_error"),
        status("413", 413, .post("Content-Length: 2\r\n", "hi"), "maxBodySize: 1B", error: "http_request_error"),
        status("501-connect", 501, .line("CONNECT a.example:443 HTTP/1.1"), error: "http_request"),
        status("508", 508, .get("/", "Via: 1.1 sluice\r\n"), error: "proxy_loop_detected"),
    ]

    private static func status(
        _ name: String, _ status: Int, _ client: ClientScript, _ limits: String = "", error: String
    ) -> Requirement {
        .may(
            "9209-2.3-\(name)", "A \(status) of ours says so in Proxy-Status, with our name and the kind of error.",
            client, options: Options(client: limits, top: "via: sluice"),
            .answered(status, has: ["proxy-status: sluice*", "content-type: application/problem+json*"]),
            .clientReceived("error=\(error)"), .nothingUpstream)
    }

    private static let answers: [Requirement] = [
        .may(
            "sluice-no-route", "A request that no route takes is answered with 404 and Proxy-Status.", .get("/b"),
            options: Options(
                top: "routes: [{prefix: /fence.of.the.requirements, agent: default}, {prefix: /a, agent: default}]"),
            .answered(404, has: ["proxy-status: sluice*"]), .nothingUpstream, .connection(.reused)),
        .must(
            "9110-6.6.1-date", "A refusal has a Date.", "GET / HTTP/1.1\r\n\r\n", .answered(400, has: ["date: *"]),
            .connection(.closed)),
        .must(
            "9110-9.3.2-head", "A refusal of HEAD has no content.", "HEAD / HTTP/1.1\r\n\r\n",
            .refused([400])),
        .mustNot(
            "9110-17.9-echo", "A refusal does not repeat what was sent.",
            "GET /marker1 HTTP/1.1\r\nX-A: marker2\r\n\r\n", .refused([400]), .clientReceived("marker", false)),
        .must(
            "9112-9.6-refusal-old", "A refusal of HTTP/1.0 is a whole answer too.",
            "POST / HTTP/1.0\r\nContent-Length: x\r\n\r\n", .refused([400])),
        .must(
            "9112-2.1-refusal-version", "A refusal carries our version, whatever was sent.", .line("GET / HTTP/7.3"),
            .refused([400, 505]), .clientReceived("HTTP/1.1 ")),
    ]
}
