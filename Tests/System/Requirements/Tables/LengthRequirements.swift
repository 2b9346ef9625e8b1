/// Content-Length in requests: RFC 9110, section 8.6, and RFC 9112, section 6.
enum LengthRequirements {
    static let all = spellings + repeated + incomplete + good

    private static let spellings: [Requirement] = [
        bad("minus", "a minus sign", "-5"), bad("plus", "a plus sign", "+5"), bad("minus-zero", "minus zero", "-0"),
        bad("hexadecimal", "hexadecimal digits", "0x5"), bad("octal-prefix", "a prefix", "0o5"),
        bad("point", "a point", "5.0"), bad("exponent", "an exponent", "5e0"), bad("letters", "letters", "five"),
        bad("letter-after", "a letter behind", "5a"), bad("letter-before", "a letter before", "a5"),
        bad("empty", "nothing", ""), bad("space-within", "a space within", "1 0"),
        bad("tab-within", "a tab within", "1\t0"), bad("underscore", "an underscore", "1_0"),
        bad("apostrophe", "a separator", "1'0"), bad("quotes", "quotes", "\"5\""),
        bad("semicolon", "a semicolon", "5;"),
        bad("parameter", "a parameter", "5;a=b"), bad("vertical-tab", "a vertical tab", "\u{0B}5"),
        bad("form-feed", "a form feed", "5\u{0C}"), bad("nul", "NUL", "5\0"), bad("no-break-space", "0xA0", "\u{A0}5"),
        bad("superscript", "another digit of Latin-1", "\u{B2}"), bad("other-digits", "digits of another script", "٥"),
        bad("cr", "a bare CR", "5\r"), bad("lf", "a bare LF", "5\n"),
        over("63-bits", "past 63 bits", "9223372036854775808"), over("64-bits", "past 64 bits", "18446744073709551616"),
        over("64-bits-wraps", "which wraps to 5 at 64 bits", "18446744073709551621"),
        over("hundred-digits", "of a hundred digits", String(repeating: "9", count: 100)),
        over("zeros-and-more", "past 64 bits behind zeros", "000000000000000018446744073709551621"),
    ]

    private static func bad(_ name: String, _ what: String, _ value: String) -> Requirement {
        .must(
            "9112-6.3-length-\(name)", "A Content-Length with \(what) is answered with 400.",
            .post("Content-Length: \(value)\r\n", "hello"), .refused([400]))
    }

    private static func over(_ name: String, _ what: String, _ value: String) -> Requirement {
        .must(
            "9110-8.6-length-\(name)", "A Content-Length \(what) does not overflow.",
            .post("Content-Length: \(value)\r\n", "hello"), .refused([400, 413]))
    }

    private static let repeated: [Requirement] = [
        differs("two", "Two lengths that differ are answered with 400.", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        differs(
            "shorter", "A second, shorter length is answered with 400.", "Content-Length: 5\r\nContent-Length: 0\r\n"),
        differs(
            "apart", "Two lengths with fields between them are two.",
            "Content-Length: 5\r\nX: 1\r\nContent-Length: 4\r\n"),
        differs("case", "Two lengths in other spellings are two.", "Content-Length: 5\r\ncONTENT-lENGTH: 4\r\n"),
        differs("one-bad", "A good length does not heal a bad one.", "Content-Length: 5\r\nContent-Length: x\r\n"),
        differs("bad-first", "A bad length is not healed by a good one.", "Content-Length: x\r\nContent-Length: 5\r\n"),
        differs("one-empty", "An empty length beside a good one is bad.", "Content-Length: 5\r\nContent-Length:\r\n"),
        differs(
            "third", "A third length that differs is answered with 400.",
            "Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 4\r\n"),
        differs("list", "A list of lengths that differ is answered with 400.", "Content-Length: 5, 6\r\n"),
        differs("list-of-bad", "A list with a bad length is answered with 400.", "Content-Length: 5, x\r\n"),
        differs("list-sign", "A list with a signed length is answered with 400.", "Content-Length: 5, +5\r\n"),
        .must(
            "9110-8.6-equal-fields", "Equal lengths are refused, or passed on as one.",
            .post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), refusedOrOne),
        .must(
            "9110-8.6-equal-list", "A list of equal lengths is refused, or passed on as one.",
            .post("Content-Length: 5, 5\r\n", "hello"), refusedOrOne),
        .must(
            "9110-8.6-equal-value", "Lengths equal in value are refused, or passed on as one.",
            .post("Content-Length: 5\r\nContent-Length: 05\r\n", "hello"), refusedOrOne),
        .must(
            "9112-6.3-length-old-differ", "Two lengths that differ are refused in HTTP/1.0 too.",
            "POST / HTTP/1.0\r\nHost: a.example\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", .refused([400])
        ),
        .must(
            "9112-6.3-length-get", "A bad length is answered with 400 whatever the method.",
            .get("/", "Content-Length: x\r\n"), .refused([400])),
        .must(
            "9112-6.3-length-head", "A bad length is answered with 400 for HEAD too.",
            "DELETE / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0, 1\r\n\r\n", .refused([400])),
    ]

    private static let refusedOrOne = Expectation.anyOf([
        [.refused([400], followed: false)], [.forwarded(has: ["content-length: 5"], body: "hello"), .requests(1)],
    ])

    private static func differs(_ name: String, _ sentence: String, _ fields: String) -> Requirement {
        .must("9112-6.3-length-repeated-\(name)", sentence, .post(fields, "hello"), .refused([400]))
    }

    private static let incomplete: [Requirement] = [
        .must(
            "9112-8-length-short", "A request whose content ends early is incomplete, and stays so upstream.",
            [.send(ClientScript.post("Content-Length: 10\r\n", "hello").sent), .shutdownWrite],
            .requests(0), .connection(.closed)),
        .must(
            "9112-8-length-none", "A request whose content never comes is incomplete.",
            [.send(ClientScript.post("Content-Length: 10\r\n").sent), .shutdownWrite],
            .requests(0), .connection(.closed)),
        .must(
            "9112-8-length-reset", "A client that resets within its content leaves half a request behind.",
            [
                .send(ClientScript.post("Content-Length: 10\r\n", "hello").sent), .waitUpstream("hello"), .reset,
            ],
            .requests(0)),
        .must(
            "9112-8-length-leaves", "A client that leaves within its content leaves half a request behind.",
            [
                .send(ClientScript.post("Content-Length: 10\r\n", "hello").sent), .waitUpstream("hello"), .close,
            ],
            .requests(0)),
        .must(
            "9112-8-head-only", "A head that never ends is no request.",
            [.send("GET / HTTP/1.1\r\nHost: a.example\r\n"), .shutdownWrite], .nothingUpstream, .connection(.closed)),
    ]

    private static let good: [Requirement] = [
        .must(
            "9112-6.2-body", "A body by length is passed on, byte for byte.", .post("Content-Length: 5\r\n", "hello"),
            .forwarded(has: ["content-length: 5"], body: "hello"), .connection(.reused), .upstreamSocket(.reused)),
        .must(
            "9112-6.2-body-binary", "A body may hold every byte.",
            .post("Content-Length: 256\r\n", everyByte), .forwarded(body: everyByte)),
        .must(
            "9112-6.2-body-like-request", "A body that looks like a request is a body.",
            .post("Content-Length: 36\r\n", "GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            .forwarded(body: "GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"), .requests(1), .connection(.reused)),
        .must(
            "9112-6.3-length-zero", "A length of zero is no content.", .post("Content-Length: 0\r\n"),
            .forwarded(has: ["content-length: 0"], body: ""), .connection(.reused)),
        .must(
            "9112-6.3-post-no-length", "A POST without length has no content.", .post(""),
            .forwarded(lacks: ["transfer-encoding:"], body: ""), .connection(.reused)),
        .must(
            "9110-8.6-leading-zeros", "Leading zeros of a length are digits.",
            .post("Content-Length: 0005\r\n", "hello"),
            .forwarded(body: "hello"), .requests(1), .connection(.reused)),
        .must(
            "9110-8.6-many-zeros", "Thirty leading zeros change nothing.",
            .post("Content-Length: \(String(repeating: "0", count: 30))5\r\n", "hello"),
            .anyOf([[.forwarded(body: "hello"), .requests(1)], [.refused([400], followed: false)]])),
        .must(
            "9112-5.1-length-space", "White space around a length is no part of it.",
            .post("Content-Length:\t 5 \t\r\n", "hello"), .forwarded(body: "hello"), .connection(.reused)),
        .must(
            "9112-6-get-body", "A GET may have content.",
            "GET /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello",
            .forwarded(startsWith: "GET /a HTTP/1.1", body: "hello"), .requests(1), .connection(.reused)),
        .must(
            "9112-6-delete-body", "A DELETE may have content.",
            "DELETE /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello",
            .forwarded(startsWith: "DELETE /a HTTP/1.1", body: "hello"), .connection(.reused)),
        .must(
            "9112-6-options-body", "An OPTIONS may have content.",
            "OPTIONS /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello", .forwarded(body: "hello"),
            .connection(.reused)),
        .must(
            "9112-6-unknown-body", "A method that is not known may have content.",
            "REPORT /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello", .forwarded(body: "hello"),
            .connection(.reused)),
        .must(
            "9112-6.2-split", "A body that comes byte by byte is the same body.",
            ClientScript.post("Content-Length: 5\r\n", "he\r\no").byByte, .forwarded(body: "he\r\no"), .requests(1)),
        .must(
            "9112-6.2-big", "A body of 300,000 bytes is passed on whole.",
            .post("Content-Length: 300000\r\n", String(repeating: "0123456789", count: 30_000)),
            .forwarded(body: String(repeating: "0123456789", count: 30_000)), .connection(.reused)),
        .must(
            "9112-6.2-old", "An HTTP/1.0 request may have a body by length.",
            "POST /a HTTP/1.0\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello", .forwarded(body: "hello")),
        .mustNot(
            "9110-7.6.1-connection-length",
            "Content-Length is not taken for a private field because Connection names it.",
            .post("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"),
            .anyOf([[.forwarded(body: "hello"), .requests(1)], [.refused([400], followed: false)]])),
    ]

    private static let everyByte = WireText.text((0...255).map { UInt8($0) })
}
