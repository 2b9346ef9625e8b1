/// Fields of responses: RFC 9112, section 5, and RFC 9110, section 5.
enum ResponseFieldRequirements {
    static let all: [Requirement] = names + values + limits + kept

    private static func bad(_ id: String, level: Requirement.Level = .must, _ sentence: String, _ fields: String)
        -> Requirement
    {
        .badGateway(id, level: level, sentence, "HTTP/1.1 200 OK\r\n\(fields)Content-Length: 6\r\n\r\npoison")
    }

    private static let names: [Requirement] =
        [
            bad(
                "9112-5.1-response-space-before-colon", level: .mustNot,
                "A field of a response with a space before its colon is not passed on.", "X-Name : value\r\n"),
            bad(
                "9112-5.1-response-tab-before-colon", level: .mustNot,
                "A field of a response with a tab before its colon is not passed on.", "X-Name\t: value\r\n"),
            .badGateway(
                "9112-5.1-response-length-space", level: .mustNot,
                "A Content-Length with a space before its colon frames nothing.",
                "HTTP/1.1 200 OK\r\nContent-Length : 6\r\n\r\npoison"),
            .badGateway(
                "9112-5.1-response-coding-space", level: .mustNot,
                "A Transfer-Encoding with a space before its colon frames nothing.",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
            bad("9112-5-response-no-colon", "A field line has a colon.", "X-Name\r\n"),
            bad("9112-5-response-no-name", "A field has a name.", ": value\r\n"),
            bad("9112-5-response-space-in-name", "A field name is a token.", "X Name: value\r\n"),
            bad("9112-5-response-space-first", "No white space comes before the first field.", " X-Name: value\r\n"),
            bad("9112-5-response-tab-first", "No white space comes before the first field.", "\tX-Name: value\r\n"),
            bad("9112-5-response-nul-in-name", "A field name is a token.", "X-\u{0}Name: value\r\n"),
            bad("9112-5-response-control-in-name", "A field name is a token.", "X-\u{1}Name: value\r\n"),
            bad("9112-5-response-obs-text-in-name", "A field name is a token.", "X-N\u{E4}me: value\r\n"),
            bad("9112-5-response-cr-in-name", "A field name is a token.", "X-\rName: value\r\n"),
        ]
        + zip("(),/;<=>?@[\\]{}\"", 0...).map { mark, number in
            bad("9110-5.6.2-response-name-mark-\(number)", "A field name holds no \(mark).", "X\(mark)Name: value\r\n")
        }

    private static let values: [Requirement] = [
        bad("9112-5.2-response-fold-space", "A folded line in a response is answered with 502.", "X: a\r\n b\r\n"),
        bad("9112-5.2-response-fold-tab", "A folded line in a response is answered with 502.", "X: a\r\n\tb\r\n"),
        bad("9112-5.2-response-fold-empty", "A folded line in a response is answered with 502.", "X: a\r\n \r\n"),
        .badGateway(
            "9112-5.2-response-fold-length", "A folded Content-Length is answered with 502.",
            "HTTP/1.1 200 OK\r\nContent-Length:\r\n 6\r\n\r\npoison"),
        bad("9110-5.5-response-nul", "A value with NUL is answered with 502.", "X: a\u{0}b\r\n"),
        bad("9110-5.5-response-cr", "A value with a CR is answered with 502.", "X: a\rb\r\n"),
        bad("9110-5.5-response-cr-last", "A value that ends with a CR is answered with 502.", "X: a\r\r\n"),
        bad("9110-5.5-response-cr-injects", "A CR does not begin a field.", "X: a\rSet-Cookie: poison=1\r\n"),
        bad("9110-5.5-response-lf-injects", level: .may, "A LF alone begins no field to us.", "X: a\nY: poison\r\n"),
        bad("9110-5.5-response-bell", level: .may, "A control character makes a value invalid.", "X: a\u{7}b\r\n"),
        bad("9110-5.5-response-escape", level: .may, "A control character makes a value invalid.", "X: \u{1B}[2J\r\n"),
        bad("9110-5.5-response-delete", level: .may, "DEL is a control character.", "X: a\u{7F}b\r\n"),
        bad("9110-5.5-response-vt", level: .may, "A vertical tab is no white space.", "X: \u{B}a\r\n"),
        .badGateway(
            "9112-2.2-response-head-ends-lf", level: .may, "A head ends with CRLF, and LF alone is no end to us.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\npoison"),
        .badGateway(
            "9112-2.2-response-head-ends-cr", "A CR alone does not end a head.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\rpoison", after: [.close]),
    ]

    private static let limits: [Requirement] = [
        .badGateway(
            "9110-5.4-response-endless-head", level: .may, "A head without an end is answered with 502.",
            "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Padding: 0123456789\r\n", count: 60_000)),
        .badGateway(
            "9110-5.4-response-endless-name", level: .may, "A field name without an end is answered with 502.",
            "HTTP/1.1 200 OK\r\n" + String(repeating: "X", count: 1_200_000), after: [.close]),
        .badGateway(
            "9110-5.4-response-endless-value", level: .may, "A field value without an end is answered with 502.",
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 1_200_000), after: [.close]),
        .relayed(
            "9110-5.4-response-long-field", level: .may, "A field of 8,000 bytes passes.",
            .response("X-Long: \(String(repeating: "l", count: 8000))\r\n"),
            .answered(200, has: ["x-long: " + String(repeating: "l", count: 8000)], body: "ok")),
        .relayed(
            "9110-5.4-response-many-fields", level: .may, "Ninety fields pass.",
            .response((0..<90).map { "X-\($0): \($0)\r\n" }.joined()),
            .answered(200, has: (0..<90).map { "x-\($0): \($0)" }, body: "ok")),
    ]

    private static func kept(_ id: String, _ sentence: String, _ fields: String, _ seen: Expectation...)
        -> Requirement
    {
        Requirement(
            id: id, level: .must, sentence: sentence, client: .get(), options: Options(),
            upstream: .answer(.response(fields)),
            seen: [.answered(200, body: "ok")] + seen + [.upstreamSocket(.reused), .connection(.reused)])
    }

    private static let kept: [Requirement] = [
        kept(
            "9110-5.1-response-unknown-field", "Unrecognized fields are forwarded.", "X-Never-Heard-Of: it\r\n",
            .answered(200, has: ["x-never-heard-of: it"])),
        kept(
            "9110-5.1-response-name-case", "The case of a name is kept.", "eTaG: \"a\"\r\nX-UPPER: b\r\n",
            .clientReceived("\r\neTaG: \"a\"\r\n"), .clientReceived("\r\nX-UPPER: b\r\n")),
        kept(
            "9110-5.3-response-order", "Lines of one name keep their order and stay apart.",
            "X: 1\r\nY: a\r\nX: 2\r\nX: 3\r\n", .answerLines("x", ["1", "2", "3"])),
        kept(
            "9110-5.3-set-cookie-apart", "Lines of Set-Cookie are never combined.",
            "Set-Cookie: a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT\r\nSet-Cookie: b=2\r\nSet-Cookie: a=3\r\n",
            .answerLines("set-cookie", ["a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT", "b=2", "a=3"])),
        kept(
            "9110-5.5-response-empty-value", "An empty value is valid.", "X-Empty:\r\nX-Blank:   \r\n",
            .answered(200, has: ["x-empty: ", "x-blank: "])),
        kept(
            "9110-5.5-response-obs-text", "Bytes above 0x7F in a value pass as they are.",
            "X: gr\u{FC}\u{DF}e \u{C3}\u{BC} \u{80}\u{FF}\r\n",
            .answered(200, has: ["x: gr\u{FC}\u{DF}e \u{C3}\u{BC} \u{80}\u{FF}"])),
        kept(
            "9112-5.1-response-white-space", "White space around a value is no part of it.",
            "X: \t  a b\t c \t \r\n", .answered(200, has: ["x: a b\t c"])),
        kept(
            "9112-5.1-response-no-space", "No space is needed after the colon.", "X:a\r\n",
            .answered(200, has: ["x: a"])),
        kept(
            "9110-5.6.2-response-name-all-marks", "All characters of a token may be in a name.",
            "!#$%&'*+-.^_`|~09azAZ: a\r\n", .answered(200, has: ["!#$%&'*+-.^_`|~09azaz: a"])),
        kept(
            "9110-5.1-response-underscore", "A name with an underscore is a name of its own.",
            "Content_Length: 99\r\nTransfer_Encoding: chunked\r\n",
            .answered(200, has: ["content_length: 99", "transfer_encoding: chunked"], body: "ok")),
        kept(
            "9110-5.6.3-response-colons", "A value may hold colons, quotes and braces.",
            "X: a:b \"c:\\\"d\" {e} [f] <g>;h=i,,j\r\n",
            .answered(200, has: ["x: a:b \"c:\\\"d\" {e} [f] <g>;h=i,,j"])),
        kept(
            "9110-5.1-response-one-letter", "A name of one letter is a name.", "a: b\r\n",
            .answered(200, has: ["a: b"])),
    ]
}
