/// Chunked responses and their trailers: RFC 9112, section 7, and RFC 9110, section 6.5.
enum ResponseChunkRequirements {
    static let all: [Requirement] = sizes + extensions + ends + trailers + good

    /// Chunks that go wrong after a good one: behind them comes what would complete the response.
    private static func chunk(_ id: String, level: Requirement.Level = .must, _ sentence: String, _ bytes: String)
        -> Requirement
    {
        .cut("9112-7.1-response-\(id)", level: level, sentence, "\(bytes)6\r\npoison\r\n0\r\n\r\n")
    }

    private static let sizes: [Requirement] = [
        chunk("size-empty", "A chunk has a size.", "\r\n"),
        chunk("size-letters", "A size is hexadecimal.", "xyz\r\n"),
        chunk("size-0x", "A size has no prefix.", "0x6\r\npoison\r\n"),
        chunk("size-plus", "A size has no sign.", "+6\r\npoison\r\n"),
        chunk("size-minus", "A size has no sign.", "-6\r\npoison\r\n"),
        chunk("size-minus-zero", "A size has no sign.", "-0\r\n\r\n"),
        chunk("size-leading-space", "No white space comes before a size.", " 6\r\npoison\r\n"),
        chunk("size-trailing-space", "No white space comes after a size.", "6 \r\npoison\r\n"),
        chunk("size-trailing-tab", "No white space comes after a size.", "6\t\r\npoison\r\n"),
        chunk("size-underscore", "A size holds digits alone.", "0_6\r\npoison\r\n"),
        chunk("size-decimal", "A size is an integer.", "6.0\r\npoison\r\n"),
        chunk("size-quoted", "A size holds digits alone.", "\"6\"\r\npoison\r\n"),
        chunk("size-nul", "A size holds digits alone.", "6\u{0}\r\npoison\r\n"),
        chunk("size-obs-text", "A size holds digits alone.", "6\u{A0}\r\npoison\r\n"),
        chunk("size-comma", "A size holds digits alone.", "6,6\r\npoison\r\n"),
        chunk("size-overflow-64", "A size that overflows is none.", "10000000000000006\r\npoison\r\n"),
        chunk("size-overflow-63", "A size that overflows is none.", "ffffffffffffffff\r\npoison\r\n"),
        chunk("size-overflow-32", "A size is not cut to 32 bits.", "100000000000000006\r\npoison\r\n"),
        chunk(
            "size-zeros-unbounded", level: .may, "A size of zeros has a bound.",
            "\(String(repeating: "0", count: 100_000))6\r\npoison\r\n"),
        .cut(
            "9112-7.1-response-size-endless", level: .may, "A size line without an end is not waited for.",
            String(repeating: "0", count: 300_000), after: [.close]),
    ]

    private static let extensions: [Requirement] = [
        chunk("extension-lf", level: .may, "A LF alone does not end an extension.", "6;a=b\npoison\r\n"),
        chunk("extension-cr", "A CR is in no extension.", "6;a=\rb\r\npoison\r\n"),
        chunk("extension-nul", "NUL is in no extension.", "6;a=\u{0}\r\npoison\r\n"),
        chunk("extension-control", "Control characters are in no extension.", "6;a=\u{1}\r\npoison\r\n"),
        chunk("extension-no-semicolon", "An extension begins with a semicolon.", "6 a=b\r\npoison\r\n"),
        chunk(
            "extension-long", level: .may, "Extensions have a bound.",
            "6;\(String(repeating: "e", count: 100_000))\r\npoison\r\n"),
        .cut(
            "9112-7.1.1-response-extensions-many", level: .should, "The extensions of all chunks have a bound.",
            String(repeating: "1;\(String(repeating: "e", count: 3000))\r\nx\r\n", count: 2000) + "0\r\n\r\n"),
    ]

    private static let ends: [Requirement] = [
        chunk("size-lf", level: .may, "A size line ends with CRLF, and LF alone is no end to us.", "6\npoison\r\n"),
        chunk("size-cr", "A CR alone does not end a size line.", "6\rpoison\r\n"),
        chunk("size-cr-cr-lf", "A CR before CRLF makes a size invalid.", "6\r\r\npoison\r\n"),
        chunk("data-no-crlf", "CRLF follows the data of a chunk.", "6\r\npoison6\r\npoison\r\n"),
        chunk("data-long", "A chunk is no longer than its size.", "5\r\npoison\r\n"),
        chunk("data-short", "A chunk is no shorter than its size.", "7\r\npoison\r\n"),
        chunk("data-lf", level: .may, "LF alone does not end the data of a chunk.", "6\r\npoison\n"),
        chunk("data-cr", "CR alone does not end the data of a chunk.", "6\r\npoison\r6\r\npoison\r\n"),
        chunk("data-two-bytes", "Two bytes that are not CRLF end no chunk.", "6\r\npoisonXX"),
        .cut(
            "9112-7.1-response-last-lf", level: .may, "The last chunk ends with CRLF, and LF alone is no end to us.",
            "0\n\n"),
        .cut(
            "9112-7.1-response-last-line-lf", level: .may, "LF alone does not end the trailers to us.", "0\r\n\n"),
        .cut(
            "9112-7.1-response-last-cr", "A CR alone does not end the trailers.", "0\r\n\rpoison", after: [.close]),
    ]

    private static func trailer(_ id: String, level: Requirement.Level = .must, _ sentence: String, _ line: String)
        -> Requirement
    {
        .cut("9112-7.1.2-response-trailer-\(id)", level: level, sentence, "0\r\n\(line)\r\n\r\n")
    }

    private static let trailers: [Requirement] = [
        trailer("no-colon", "A trailer line has a colon.", "X-Name"),
        trailer("no-name", "A trailer field has a name.", ": poison"),
        trailer("space-before-colon", "A trailer field has no space before its colon.", "X-Name : poison"),
        trailer("space-in-name", "The name of a trailer field is a token.", "X Name: poison"),
        trailer("nul", "No NUL is in a trailer field.", "X-Name: a\u{0}poison"),
        trailer("cr", "No CR is in a trailer field.", "X-Name: a\rpoison: b"),
        trailer("lf", level: .may, "LF alone does not end a trailer line to us.", "X-Name: a\nY: poison"),
        trailer("fold", "A trailer line is not folded.", "X-Name: a\r\n poison"),
        trailer("fold-first", "No white space comes before the first trailer field.", " X-Name: poison"),
        trailer(
            "endless", level: .may, "Trailers have a bound.",
            String(repeating: "X-Padding: poison\r\n", count: 60_000) + "X: y"),
        forbidden("content-length", "Content-Length: 6"),
        forbidden("transfer-encoding", "Transfer-Encoding: chunked"),
        forbidden("set-cookie", "Set-Cookie: a=poison"),
        forbidden("content-type", "Content-Type: poison"),
        forbidden("connection", "Connection: close"),
        forbidden("upgrade", "Upgrade: poison"),
        forbidden("location", "Location: poison"),
        forbidden("cache-control", "Cache-Control: poison"),
    ]

    /// A field that frames, routes, authenticates or controls means nothing in a trailer: it goes, or all goes.
    private static func forbidden(_ id: String, _ line: String) -> Requirement {
        .mustNot(
            "9110-6.5.1-response-trailer-\(id)", "A field that may be in no trailer is not merged into the head.",
            .get(), upstream: .answer(.chunkedResponse("5\r\nbegun\r\n0\r\n\(line)\r\n\r\n")),
            .anyOf([
                [.answered(200, lacks: [String(line.prefix { $0 != ":" }).lowercased() + ":"], body: "begun")],
                [.answered(502)], [.cut],
            ]))
    }

    private static let good: [Requirement] = [
        .relayed(
            "9112-7.1-response-chunks", "Chunks are put together.",
            .chunkedResponse("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            .answered(200, has: ["transfer-encoding: chunked"], lacks: ["content-length:"], body: "abcde")),
        .relayed(
            "9112-7.1-response-chunks-empty", "A chunked body may be empty.", .chunkedResponse("0\r\n\r\n"),
            .answered(200, body: "")),
        .relayed(
            "9112-7.1-response-size-case", "The digits of a size may be small or capital.",
            .chunkedResponse("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
            .answered(200, body: "01234567890123456789")),
        .relayed(
            "9112-7.1-response-size-zeros", "Zeros may lead a size.",
            .chunkedResponse("0003\r\nabc\r\n000\r\n\r\n"), .answered(200, body: "abc")),
        .relayed(
            "9112-7.1-response-data-bytes", "The data of a chunk is bytes, whatever they look like.",
            .chunkedResponse("b\r\n\r\n0\r\n\r\n\u{0}\u{FF}ab\r\n0\r\n\r\n"),
            .answered(200, body: "\r\n0\r\n\r\n\u{0}\u{FF}ab")),
        .relayed(
            "9112-7.1.1-response-extension", "Unrecognized extensions are ignored.",
            .chunkedResponse("3;a\r\nabc\r\n2;b=c;d=\"e;\\\"f\"\r\nde\r\n0;g\r\n\r\n"),
            .answered(200, body: "abcde")),
        .relayed(
            "9112-7.1.1-response-extension-white-space", "White space may stand around the semicolon.",
            .chunkedResponse("3 ; a = b\r\nabc\r\n0\r\n\r\n"), .answered(200, body: "abc")),
        .relayed(
            "9110-6.5-response-trailers", "Trailers reach the client.",
            .chunkedResponse("3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\nX-\u{60}: \u{E9}\r\n\r\n", "Trailer: X-Sum\r\n"),
            to: .get("/", "TE: trailers\r\nConnection: TE\r\n"),
            .answered(
                200, has: ["trailer: X-Sum"], body: "abc", trailers: ["x-sum: 1", "x-sum: 2", "x-\u{60}: \u{E9}"])),
        .relayed(
            "9112-7.1-response-chunk-bytewise", "A chunked body may come in any pieces.",
            .chunkedResponse(String(repeating: "1\r\nx\r\n", count: 3000) + "0\r\n\r\n"),
            .answered(200, body: String(repeating: "x", count: 3000))),
    ]
}
