/// Field lines: RFC 9112, sections 2.2 and 5, and RFC 9110, sections 5.1 to 5.6.
enum FieldRequirements {
    static let all = names + colons + folding + lineEnds + values + good

    private static let names: [Requirement] = [
        name("space", "X A"), name("quote", "\"X\""), name("parentheses", "X(A)"), name("comma", "X,A"),
        name("slash", "X/A"), name("semicolon", "X;A"), name("less", "X<A"), name("equals", "X=A"),
        name("greater", "X>A"), name("question", "X?A"), name("at", "X@A"), name("brackets", "X[A]"),
        name("backslash", "X\\A"), name("braces", "X{A}"), name("del", "X\u{7F}"), name("control", "X\u{01}A"),
        name("tab", "X\tA"), name("vertical-tab", "X\u{0B}A"), name("nul", "X\0A"), name("nul-first", "\0X"),
        name("8-bit", "X-\u{C9}"), name("soft-hyphen", "Transfer\u{AD}Encoding"), name("bom", "\u{EF}\u{BB}\u{BF}X"),
        name("cr", "X\rA"),
        .should("9110-5.1-name-empty", "A field has a name.", .get("/", ": 1\r\n"), .refused([400])),
    ]

    private static func name(_ name: String, _ field: String) -> Requirement {
        .should(
            "9110-5.1-name-\(name)", "A field name is a token; one with other characters (\(name)) is refused.",
            .get("/", "\(field): 1\r\n"), .refused([400]))
    }

    private static let colons: [Requirement] = [
        .must(
            "9112-5.1-space-before-colon", "White space between a field's name and its colon is answered with 400.",
            .get("/", "X-A : 1\r\n"), .refused([400])),
        .must(
            "9112-5.1-tab-before-colon", "A tab before the colon is answered with 400.", .get("/", "X-A\t: 1\r\n"),
            .refused([400])),
        .must(
            "9112-5.1-space-before-colon-host", "A space before the colon of Host is answered with 400.",
            "GET / HTTP/1.1\r\nHost : a.example\r\n\r\n", .refused([400])),
        .must(
            "9112-5.1-space-before-colon-length", "A space before the colon of Content-Length is answered with 400.",
            .post("Content-Length : 5\r\n", "hello"), .refused([400])),
        .must(
            "9112-5.1-space-before-colon-last", "A space before the colon is refused in the last of many fields.",
            .get("/", "\(String(repeating: "X: 1\r\n", count: 50))X-A : 1\r\n"), .refused([400])),
        .should("9112-5-no-colon", "A field line has a colon.", .get("/", "X-A\r\n"), .refused([400])),
        .should(
            "9112-5-no-colon-length", "A field line without colon is refused, whatever it resembles.",
            .post("Content-Length 5\r\n", "hello"), .refused([400])),
        .should("9112-5-space-for-name", "A space is no name.", .get("/", "X: 1\r\n : 2\r\n"), .refused([400])),
        .should(
            "9112-5-colon-first", "A line that begins with its colon has no name.", .get("/", ":authority: a\r\n"),
            .refused([400])),
        .should(
            "9112-5-request-line-again", "A second request line is no field.", .get("/", "GET /b HTTP/1.1\r\n"),
            .refused([400])),
    ]

    /// RFC 9112, section 5.2: refuse, or replace by spaces. A proxy that unfolds trusts that nobody behind it splits.
    private static let folding: [Requirement] = [
        .must("9112-5.2-space", "A folded line is refused.", .get("/", "X: 1\r\n 2\r\n"), .refused([400])),
        .must("9112-5.2-tab", "A line folded with a tab is refused.", .get("/", "X: 1\r\n\t2\r\n"), .refused([400])),
        .must(
            "9112-5.2-empty", "A folded line with nothing in it is refused.", .get("/", "X: 1\r\n \r\n"),
            .refused([400])),
        .must(
            "9112-5.2-empty-first", "A value that begins on the folded line is refused.", .get("/", "X:\r\n 1\r\n"),
            .refused([400])),
        .must(
            "9112-5.2-host", "A folded Host is refused.", "GET / HTTP/1.1\r\nHost: a.example\r\n b\r\n\r\n",
            .refused([400])),
        .must(
            "9112-5.2-length", "A folded Content-Length is refused.", .post("Content-Length:\r\n 5\r\n", "hello"),
            .refused([400])),
        .must(
            "9112-5.2-like-field", "A folded line that looks like a field is refused.",
            .get("/", "X: 1\r\n Content-Length: 5\r\n"), .refused([400])),
    ]

    private static let lineEnds: [Requirement] = [
        .may(
            "9112-2.2-lf-ends-field", "A field line ends with CRLF: LF alone is refused.",
            .get("/", "X: 1\nY: 2\r\n"), .refused([400])),
        .may(
            "9112-2.2-lf-ends-head", "A head ends with CRLF: LF alone is refused.",
            "GET / HTTP/1.1\r\nHost: a.example\r\n\n", .refused([400])),
        .may(
            "9112-2.2-lf-everywhere", "A head with bare LFs alone is refused.",
            "GET / HTTP/1.1\nHost: a.example\n\n", .refused([400])),
        .may(
            "9112-2.2-lf-then-crlf", "LF and then CRLF do not end a head.",
            "GET / HTTP/1.1\r\nHost: a.example\n\r\n", .refused([400])),
        .must(
            "9112-2.2-cr-ends-field", "CR alone ends no field.", .get("/", "X: 1\rY: 2\r\n"), .refused([400])),
        .must("9112-2.2-cr-cr-lf-field", "CR CR LF ends no field.", .get("/", "X: 1\r\r\n"), .refused([400])),
        .must(
            "9112-2.2-cr-before-end", "A CR before the empty line is refused.",
            "GET / HTTP/1.1\r\nHost: a.example\r\n\r\r\n", .refused([400])),
        .must(
            "9112-2.2-cr-first", "A CR before a name is refused.", .get("/", "\rX: 1\r\n"), .refused([400])),
    ]

    private static let values: [Requirement] = [
        .must("9110-5.5-nul", "NUL in a value is refused.", .get("/", "X: a\0b\r\n"), .refused([400])),
        .must("9110-5.5-nul-alone", "A value of NUL is refused.", .get("/", "X: \0\r\n"), .refused([400])),
        .must("9110-5.5-nul-last", "NUL at a value's end is refused.", .get("/", "X: a\0\r\n"), .refused([400])),
        .must("9110-5.5-cr", "CR in a value is refused.", .get("/", "X: a\rb\r\n"), .refused([400])),
        .must("9110-5.5-cr-first", "CR before a value is refused.", .get("/", "X:\ra\r\n"), .refused([400])),
        .must("9110-5.5-lf", "LF in a value is refused.", .get("/", "X: a\nb\r\n"), .refused([400])),
        control("01", "\u{01}"), control("08", "\u{08}"), control("0b", "\u{0B}"), control("0c", "\u{0C}"),
        control("0e", "\u{0E}"), control("1b", "\u{1B}"), control("1f", "\u{1F}"), control("7f", "\u{7F}"),
        .may(
            "9110-5.5-control-first", "A control character before a value is refused.", .get("/", "X: \u{0B}a\r\n"),
            .refused([400])),
        .may(
            "9110-5.5-control-far", "A control character is refused far into a value.",
            .get("/", "X: \(String(repeating: "a", count: 5000))\u{01}\r\n"), .refused([400])),
    ]

    private static func control(_ name: String, _ byte: String) -> Requirement {
        .may(
            "9110-5.5-control-\(name)", "The control character 0x\(name) in a value is refused.",
            .get("/", "X: a\(byte)b\r\n"), .refused([400]))
    }

    private static let good: [Requirement] = [
        .must(
            "9110-5.1-name-any-token", "A field's name may hold every token character.",
            .get("/", "!#$%&'*+-.^_`|~09az: 1\r\n"), .forwarded(contains: "\r\n!#$%&'*+-.^_`|~09az: 1\r\n")),
        .must(
            "9110-5.1-unknown", "A field that is not known is passed on.", .get("/", "X-Unknown: 1\r\n"),
            .forwarded(has: ["x-unknown: 1"])),
        .may(
            "9110-5.1-case-kept", "The spelling of names is kept.", .get("/", "x-oDD-cAsE: 1\r\nDNT: 1\r\n"),
            .forwarded(contains: "\r\nx-oDD-cAsE: 1\r\nDNT: 1\r\n")),
        .must(
            "9110-5.1-underscore", "A name with an underscore passes as it is.", .get("/", "x_a: 1\r\nx-a: 2\r\n"),
            .forwarded(contains: "\r\nx_a: 1\r\nx-a: 2\r\n")),
        .must(
            "9110-5.1-underscore-length", "A name like Content-Length does not frame.",
            .get("/", "Content_Length: 5\r\n"),
            .forwarded(has: ["content_length: 5"]), .connection(.reused)),
        .must(
            "9110-5.1-underscore-coding", "A name like Transfer-Encoding does not frame.",
            .get("/", "Transfer_Encoding: chunked\r\nX-Transfer-Encoding: chunked\r\n"),
            .forwarded(has: ["transfer_encoding: chunked", "x-transfer-encoding: chunked"]), .connection(.reused)),
        .must(
            "9110-5.1-name-digit", "A name may begin with a digit.", .get("/", "1-2: 1\r\n"),
            .forwarded(has: ["1-2: 1"])),
        .must(
            "9110-5.1-name-long", "A name of 200 characters passes.",
            .get("/", "X-\(String(repeating: "a", count: 198)): 1\r\n"),
            .forwarded(has: ["x-\(String(repeating: "a", count: 198)): 1"])),
        .mustNot(
            "9110-5.3-order", "The order of lines with the same name is not changed.",
            .get("/", "x-a: 1\r\nx-b: 2\r\nx-a: 3\r\nx-a: 0\r\n"),
            .forwarded(contains: "\r\nx-a: 1\r\nx-b: 2\r\nx-a: 3\r\nx-a: 0\r\n")),
        .may(
            "9110-5.3-not-joined", "Lines with the same name stay lines of their own.",
            .get("/", "cookie: a=1\r\ncookie: b=2\r\naccept: a\r\naccept: b\r\n"),
            .forwarded(contains: "\r\ncookie: a=1\r\ncookie: b=2\r\naccept: a\r\naccept: b\r\n")),
        .must(
            "9110-5.5-empty", "An empty value passes.", .get("/", "X-A:\r\nX-B: \r\nX-C: 1\r\n"),
            .forwarded(has: ["x-a: ", "x-b: ", "x-c: 1"])),
        .must(
            "9112-5.1-outer-space", "White space around a value is no part of it.",
            .get("/", "X-A:1\r\nX-B:\t 2 \t \r\n"), .forwarded(has: ["x-a: 1", "x-b: 2"])),
        .must(
            "9110-5.5-inner-space", "Spaces and tabs within a value are kept.", .get("/", "X-A: a  b\tc \t d\r\n"),
            .forwarded(has: ["x-a: a  b\tc \t d"])),
        .should(
            "9110-5.5-obs-text", "Bytes above ASCII in a value are kept as they are.",
            .get("/", "X-A: caf\u{E9}\r\nX-B: \u{80}\u{FF}\r\nX-C: caf\u{C3}\u{A9}\r\n"),
            .forwarded(has: ["x-a: caf\u{E9}", "x-b: \u{80}\u{FF}", "x-c: caf\u{C3}\u{A9}"])),
        .must(
            "9110-5.5-visible", "Every visible character may stand in a value.",
            .get("/", "X-A: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\r\n"),
            .forwarded(has: ["x-a: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"])),
        .must(
            "9110-5.6.4-quoted", "A quoted string is passed as it came.", .get("/", "X-A: \"a, \\\"b\\\\ : c\"\r\n"),
            .forwarded(has: ["x-a: \"a, \\\"b\\\\ : c\""])),
        .must(
            "9110-5.6.1-empty-elements", "Empty list elements are passed as they came.",
            .get("/", "Accept: , a,, b ,\r\n"),
            .forwarded(has: ["accept: , a,, b ,"])),
        .may(
            "sluice-limit-long-value", "A value of 20,000 bytes passes under a limit of 32 KiB.",
            .get("/", "X-A: \(String(repeating: "v", count: 20_000))\r\n"),
            .forwarded(has: ["x-a: \(String(repeating: "v", count: 20_000))"])),
        .must(
            "9110-5.4-many", "Ninety fields pass under a limit of a hundred.",
            .get("/", "\(String(repeating: "X-A: 1\r\n", count: 90))X-Last: 1\r\n"), .forwarded(has: ["x-last: 1"])),
        .must(
            "9110-5.5-crlf-encoded", "An encoded CRLF in a value is text.", .get("/", "X-A: a%0d%0aX-B: 1\r\n"),
            .forwarded(has: ["x-a: a%0d%0aX-B: 1"], lacks: ["x-b:"])),
        .must(
            "9112-2.2-split-fields", "Fields that come byte by byte are the same fields.",
            ClientScript.get("/", "X-A: 1 \r\nX-B:\t2\r\n").byByte, .forwarded(has: ["x-a: 1", "x-b: 2"])),
    ]
}
