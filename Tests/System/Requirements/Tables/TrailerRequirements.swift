/// Trailer fields of requests: RFC 9112, section 7.1.2, and RFC 9110, section 6.5.
enum TrailerRequirements {
    static let all = grammar + forbidden + good

    private static let grammar: [Requirement] = [
        bad("no-colon", "A trailer has a colon.", "X\r\n"), bad("no-name", "A trailer has a name.", ": 1\r\n"),
        bad("space-before-colon", "A trailer has no space before its colon.", "X : 1\r\n"),
        bad("name", "A trailer's name is a token.", "X(A): 1\r\n"),
        bad("fold", "A trailer is not folded.", "X: 1\r\n 2\r\n"),
        bad("space-first", "No white space begins the trailers.", " X: 1\r\n"),
        bad("nul", "A trailer holds no NUL.", "X: \0\r\n"), bad("cr", "A trailer holds no CR.", "X: a\rb\r\n"),
        bad("control", "A trailer holds no control character.", "X: \u{01}\r\n"),
        bad("lf", "A trailer ends with CRLF, not LF.", "X: 1\nY: 2\r\n"),
        bad("cr-cr-lf", "A trailer ends with CRLF, not CR CR LF.", "X: 1\r\r\n"),
        bad("second", "A second trailer is looked at too.", "X: 1\r\nY : 2\r\n"),
        bad("request-line", "A request line is no trailer.", "GET /b HTTP/1.1\r\n"),
        .may(
            "9112-7.1.2-lf-end", "LF alone does not end the trailers.", .chunked("5\r\nhello\r\n0\r\nX: 1\r\n\n"),
            .brokenOff([400])),
        .should(
            "9110-5.4-trailers-many", "Trailers without end are refused.",
            .chunked("5\r\nhello\r\n0\r\n\(String(repeating: "X: 1\r\n", count: 20_000))\r\n"),
            .brokenOff([400, 413, 431])),
        .should(
            "9110-5.4-trailer-long", "A trailer of 100,000 bytes is refused.",
            .chunked("5\r\nhello\r\n0\r\nX: \(String(repeating: "1", count: 100_000))\r\n\r\n"),
            .brokenOff([400, 413, 431])),
        .should(
            "9110-5.4-trailer-endless", "A trailer that never ends is refused before it does.",
            .chunked("5\r\nhello\r\n0\r\nX: \(String(repeating: "1", count: 100_000))"), .brokenOff([400, 413, 431])),
    ]

    private static func bad(_ name: String, _ sentence: String, _ trailers: String) -> Requirement {
        .should("9112-7.1.2-\(name)", sentence, .chunked("5\r\nhello\r\n0\r\n\(trailers)\r\n"), .brokenOff([400]))
    }

    /// RFC 9110, section 6.5.1: fields that frame, route, authenticate or modify a request are no trailers.
    private static let forbidden: [Requirement] = [
        forbidden("Content-Length", "7"), forbidden("Transfer-Encoding", "gzip"), forbidden("Host", "b.example"),
        forbidden("Authorization", "Basic eDp5"), forbidden("Proxy-Authorization", "Basic eDp5"),
        forbidden("Cookie", "a=b"), forbidden("Connection", "close"), forbidden("Upgrade", "websocket"),
        forbidden("Trailer", "X"), forbidden("TE", "trailers"), forbidden("Keep-Alive", "timeout=1"),
        forbidden("Content-Type", "text/html"), forbidden("Content-Encoding", "gzip"),
        forbidden("Content-Range", "bytes 0-1/2"), forbidden("Range", "bytes=0-1"), forbidden("Expect", "100-continue"),
        forbidden("Max-Forwards", "1"), forbidden("If-Match", "\"a\""), forbidden("Cache-Control", "no-cache"),
        forbidden("Via", "1.1 b"), forbidden("Forwarded", "for=192.0.2.1"),
        forbidden("X-Forwarded-For", "192.0.2.1"), forbidden("X-Forwarded-Proto", "https"),
        forbidden("cONTENT-lENGTH", "7"), forbidden("hOST", "b.example"),
    ]

    private static func forbidden(_ name: String, _ value: String) -> Requirement {
        let suffix = name.first?.isLowercase == true ? "\(name.lowercased())-spelling" : name.lowercased()
        return .mustNot(
            "9110-6.5.1-trailer-\(suffix)",
            "\(name) is not accepted as a trailer: it is dropped, or the request refused.",
            .chunked("5\r\nhello\r\n0\r\nX-A: 1\r\n\(name): \(value)\r\n\r\n"),
            .upstreamReceived("\r\n\(name): \(value)\r\n", false),
            .anyOf([
                [.brokenOff([400])], [.forwarded(body: "hello", trailers: ["x-a: 1"]), .requests(1)],
                [.forwarded(body: "hello", trailers: []), .requests(1)],
            ]))
    }

    private static let good: [Requirement] = [
        .may(
            "9110-6.5.2-pass", "Other trailers are passed on in order.",
            .chunked("5\r\nhello\r\n0\r\nX-A: 1\r\nX-B:2\r\nx-a: 3\r\n\r\n"),
            .forwarded(body: "hello", trailers: ["x-a: 1", "x-b: 2", "x-a: 3"]), .requests(1), .connection(.reused)),
        .may(
            "9110-6.5.2-announced", "An announced trailer is passed on.",
            .chunked("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", "Trailer: X-Sum\r\n"),
            .forwarded(body: "hello", trailers: ["x-sum: 1"])),
        .may(
            "9110-6.5.2-empty-body", "An empty body may have trailers.", .chunked("0\r\nX-Sum: 0\r\n\r\n"),
            .forwarded(body: "", trailers: ["x-sum: 0"]), .connection(.reused)),
        .may(
            "9110-6.5.2-values", "A trailer's value may be empty, or hold bytes above ASCII.",
            .chunked("0\r\nX-A:\r\nX-B: caf\u{E9}\r\n\r\n"), .forwarded(trailers: ["x-a: ", "x-b: caf\u{E9}"])),
        .must(
            "9110-7.6.1-trailer-named", "A trailer that Connection names is removed, or the request refused.",
            .chunked("5\r\nhello\r\n0\r\nX-Private: 1\r\nX-A: 1\r\n\r\n", "Connection: X-Private\r\n"),
            .anyOf([[.brokenOff([400])], [.forwarded(body: "hello"), .requests(1)]]),
            .upstreamReceived("X-Private: 1", false)),
    ]
}
