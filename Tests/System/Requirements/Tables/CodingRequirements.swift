/// Transfer-Encoding in requests: RFC 9112, sections 6.1, 6.3 and 7, and the tricks played with it.
enum CodingRequirements {
    static let all = withLength + unknown + spellings + disguises + good

    private static let withLength: [Requirement] = [
        .may(
            "9112-6.3-coding-and-length", "A request with Transfer-Encoding and Content-Length is refused.",
            .post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), .refused([400])),
        .may(
            "9112-6.3-length-and-coding", "The order of the two does not matter.",
            .post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), .refused([400])),
        .may(
            "9112-6.3-coding-and-zero", "A length of zero beside a coding is a length.",
            .post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), .refused([400])),
        .may(
            "9112-6.3-coding-and-bad-length", "A coding does not hide a bad length.",
            .post("Content-Length: x\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), .refused([400])),
        .may(
            "9112-6.3-cl-te", "Length before coding, as CL.TE attacks have it, is refused.",
            .post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"), .refused([400])),
        .may(
            "9112-6.3-te-cl", "Coding before length, as TE.CL attacks have it, is refused.",
            .post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n"),
            .refused([400])),
        .must(
            "9112-6.1-coding-old", "HTTP/1.0 has no transfer codings: such framing is faulty.",
            "POST / HTTP/1.0\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .refused([400])),
        .must(
            "9112-6.1-coding-old-length", "HTTP/1.0 with both is faulty too.",
            "POST / HTTP/1.0\r\nHost: a.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .refused([400])),
        .must(
            "9112-6.1-coding-old-keep-alive", "HTTP/1.0 that keeps its connection has no codings either.",
            "POST / HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .refused([400])),
    ]

    private static let unknown: [Requirement] = [
        .must(
            "9112-6.3-not-last", "A request whose last coding is not chunked is answered with 400.",
            coded("chunked, gzip"), .refused([400])),
        .must(
            "9112-6.3-not-last-fields", "The last of several fields counts.",
            .post("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", "0\r\n\r\n"), .refused([400])),
        .must("9112-6.3-gzip-alone", "gzip alone does not frame a request.", coded("gzip"), .refused([400])),
        .must(
            "9112-6.3-identity", "identity is no coding any more.", coded("identity"), .refused([400])),
        .must(
            "9112-6.3-chunked-identity", "identity behind chunked is refused.", coded("chunked, identity"),
            .refused([400])),
        .must(
            "9112-6.3-identity-chunked", "identity before chunked is refused.", coded("identity, chunked"),
            .refused([400, 501])),
        .mustNot(
            "9112-6.1-twice", "chunked is applied once: twice in a list is refused.", coded("chunked, chunked"),
            .refused([400, 501])),
        .mustNot(
            "9112-6.1-twice-fields", "chunked is applied once: two fields are refused.",
            .post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), .refused([400, 501])),
        .mustNot(
            "9112-6.1-twice-case", "chunked is applied once, in any spelling.", coded("chunked, CHUNKED"),
            .refused([400, 501])),
        .should(
            "9112-6.1-gzip-chunked", "A coding that is not understood is answered with 501.", coded("gzip, chunked"),
            .refused([501])),
        .should(
            "9112-6.1-unknown-chunked", "A coding that nobody knows is answered with 501.", coded("foo, chunked"),
            .refused([501])),
        .must(
            "9112-6.1-unknown-fields", "Codings in several fields are one list.",
            .post("Transfer-Encoding: foo\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), .refused([400, 501])),
        .must("9112-6.3-unknown-alone", "An unknown coding alone does not frame.", coded("foo"), .refused([400])),
        .must(
            "9112-6.3-unknown-length", "An unknown coding is not overruled by a length.",
            .post("Transfer-Encoding: foo\r\nContent-Length: 5\r\n", "hello"), .refused([400])),
        .should(
            "9112-7-parameter", "chunked has no parameters: one is an error.", coded("chunked;q=1"),
            .refused([400, 501])),
        .should(
            "9112-7-parameter-name", "chunked has no parameters, not even a name.", coded("chunked; a"),
            .refused([400, 501])),
    ]

    /// What some parser somewhere takes for chunked, and another does not.
    private static let spellings: [Requirement] = [
        not("empty", ""), not("comma", ","), not("prefix", "xchunked"), not("suffix", "chunkedx"),
        not("short", "chunke"), not("space-within", "chun ked"), not("tab-within", "chunk\ted"),
        not("quoted", "\"chunked\""), not("apostrophes", "'chunked'"), not("semicolon", "chunked;"),
        not("colon", ": chunked"), not("vertical-tab", "\u{0B}chunked"), not("vertical-tab-after", "chunked\u{0B}"),
        not("form-feed", "\u{0C}chunked"), not("form-feed-after", "chunked\u{0C}"), not("nul", "\0chunked"),
        not("nul-after", "chunked\0"), not("no-break-space", "\u{A0}chunked"), not("next-line", "chunked\u{85}"),
        not("control", "\u{1F}chunked"), not("del", "chunked\u{7F}"), not("cr", "\rchunked"),
        not("cr-after", "chunked\r"), not("lf", "\nchunked"), not("hyphen", "chunked-foo"), not("plus", "+chunked"),
        not("8-bit", "chun\u{212A}ed"), not("soft-hyphen", "chunk\u{AD}ed"), not("slash", "chunked/1"),
        not("percent", "%63hunked"), not("two-words", "chunked chunked"), not("x-and-chunked", "x chunked"),
        not("equals", "chunked=chunked"), not("brackets", "[chunked]"),
    ]

    private static func not(_ name: String, _ value: String) -> Requirement {
        .must(
            "9112-6.3-spelling-\(name)", "A coding that is not chunked by the letter frames nothing and is refused.",
            coded(value), .refused([400]))
    }

    /// The field itself in disguise, with a length beside it for whoever does not see it.
    private static let disguises: [Requirement] = [
        disguised("space-before-colon", "Transfer-Encoding : chunked\r\n"),
        disguised("tab-before-colon", "Transfer-Encoding\t: chunked\r\n"),
        disguised("vertical-tab-before-colon", "Transfer-Encoding\u{0B}: chunked\r\n"),
        disguised("nul-before-colon", "Transfer-Encoding\0: chunked\r\n"),
        disguised("fold-before-colon", "Transfer-Encoding\r\n : chunked\r\n"),
        disguised("fold", "Transfer-Encoding:\r\n chunked\r\n"),
        disguised("fold-after", "Transfer-Encoding: chunked\r\n\t, identity\r\n"),
        disguised("space-first", " Transfer-Encoding: chunked\r\n"),
        disguised("folded-into-field", "X: 1\r\n Transfer-Encoding: chunked\r\n"),
        disguised("after-lf", "X: 1\nTransfer-Encoding: chunked\r\n"),
        disguised("after-cr", "X: 1\rTransfer-Encoding: chunked\r\n"),
        disguised("after-lf-cr", "X: 1\n\rTransfer-Encoding: chunked\r\n"),
        disguised("cr-first", "\rTransfer-Encoding: chunked\r\n"),
        disguised("nul-first", "\0Transfer-Encoding: chunked\r\n"),
        disguised("no-colon", "Transfer-Encoding chunked\r\n"),
        disguised("equals", "Transfer-Encoding=chunked\r\n"),
        disguised("soft-hyphen", "Transfer\u{AD}Encoding: chunked\r\n"),
        disguised("space-for-hyphen", "Transfer Encoding: chunked\r\n"),
        disguised("quoted", "\"Transfer-Encoding\": chunked\r\n"),
    ]

    private static func disguised(_ name: String, _ field: String) -> Requirement {
        .should(
            "9112-5-disguise-\(name)", "A Transfer-Encoding in disguise is neither honored nor passed on.",
            .post("Content-Length: 5\r\n\(field)", "0\r\n\r\n"), .refused([400]))
    }

    private static let good: [Requirement] = [
        .must(
            "9112-7-chunked", "A chunked body is passed on whole.", .chunked("5\r\nhello\r\n0\r\n\r\n"),
            .forwarded(lacks: ["content-length:"], body: "hello"), .connection(.reused), .upstreamSocket(.reused)),
        .must(
            "9112-7-case", "chunked is the same in any case.",
            .post("tRANSFER-eNCODING: cHUNKED\r\n", "5\r\nhello\r\n0\r\n\r\n"), .forwarded(body: "hello"), .requests(1)),
        .must(
            "9112-5.1-coding-space", "White space around the coding is no part of it.",
            .post("Transfer-Encoding:\t chunked \t\r\n", "5\r\nhello\r\n0\r\n\r\n"), .forwarded(body: "hello"),
            .requests(1)),
        .must(
            "9112-5.1-coding-no-space", "No space need stand after the colon.",
            .post("Transfer-Encoding:chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), .forwarded(body: "hello"), .requests(1)),
        .must(
            "9110-5.6.1-coding-comma-after", "An empty element behind chunked is ignored, or the request refused.",
            .post("Transfer-Encoding: chunked,\r\n", "5\r\nhello\r\n0\r\n\r\n"), refusedOrWhole),
        .must(
            "9110-5.6.1-coding-comma-before", "An empty element before chunked is ignored, or the request refused.",
            .post("Transfer-Encoding: , chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), refusedOrWhole),
        .must(
            "9110-5.6.1-coding-empty-field", "An empty field beside chunked is ignored, or the request refused.",
            .post("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), refusedOrWhole),
        .must(
            "9110-10.1.4-te-is-not-framing", "TE does not frame, and does not go upstream as it came.",
            .get("/", "TE: chunked\r\nConnection: TE\r\n"), .forwarded(lacks: ["te: chunked"]), .connection(.reused)),
        .must(
            "9112-7-get", "A GET may have a chunked body.",
            "GET /a HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            .forwarded(startsWith: "GET /a HTTP/1.1", body: "hello"), .requests(1), .connection(.reused)),
        .must(
            "9112-7-delete", "A DELETE may have a chunked body.",
            "DELETE /a HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            .forwarded(startsWith: "DELETE /a HTTP/1.1", body: "hello"), .connection(.reused)),
        .mustNot(
            "9110-7.6.1-connection-coding", "Transfer-Encoding is no private field because Connection names it.",
            .chunked("5\r\nhello\r\n0\r\n\r\n", "Connection: Transfer-Encoding\r\n"),
            .anyOf([[.forwarded(body: "hello"), .requests(1)], [.refused([400], followed: false)]])),
    ]

    private static let refusedOrWhole = Expectation.anyOf([
        [.refused([400, 501], followed: false)], [.forwarded(body: "hello"), .requests(1)],
    ])

    private static func coded(_ value: String) -> ClientScript {
        .post("Transfer-Encoding: \(value)\r\n", "5\r\nhello\r\n0\r\n\r\n")
    }
}
