/// Chunked bodies: RFC 9112, section 7.1, and the tricks played with chunk sizes, extensions and terminators.
///
/// What does not match the grammar SHOULD be answered with 400 (section 2.2, which lets LF alone end start lines and
/// fields, not chunks). A body that breaks in its midst may have gone upstream in part; there it must never look whole.
enum ChunkRequirements {
    static let all = sizes + terminators + extensions + incomplete + good

    private static let sizes: [Requirement] = [
        bad("empty", "no digits", "\r\nhello\r\n0\r\n\r\n"), bad("letters", "letters", "xyz\r\nhello\r\n0\r\n\r\n"),
        bad("minus", "a minus sign", "-5\r\nhello\r\n0\r\n\r\n"),
        bad("plus", "a plus sign", "+5\r\nhello\r\n0\r\n\r\n"),
        bad("prefix", "0x", "0x5\r\nhello\r\n0\r\n\r\n"), bad("hash", "a #", "#5\r\nhello\r\n0\r\n\r\n"),
        bad("suffix", "an h", "5h\r\nhello\r\n0\r\n\r\n"),
        bad("underscore", "an underscore", "0_5\r\nhello\r\n0\r\n\r\n"),
        bad("point", "a point", "5.0\r\nhello\r\n0\r\n\r\n"), bad("comma", "a comma", "5,\r\nhello\r\n0\r\n\r\n"),
        bad("space-before", "a space before it", " 5\r\nhello\r\n0\r\n\r\n"),
        bad("tab-before", "a tab before it", "\t5\r\nhello\r\n0\r\n\r\n"),
        bad("space-within", "a space within", "0 5\r\nhello\r\n0\r\n\r\n"),
        bad("vertical-tab", "a vertical tab", "5\u{0B}\r\nhello\r\n0\r\n\r\n"),
        bad("nul", "NUL", "5\0\r\nhello\r\n0\r\n\r\n"),
        bad("8-bit", "a byte above ASCII", "\u{B5}\r\nhello\r\n0\r\n\r\n"),
        bad("quoted", "quotes", "\"5\"\r\nhello\r\n0\r\n\r\n"), bad("g", "a letter past F", "1G\r\nhello\r\n0\r\n\r\n"),
        bad("field", "a field", "Content-Length: 5\r\n\r\nhello\r\n0\r\n\r\n"),
        over("64-bits", "which wraps to 5 at 64 bits", "10000000000000005"),
        over("largest", "of 64 bits", "FFFFFFFFFFFFFFFF"), over("63-bits", "past 63 bits", "8000000000000005"),
        over("negative", "that is negative in 64 bits", "FFFFFFFFFFFFFFFB"),
        over("digits", "of a hundred digits", String(repeating: "f", count: 100)),
        over("zeros", "that overflows behind zeros", "00000000000000000010000000000000005"),
        broken("too-long", "Data longer than its size is refused.", "5\r\nhello!\r\n0\r\n\r\n"),
        broken("too-short", "Data shorter than its size is refused.", "6\r\nhello\r\n0\r\n\r\n"),
        broken(
            "second", "A bad second chunk is refused though the first was good.",
            "5\r\nhello\r\nx\r\nhello\r\n0\r\n\r\n"),
        broken("minus-zero", "The last chunk's size has no sign.", "5\r\nhello\r\n-0\r\n\r\n"),
        broken("last-prefix", "The last chunk's size has no prefix.", "5\r\nhello\r\n0x0\r\n\r\n"),
    ]

    private static let terminators: [Requirement] = [
        broken("lf-after-size", "LF alone ends no size.", "5\nhello\r\n0\r\n\r\n"),
        broken("cr-after-size", "CR alone ends no size.", "5\rhello\r\n0\r\n\r\n"),
        broken("cr-cr-lf-after-size", "CR CR LF ends no size.", "5\r\r\nhello\r\n0\r\n\r\n"),
        broken("lf-cr-after-size", "LF CR ends no size.", "5\n\rhello\r\n0\r\n\r\n"),
        broken("lf-after-data", "LF alone does not follow data.", "5\r\nhello\n0\r\n\r\n"),
        broken("cr-after-data", "CR alone does not follow data.", "5\r\nhello\r0\r\n\r\n"),
        broken("none-after-data", "Something follows data.", "5\r\nhello0\r\n\r\n"),
        broken("other-after-data", "Two other bytes do not stand for CRLF.", "5\r\nhelloXX0\r\n\r\n"),
        broken("cr-other-after-data", "CR and another byte do not stand for CRLF.", "5\r\nhello\rX0\r\n\r\n"),
        broken("other-lf-after-data", "Another byte and LF do not stand for CRLF.", "5\r\nhelloX\n0\r\n\r\n"),
        broken("crlf-crlf-after-data", "One CRLF follows data.", "5\r\nhello\r\n\r\n0\r\n\r\n"),
        broken("lf-after-last", "LF alone does not end the last chunk.", "5\r\nhello\r\n0\n\r\n"),
        broken("cr-after-last", "CR alone does not end the last chunk.", "5\r\nhello\r\n0\r\r\n"),
        broken("lf-ends-body", "LF alone does not end the body.", "5\r\nhello\r\n0\r\n\n"),
        broken("lf-lf-ends-body", "Two LFs do not end the body.", "5\r\nhello\r\n0\n\n"),
        broken("cr-ends-body", "CR and another byte do not end the body.", "5\r\nhello\r\n0\r\n\rX"),
        broken("spill", "Two bytes behind the last chunk's size line are no end.", "5\r\nhello\r\n0\r\nXX\r\n\r\n"),
    ]

    private static let extensions: [Requirement] = [
        broken("extension-lf", "LF ends no extension.", "5;\nhello\r\n0\r\n\r\n"),
        broken("extension-lf-value", "LF within an extension is refused.", "5;a=b\nc\r\nhello\r\n0\r\n\r\n"),
        broken("extension-lf-hides-size", "LF in an extension hides no size.", "5;\n0\r\nhello\r\n0\r\n\r\n"),
        broken("extension-cr", "CR within an extension is refused.", "5;a=b\rc\r\nhello\r\n0\r\n\r\n"),
        broken("extension-cr-only", "CR ends no extension.", "5;\rhello\r\n0\r\n\r\n"),
        broken("extension-nul", "NUL in an extension is refused.", "5;a=\0\r\nhello\r\n0\r\n\r\n"),
        broken(
            "extension-control", "A control character in an extension is refused.", "5;a=\u{01}\r\nhello\r\n0\r\n\r\n"),
        broken("extension-del", "DEL in an extension is refused.", "5;a\u{7F}\r\nhello\r\n0\r\n\r\n"),
        broken("extension-quoted-lf", "LF in a quoted value is refused.", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
        broken("extension-last-lf", "LF in the last chunk's extension is refused.", "5\r\nhello\r\n0;a\n\r\n\r\n"),
        broken("extension-last-nul", "NUL in the last chunk's extension is refused.", "5\r\nhello\r\n0;\0\r\n\r\n"),
        broken("extension-no-semicolon", "An extension begins with a semicolon.", "5 a=b\r\nhello\r\n0\r\n\r\n"),
        .should(
            "9112-7.1.1-endless", "An extension without end is refused.",
            .chunked("5;a=\(String(repeating: "b", count: 100_000))\r\nhello\r\n0\r\n\r\n"),
            .brokenOff([400, 413, 431])),
        .should(
            "9112-7.1.1-endless-line", "An extension that never ends is refused before it does.",
            .chunked("5;\(String(repeating: "a", count: 100_000))"), .brokenOff([400, 413, 431])),
        .should(
            "9112-7.1.1-total", "Extensions are bounded in sum: 100 bytes for each byte of content are refused.",
            .chunked("\(String(repeating: "1;\(String(repeating: "e", count: 100))\r\nx\r\n", count: 3000))0\r\n\r\n"),
            .brokenOff([400, 413, 431])),
    ]

    private static let incomplete: [Requirement] = [
        short("size", "within a size", "5"), short("size-cr", "within a size's CRLF", "5\r"),
        short("before-data", "before its data", "5\r\n"), short("data", "within its data", "5\r\nhel"),
        short("data-crlf", "before its CRLF", "5\r\nhello"), short("between", "between chunks", "5\r\nhello\r\n"),
        short("last-size", "within the last chunk", "5\r\nhello\r\n0"),
        short("last", "before its last CRLF", "5\r\nhello\r\n0\r\n"),
        short("last-cr", "within its last CRLF", "5\r\nhello\r\n0\r\n\r"),
        short("trailer", "within a trailer", "5\r\nhello\r\n0\r\nX: 1\r\n"),
        .must(
            "9112-8-chunked-reset", "A client that resets between chunks leaves half a request behind.",
            [.send(ClientScript.chunked("5\r\nhello\r\n").sent), .waitUpstream("hello"), .reset], .requests(0)),
        .must(
            "9112-8-chunked-leaves", "A client that leaves before the last chunk leaves half a request behind.",
            [.send(ClientScript.chunked("5\r\nhello\r\n").sent), .waitUpstream("hello"), .close], .requests(0)),
        .must(
            "9112-8-chunked-broken-later",
            "A body that breaks after its beginning went upstream is never completed there.",
            [.send(ClientScript.chunked("5\r\nhello\r\n").sent), .waitUpstream("hello"), .send("x\r\n")],
            .brokenOff([400])),
    ]

    private static let good: [Requirement] = [
        pass("empty", "An empty chunked body is passed on.", "0\r\n\r\n", ""),
        pass("several", "Several chunks are one body.", "3\r\nhel\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n", "hello"),
        pass("zeros", "A size may have leading zeros.", "0005\r\nhello\r\n000\r\n\r\n", "hello"),
        pass("upper-case", "A size's digits may be capitals.", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        pass("lower-case", "A size's digits may be small letters.", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        pass("crlf-in-data", "Data may hold CRLF.", "6\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n\r\n"),
        pass(
            "last-in-data", "Data may look like the last chunk.", "9\r\n\r\n0\r\n\r\nab\r\n0\r\n\r\n", "\r\n0\r\n\r\nab"
        ),
        pass(
            "request-in-data", "Data may look like a request.", "12\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n"),
        pass("8-bit", "Data may hold every byte.", "4\r\n\0\u{80}\u{FF}\n\r\n0\r\n\r\n", "\0\u{80}\u{FF}\n"),
        pass("extension", "An extension is ignored.", "5;a\r\nhello\r\n0\r\n\r\n", "hello"),
        pass("extension-value", "An extension's value is ignored.", "5;a=b\r\nhello\r\n0\r\n\r\n", "hello"),
        pass(
            "extension-quoted", "An extension's quoted value is ignored.", "5;a=\"b; \\\" c\"\r\nhello\r\n0\r\n\r\n",
            "hello"),
        pass(
            "extension-space", "White space around an extension's parts is ignored.", "5 ; a = b\r\nhello\r\n0\r\n\r\n",
            "hello"),
        pass("extension-several", "Several extensions are ignored.", "5;a;b=1;c\r\nhello\r\n0;d=2\r\n\r\n", "hello"),
        pass("extension-last", "The last chunk may have an extension.", "5\r\nhello\r\n0;a=b\r\n\r\n", "hello"),
        .may(
            "sluice-chunk-extension-dropped", "An extension is for one connection: it does not go on.",
            .chunked("5;secret=1\r\nhello\r\n0\r\n\r\n"), .forwarded(body: "hello"), .upstreamReceived("secret", false)),
        pass(
            "many", "A thousand chunks of one byte are one body.",
            "\(String(repeating: "1\r\nx\r\n", count: 1000))0\r\n\r\n", String(repeating: "x", count: 1000)),
        pass(
            "big", "A chunk of 200,000 bytes is passed on whole.",
            "30d40\r\n\(String(repeating: "01234", count: 40_000))\r\n0\r\n\r\n",
            String(repeating: "01234", count: 40_000)),
        .must(
            "9112-7.1-split", "A chunked body that comes byte by byte is the same body.",
            ClientScript.chunked("3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-A: 1\r\n\r\n").byByte, .forwarded(body: "hello"),
            .requests(1)),
    ]

    private static func bad(_ name: String, _ what: String, _ body: String) -> Requirement {
        .should("9112-7.1-size-\(name)", "A chunk size with \(what) is refused.", .chunked(body), .brokenOff([400]))
    }

    private static func over(_ name: String, _ what: String, _ size: String) -> Requirement {
        .must(
            "9112-7.1-size-over-\(name)", "A chunk size \(what) does not overflow.",
            .chunked("\(size)\r\nhello\r\n0\r\n\r\n"), .brokenOff([400, 413]))
    }

    private static func broken(_ name: String, _ sentence: String, _ body: String) -> Requirement {
        .should("9112-7.1-\(name)", sentence, .chunked(body), .brokenOff([400]))
    }

    private static func short(_ name: String, _ what: String, _ body: String) -> Requirement {
        .must(
            "9112-8-chunked-\(name)", "A chunked request that ends \(what) is incomplete, and stays so upstream.",
            [.send(ClientScript.chunked(body).sent), .shutdownWrite], .requests(0), .connection(.closed))
    }

    private static func pass(_ name: String, _ sentence: String, _ body: String, _ content: String) -> Requirement {
        .must(
            "9112-7.1-pass-\(name)", sentence, .chunked(body), .forwarded(body: content), .requests(1),
            .connection(.reused))
    }
}
