/// Max-Forwards, TRACE and OPTIONS: RFC 9110, sections 7.6.2, 9.3.7 and 9.3.8.
enum TraceRequirements {
    static let all: [Requirement] = trace + options + others + invalid

    private static let trace: [Requirement] = [
        .must(
            "9110-7.6.2-trace-zero-shown", "A TRACE that may go no further is answered here with what was received.",
            .request("TRACE", "/a?b", "Max-Forwards: 0\r\nX-Odd-CASE: y  z\r\n"), .nothingUpstream,
            .answered(200, has: ["content-type: message/http"]),
            .clientReceived("TRACE /a?b HTTP/1.1\r\nHost: a.example\r\n"),
            .clientReceived("\r\nX-Odd-CASE: y  z\r\n"), .connection(.reused)),
        .must(
            "9110-7.6.2-trace-one", "A TRACE that goes on has one step less.",
            .request("TRACE", "/", "Max-Forwards: 1\r\n"),
            .forwarded(startsWith: "TRACE / HTTP/1.1", has: ["max-forwards: 0"]), .answered(200, body: "ok")),
        .must(
            "9110-7.6.2-trace-ten", "A number may lose a digit.", .request("TRACE", "/", "Max-Forwards: 10\r\n"),
            .forwarded(has: ["max-forwards: 9"]), .answered(200)),
        .must(
            "9110-7.6.2-trace-zeros", "Zeros may lead the number.", .request("TRACE", "/", "Max-Forwards: 003\r\n"),
            .anyOf([[.forwarded(has: ["max-forwards: 2"])], [.forwarded(has: ["max-forwards: 002"])]]),
            .answered(200)),
        .must(
            "9110-7.6.2-trace-zero-zeros", "Zero is zero in any length.",
            .request("TRACE", "/", "Max-Forwards: 000\r\n"), .nothingUpstream, .answered(200)),
        .must(
            "9110-9.3.8-trace-passes", "A TRACE without Max-Forwards is forwarded.", .request("TRACE"),
            .forwarded(startsWith: "TRACE / HTTP/1.1", lacks: ["max-forwards:"]), .answered(200, body: "ok")),
        .must(
            "9110-7.6.2-trace-large", "A large number is decremented, or becomes the largest that we know.",
            .request("TRACE", "/", "Max-Forwards: 4000000000\r\n"), .forwarded(has: ["max-forwards: 3999999999"]),
            .answered(200)),
        .must(
            "9110-7.6.2-trace-huge", "A number that overflows is not taken for a small one.",
            .request("TRACE", "/", "Max-Forwards: 18446744073709551616\r\n"),
            .anyOf([[.forwarded(lacks: ["max-forwards: 0", "max-forwards: -1"]), .answered(200)], [.answered(400)]])),
    ]

    private static func refused(
        _ id: String, _ sentence: String, _ method: String, _ fields: String, _ body: String = ""
    ) -> Requirement {
        // The specification does not say what to do with what is no number: a peer is not asked.
        .may(
            "9110-7.6.2-\(id)", sentence,
            ClientScript("\(method) / HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n\(body)"),
            options: Options(top: "via: sluice"), .refused([400]))
    }

    private static let options: [Requirement] = [
        .must(
            "9110-7.6.2-options-two", "An OPTIONS that goes on has one step less.",
            .request("OPTIONS", "/", "Max-Forwards: 2\r\n"),
            .forwarded(startsWith: "OPTIONS / HTTP/1.1", has: ["max-forwards: 1"]), .answered(200)),
        .must(
            "9110-7.6.2-options-case", "The name of the field has no case.",
            .request("OPTIONS", "/", "mAX-fORWARDS: 5\r\n"), .forwarded(has: ["max-forwards: 4"]), .answered(200)),
        .must(
            "9110-9.3.7-options-passes", "An OPTIONS without Max-Forwards is forwarded.", .request("OPTIONS", "*"),
            .forwarded(startsWith: "OPTIONS * HTTP/1.1", lacks: ["max-forwards:"]), .answered(200)),
        .must(
            "9110-9.3.7-options-content", "An OPTIONS may have content.",
            ClientScript("OPTIONS / HTTP/1.1\r\nHost: a.example\r\nMax-Forwards: 3\r\nContent-Length: 2\r\n\r\nhi"),
            .forwarded(has: ["max-forwards: 2"], body: "hi"), .answered(200)),
        .must(
            "9110-7.6.2-options-zero-content", "The content of an OPTIONS that is answered here is no next request.",
            ClientScript(
                "OPTIONS / HTTP/1.1\r\nHost: a.example\r\nMax-Forwards: 0\r\nContent-Length: 46\r\n\r\n"
                    + "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\nab"), .answered(200), .never("/smuggled")),
    ]

    private static let others: [Requirement] = ["GET", "HEAD", "POST", "DELETE", "PROPFIND"].flatMap { method in
        [
            Requirement.may(
                "9110-7.6.2-other-\(method.lowercased())", "Max-Forwards of \(method) is passed as it came.",
                .request(method, "/", "Max-Forwards: 0\r\n"),
                .forwarded(startsWith: "\(method) / HTTP/1.1", has: ["max-forwards: 0"]), .answered(200)),
            Requirement.may(
                "9110-7.6.2-other-odd-\(method.lowercased())", "Max-Forwards of \(method) means nothing to us.",
                .request(method, "/", "Max-Forwards: many\r\n"), .forwarded(has: ["max-forwards: many"]),
                .answered(200)),
        ]
    }

    private static let invalid: [Requirement] = ["TRACE", "OPTIONS"].flatMap { method in
        [
            ("empty", ""), ("letters", "many"), ("minus", "-1"), ("plus", "+1"), ("decimal", "1.5"), ("list", "1, 2"),
            ("hex", "0x1"), ("space", "1 2"), ("quoted", "\"1\""),
        ].map { name, value in
            refused(
                "\(method.lowercased())-invalid-\(name)", "Max-Forwards is a decimal number.", method,
                "Max-Forwards: \(value)\r\n")
        } + [
            refused(
                "\(method.lowercased())-invalid-twice", "Max-Forwards comes once.", method,
                "Max-Forwards: 1\r\nMax-Forwards: 1\r\n")
        ]
    }
}
