/// TRACE, OPTIONS and Max-Forwards: RFC 9110, sections 7.6.2, 9.3.7 and 9.3.8.
enum MaxForwardsRequirements {
    static let all: [Requirement] = [
        .must(
            "9110-7.6.2-options-zero", "OPTIONS with Max-Forwards: 0 is answered here.",
            request("OPTIONS", "/a", "Max-Forwards: 0\r\n"), .answered(200, has: ["allow: *"]), .nothingUpstream,
            .connection(.reused)),
        .may(
            "sluice-options-answer", "Our answer to OPTIONS has no content, and a length that says so.",
            request("OPTIONS", "/a", "Max-Forwards: 0\r\n"), options: Options(top: "via: sluice"),
            .answered(200, has: ["content-length: 0"], body: "")),
        .must(
            "9110-7.6.2-options-star", "OPTIONS * with Max-Forwards: 0 is answered here.",
            request("OPTIONS", "*", "Max-Forwards: 0\r\n"), .answered(200, has: ["allow: *"]), .nothingUpstream),
        .must(
            "9110-7.6.2-trace-zero", "TRACE with Max-Forwards: 0 is answered here with what was received.",
            request("TRACE", "/a?b", "Max-Forwards: 0\r\nX-A: 1\r\n"),
            .answered(200, has: ["content-type: message/http"]),
            .clientReceived("\r\n\r\nTRACE /a?b HTTP/1.1\r\n"), .clientReceived("X-A: 1"), .nothingUpstream,
            .connection(.reused)),
        .mustNot(
            "9110-9.3.8-sensitive", "The answer to TRACE leaves out what is secret.",
            request(
                "TRACE", "/a",
                "Max-Forwards: 0\r\nAuthorization: Basic secret1\r\nX-A: 1\r\ncookie: a=secret2\r\n"
                    + "Proxy-Authorization: secret3\r\nCookie: secret4\r\n"),
            .answered(200), .clientReceived("X-A: 1"), .clientReceived("secret", false), .nothingUpstream),
        decremented("one", "OPTIONS", "1", "0"), decremented("ten", "OPTIONS", "10", "9"),
        decremented("hundred", "TRACE", "100", "99"), decremented("trace", "TRACE", "5", "4"),
        decremented("zeros", "OPTIONS", "007", "6"),
        .must(
            "9110-7.6.2-large", "A number that is too large for us is lowered to one that is not.",
            request("OPTIONS", "/a", "Max-Forwards: 99999999999999999999\r\n"),
            .forwarded(startsWith: "OPTIONS /a HTTP/1.1", lacks: ["max-forwards: 99999999999999999999"])),
        .may(
            "9110-7.6.2-get", "Max-Forwards is for TRACE and OPTIONS: with GET it is let be.",
            .get("/a", "Max-Forwards: 0\r\n"), .forwarded(has: ["max-forwards: 0"])),
        .may(
            "9110-7.6.2-get-letters", "What is no number is let be with GET.", .get("/a", "Max-Forwards: x\r\n"),
            .forwarded(has: ["max-forwards: x"])),
        .must(
            "9110-7.6.2-none", "OPTIONS without Max-Forwards goes on.", request("OPTIONS", "/a"),
            .forwarded(startsWith: "OPTIONS /a HTTP/1.1", lacks: ["max-forwards:"]), .answered(200)),
        .must(
            "9110-9.3.8-trace", "TRACE without Max-Forwards goes on.", request("TRACE", "/a"),
            .forwarded(startsWith: "TRACE /a HTTP/1.1", lacks: ["max-forwards:"]), .answered(200)),
        invalid("letters", "x"), invalid("minus", "-1"), invalid("plus", "+1"), invalid("empty", ""),
        invalid("list", "1, 2"), invalid("point", "1.0"), invalid("hexadecimal", "0x1"), invalid("space", "1 0"),
        .may(
            "sluice-max-forwards-twice", "Two Max-Forwards fields are answered with 400.",
            request("OPTIONS", "/a", "Max-Forwards: 1\r\nMax-Forwards: 1\r\n"), .answered(400), .nothingUpstream),
        .mustNot(
            "9110-9.3.8-content", "TRACE has no content: with a length it is answered with 400.",
            request("TRACE", "/a", "Content-Length: 5\r\n", "hello"), .refused([400])),
        .mustNot(
            "9110-9.3.8-chunked", "TRACE has no content: chunked, it is answered with 400.",
            request("TRACE", "/a", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), .refused([400])),
        .may(
            "9110-9.3.8-zero", "TRACE with a length of zero has no content.",
            request("TRACE", "/a", "Content-Length: 0\r\n"), .forwarded(startsWith: "TRACE /a HTTP/1.1"), .answered(200)
        ),
    ]

    private static func request(_ method: String, _ target: String, _ fields: String = "", _ body: String = "")
        -> ClientScript
    {
        ClientScript("\(method) \(target) HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n\(body)")
    }

    private static func decremented(_ name: String, _ method: String, _ from: String, _ to: String) -> Requirement {
        .must(
            "9110-7.6.2-less-\(name)", "\(method) with Max-Forwards: \(from) goes on with \(to).",
            request(method, "/a", "Max-Forwards: \(from)\r\n"), .forwarded(has: ["max-forwards: \(to)"]), .answered(200)
        )
    }

    private static func invalid(_ name: String, _ value: String) -> Requirement {
        .may(
            "sluice-max-forwards-\(name)", "Max-Forwards that is no number (\(name)) is answered with 400.",
            request("OPTIONS", "/a", "Max-Forwards: \(value)\r\n"), .answered(400), .nothingUpstream)
    }
}
