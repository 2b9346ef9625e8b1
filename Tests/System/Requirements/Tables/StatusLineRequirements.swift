/// Status lines: RFC 9112, section 4, and RFC 9110, sections 2.5 and 15.
enum StatusLineRequirements {
    static let all: [Requirement] = malformed + versions + codes + reasons

    private static let malformed: [Requirement] = [
        .badGateway("9112-4-garbage", "What is no status line is answered with 502.", "poison\r\n\r\n"),
        .badGateway("9112-4-empty-line-first", "No empty line comes before a response.", "\r\n\(String.response())"),
        .badGateway("9112-4-leading-space", "No white space comes before a response.", " \(String.response())"),
        .badGateway("9112-4-request", "A request is no response.", "GET / HTTP/1.1\r\nHost: poison\r\n\r\n"),
        .badGateway("9112-4-field-first", "A response begins with a status line.", "Content-Length: 2\r\n\r\nok"),
        .badGateway("9112-4-version-alone", "A status line has a status.", "HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
        .badGateway("9112-4-status-missing", "A status line has a status.", "HTTP/1.1 \r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-4-status-is-reason", "The status comes before the reason.",
            "HTTP/1.1 OK 200\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-4-two-spaces-first", "One space, and no more, comes before the status.",
            "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-4-tab-first", "The separator of a status line is a space.",
            "HTTP/1.1\t200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-4-tab-second", "The separator of a status line is a space.",
            "HTTP/1.1 200\tOK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.2-status-bare-lf", level: .may, "A status line ends with CRLF, and LF alone is no end to us.",
            "HTTP/1.1 200 OK\nContent-Length: 6\r\n\r\npoison"),
        .badGateway(
            "9112-2.2-all-bare-lf", level: .may, "A head of lines that end with LF alone is none to us.",
            "HTTP/1.1 200 OK\nContent-Length: 6\n\npoison"),
        .badGateway(
            "9112-2.2-status-bare-cr", "A CR within a status line makes it invalid.",
            "HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.2-status-cr-end", "A CR alone does not end a status line.",
            "HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.2-status-cr-cr-lf", "A CR before CRLF makes a status line invalid.",
            "HTTP/1.1 200 OK\r\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-4-tls", "The answer of a server that speaks TLS is answered with 502.",
            "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{28}", after: [.close]),
        .badGateway(
            "9112-4-http2-preface", "The frames of an HTTP/2 server are answered with 502.",
            "\u{0}\u{0}\u{12}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{3}\u{0}\u{0}\u{0}\u{64}", after: [.close]),
        .badGateway(
            "9112-4-icy", "The status line of another protocol is answered with 502.",
            "ICY 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-4-long-line", level: .may, "A status line that does not end within a bound is answered with 502.",
            "HTTP/1.1 200 \(String(repeating: "a", count: 1_200_000))", after: [.close]),
    ]

    private static let versions: [Requirement] = [
        .badGateway(
            "9112-2.3-version-http2", "A response of another major version is answered with 502.",
            "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-http2-short", "A version has a major and a minor number.",
            "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-http0", "A response of another major version is answered with 502.",
            "HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-no-minor", "A version has a major and a minor number.",
            "HTTP/1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-no-minor-digit", "A version has a major and a minor number.",
            "HTTP/1. 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-two-digits", "A version number is one digit.",
            "HTTP/1.10 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-leading-zero", "A version number is one digit.",
            "HTTP/01.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-comma", "The numbers of a version are separated by a dot.",
            "HTTP/1,1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-lower-case", "The name HTTP is written in capitals.",
            "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-mixed-case", "The name HTTP is written in capitals.",
            "HTTp/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-letters", "A version number is a digit.",
            "HTTP/1.x 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-2.3-version-backslash", "A slash comes before the version.",
            "HTTP\\1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .must(
            "9110-2.5-version-1.0", "The version of a forwarded response is the proxy's own.", .get(),
            upstream: .answer("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            .answered(200, contains: "HTTP/1.1 200 OK\r\n", body: "ok"), .connection(.reused),
            .upstreamSocket(.closed)),
        .should(
            "9110-2.5-version-1.9", "A response of a higher minor version is taken for one of HTTP/1.1.", .get(),
            upstream: .answer("HTTP/1.9 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            .anyOf([[.answered(200, contains: "HTTP/1.1 200 OK\r\n", body: "ok")], [.answered(502)]]),
            .connection(.reused)),
    ]

    private static let codes: [Requirement] =
        [
            .badGateway(
                "9112-4-status-two-digits", "A status has three digits.",
                "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9112-4-status-four-digits", "A status has three digits.",
                "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9112-4-status-letters", "A status has three digits.", "HTTP/1.1 2OO OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9112-4-status-sign", "A status has three digits.", "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9112-4-status-minus", "A status has three digits.", "HTTP/1.1 -200 OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9112-4-status-decimal", "A status is an integer.", "HTTP/1.1 200.1 OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9110-15-status-000", "A status lies between 100 and 599.",
                "HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9110-15-status-099", "A status lies between 100 and 599.",
                "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9110-15-status-600", level: .should, "A status above 599 is a server's error.",
                "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n"),
            .badGateway(
                "9110-15-status-999", level: .should, "A status above 599 is a server's error.",
                "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n"),
        ]
        + [200, 201, 202, 203, 206, 207, 226, 299, 300, 301, 302, 303, 307, 308, 399, 400, 401, 404, 418, 451, 499]
        .map(unchanged) + [500, 501, 503, 504, 511, 599].map(unchanged)

    /// A response with this code passes as it came.
    private static func unchanged(_ code: Int) -> Requirement {
        .relayed(
            "9110-15-relayed-\(code)", level: code % 100 == 99 ? .must : .mustNot,
            "A proxy changes neither the status nor the content of a \(code), known or not.",
            "HTTP/1.1 \(code) Just so\r\nX-Kept: yes\r\nContent-Length: 7\r\n\r\ncontent",
            .answered(code, has: ["x-kept: yes"], contains: "HTTP/1.1 \(code) Just so\r\n", body: "content"))
    }

    private static let reasons: [Requirement] = [
        .relayed(
            "9112-4-reason-empty", "An empty reason is valid.", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
            .answered(200, contains: "HTTP/1.1 200 ", body: "ok")),
        .may(
            "9112-4-reason-no-space", "A status line without the space before the reason is mended or refused.",
            .get(), upstream: .answer("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"),
            .anyOf([[.answered(200, contains: "HTTP/1.1 200 \r\n", body: "ok")], [.answered(502)]])),
        .relayed(
            "9112-4-reason-words", "A reason of several words passes.",
            .response(status: "404 Not here, nor there; (ever)"),
            .answered(404, contains: "HTTP/1.1 404 Not here, nor there; (ever)\r\n", body: "ok")),
        .relayed(
            "9112-4-reason-tab", "A reason may hold tabs.", .response(status: "200 All\tis well"),
            .answered(200, body: "ok")),
        .relayed(
            "9112-4-reason-obs-text", "A reason may hold bytes above 0x7F.",
            .response(status: "200 \u{C3}\u{A9}t\u{E9}"), .answered(200, body: "ok")),
        .relayed(
            "9112-4-reason-spaces", "A reason may begin with a space.", .response(status: "200  OK "),
            .answered(200, body: "ok")),
        .badGateway(
            "9112-4-reason-nul", "A reason holds no NUL.", "HTTP/1.1 200 O\u{0}K\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-4-reason-escape", "A reason holds no control characters.",
            "HTTP/1.1 200 \u{1B}[31mOK\r\nContent-Length: 0\r\n\r\n"),
        .badGateway(
            "9112-4-reason-delete", "A reason holds no control characters.",
            "HTTP/1.1 200 O\u{7F}K\r\nContent-Length: 0\r\n\r\n"),
    ]
}
