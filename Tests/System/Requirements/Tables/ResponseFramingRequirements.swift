/// Where a response ends: RFC 9112, section 6, and RFC 9110, sections 6.4, 8.6 and 15.
enum ResponseFramingRequirements {
    static let all: [Requirement] = lengths + codings + both + bodiless + good

    private static func length(_ id: String, _ sentence: String, _ value: String) -> Requirement {
        .badGateway(
            "9112-6.3-response-length-\(id)", sentence,
            "HTTP/1.1 200 OK\r\nContent-Length:\(value)\r\n\r\npoisonpoisonpoison")
    }

    private static let lengths: [Requirement] = [
        length("empty", "A length has digits.", ""),
        length("blank", "A length has digits.", "   "),
        length("plus", "A length has no sign.", " +6"),
        length("minus", "A length has no sign.", " -6"),
        length("minus-zero", "A length has no sign.", " -0"),
        length("hex", "A length is decimal.", " 0x6"),
        length("hex-digit", "A length is decimal.", " a"),
        length("decimal", "A length is an integer.", " 6.0"),
        length("exponent", "A length is an integer.", " 6e0"),
        length("space-within", "A length holds no space.", " 1 2"),
        length("underscore", "A length holds digits alone.", " 1_2"),
        length("letters-behind", "A length holds digits alone.", " 6bytes"),
        length("letters-before", "A length holds digits alone.", " bytes6"),
        length("semicolon", "A length has no parameters.", " 6;x=1"),
        length("quoted", "A length is not quoted.", " \"6\""),
        length("obs-text", "A length holds ASCII digits alone.", " \u{B2}"),
        length("vertical-tab", "A vertical tab is no white space.", " \u{B}6"),
        length("overflow-64", "A length that overflows is no length.", " 18446744073709551622"),
        length("overflow-63", "A length that overflows is no length.", " 9223372036854775808"),
        length("overflow-long", "A length that overflows is no length.", " \(String(repeating: "9", count: 300))"),
        length("list-differs", "A list of different lengths is no length.", " 6, 5"),
        length("list-empty-first", "A list with an empty element is no length.", " , 6"),
        length("list-empty-last", "A list with an empty element is no length.", " 6,"),
        .badGateway(
            "9112-6.3-response-length-twice", "Two different lengths are none.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\npoison"),
        .badGateway(
            "9112-6.3-response-length-twice-zero", "Two different lengths are none.",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: y\r\nContent-Length: 6\r\n\r\npoison"),
        .badGateway(
            "9112-6.3-response-length-bad-second", "An invalid length beside a valid one is an error.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\ncontent-length: x\r\n\r\npoison"),
        .may(
            "9112-6.3-response-length-list", "A list of equal lengths is refused, or becomes one length.", .get(),
            upstream: .answer("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"),
            .anyOf([[.answered(502)], [.answered(200, has: ["content-length: 2"], body: "ok")]]),
            .connection(.reused)),
        .may(
            "9112-6.3-response-length-twice-equal", "Equal lengths twice are refused, or become one length.", .get(),
            upstream: .answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
            .anyOf([[.answered(502)], [.answered(200, has: ["content-length: 2"], body: "ok")]]),
            .connection(.reused)),
        .relayed(
            "9112-6.2-response-length-zeros", level: .may, "Zeros may lead a length.",
            "HTTP/1.1 200 OK\r\nContent-Length: 0002\r\n\r\nok", .answered(200, body: "ok")),
        .relayed(
            "9112-6.2-response-length-white-space", "White space around a length is no part of it.",
            "HTTP/1.1 200 OK\r\nContent-Length: \t 2 \t\r\n\r\nok", .answered(200, body: "ok")),
        .relayed(
            "9112-6.2-response-length-name-case", "The case of a name means nothing.",
            "HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: 2\r\n\r\nok", .answered(200, body: "ok")),
    ]

    private static func coding(_ id: String, _ sentence: String, _ fields: String) -> Requirement {
        .badGateway(
            "9112-6.1-response-coding-\(id)", sentence, "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n6\r\npoison\r\n0\r\n\r\n")
    }

    private static let codings: [Requirement] = [
        coding("empty", "An empty Transfer-Encoding names no coding.", "Transfer-Encoding:"),
        coding("identity", "identity is no coding.", "Transfer-Encoding: identity"),
        coding("unknown", "An unknown coding cannot be decoded.", "Transfer-Encoding: rot13"),
        coding("unknown-first", "An unknown coding cannot be decoded.", "Transfer-Encoding: rot13, chunked"),
        coding("gzip-first", "A coding that we do not know cannot be decoded.", "Transfer-Encoding: gzip, chunked"),
        coding("not-last", "chunked is the last coding.", "Transfer-Encoding: chunked, gzip"),
        coding("twice", "chunked is applied once.", "Transfer-Encoding: chunked, chunked"),
        coding("two-lines", "chunked is applied once.", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        coding(
            "two-lines-mixed", "An unknown coding cannot be decoded.",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        coding("prefix", "A coding's name is whole.", "Transfer-Encoding: xchunked"),
        coding("suffix", "A coding's name is whole.", "Transfer-Encoding: chunkedx"),
        coding("parameter", "chunked has no parameters.", "Transfer-Encoding: chunked;q=1"),
        coding("quoted", "A coding's name is no string.", "Transfer-Encoding: \"chunked\""),
        coding("single-quoted", "A coding's name is whole.", "Transfer-Encoding: 'chunked'"),
        coding("space-within", "A coding's name is one token.", "Transfer-Encoding: chun ked"),
        coding("vertical-tab", "A vertical tab is no white space.", "Transfer-Encoding: \u{B}chunked"),
        coding("nul", "NUL is in no value.", "Transfer-Encoding: chunked\u{0}"),
        coding("folded", "A folded line in a response is answered with 502.", "Transfer-Encoding:\r\n chunked"),
        .badGateway(
            "9112-6.1-response-coding-1.0", "A coding in a response of HTTP/1.0 is faulty framing.",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\npoison\r\n0\r\n\r\n", after: [.close]),
        .relayed(
            "9112-7-response-coding-case", "The name of a coding has no case.",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHunKed\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            .answered(200, lacks: ["content-length:"], body: "ok")),
        .relayed(
            "9112-7-response-coding-white-space", "White space around a coding is no part of it.",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: \t chunked \t\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            .answered(200, body: "ok")),
        .may(
            "9110-5.6.1-response-coding-empty-elements", "Empty elements of a list are passed over, or refused.",
            .get(), upstream: .answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: , chunked ,\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            .anyOf([[.answered(200, body: "ok")], [.answered(502)]]), .connection(.reused)),
    ]

    private static let both: [Requirement] = [
        coding(
            "and-length", "A response with a coding and a length is an error.",
            "Transfer-Encoding: chunked\r\nContent-Length: 22"),
        coding(
            "and-length-first", "A response with a coding and a length is an error.",
            "Content-Length: 6\r\nTransfer-Encoding: chunked"),
        coding(
            "and-length-zero", "A response with a coding and a length is an error.",
            "Content-Length: 0\r\nTransfer-Encoding: chunked"),
        coding(
            "unknown-and-length", "A length beside an unknown coding frames nothing.",
            "Transfer-Encoding: xchunked\r\nContent-Length: 6"),
        coding(
            "and-length-invalid", "A response with a coding and a length is an error.",
            "Transfer-Encoding: chunked\r\nContent-Length: x"),
    ]

    private static let bodiless: [Requirement] = [
        .relayed(
            "9110-15.3.5-no-content", "A 204 ends with its head.", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
            .answered(204, has: ["x: y"], lacks: ["content-length:", "transfer-encoding:"], body: "")),
        .relayed(
            "9110-8.6-no-content-length-zero", level: .may, "A 204 with a length of 0 loses it.",
            "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
            .answered(204, lacks: ["content-length:"], body: "")),
        .badGateway(
            "9110-8.6-no-content-length", "A 204 has no length.",
            "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison"),
        .badGateway(
            "9112-6.1-no-content-coding", "A 204 has no transfer coding.",
            "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .must(
            "9112-6.3-no-content-body", "What follows a 204 is no body of it.", .get(),
            upstream: .answer("HTTP/1.1 204 No Content\r\n\r\npoison"), .answered(204, body: ""),
            .clientReceived("poison", false), .upstreamSocket(.closed), .connection(.reused)),
        .relayed(
            "9110-15.4.5-not-modified", "A 304 ends with its head.",
            "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", .answered(304, has: ["etag: \"a\""], body: "")),
        .relayed(
            "9110-8.6-not-modified-length", "A 304 may have the length that a 200 would have.",
            "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 1234\r\n\r\n",
            .answered(304, has: ["etag: \"a\"", "content-length: 1234"], body: "")),
        .relayed(
            "9112-6.1-not-modified-coding", "A 304 may name the coding that a 200 would have, and has no body.",
            "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", .answered(304, body: "")),
        .must(
            "9112-6.3-not-modified-body", "What follows a 304 is no body of it.", .get(),
            upstream: .answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison"),
            .answered(304, body: ""), .clientReceived("poison", false), .upstreamSocket(.closed),
            .connection(.reused)),
        .relayed(
            "9110-15.4.5-not-modified-fields", "The fields of a 304 that name the stored response are kept.",
            "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=9\r\nContent-Location: /x\r\nETag: \"b\"\r\n"
                + "Expires: Thu, 01 Dec 2094 16:00:00 GMT\r\nVary: Accept\r\n\r\n",
            .answered(
                304,
                has: [
                    "cache-control: max-age=9", "content-location: /x", "etag: \"b\"",
                    "expires: Thu, 01 Dec 2094 16:00:00 GMT", "vary: Accept",
                ])),
        .relayed(
            "9110-15.3.6-reset-content", "A 205 without content ends where its length says.",
            "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", .answered(205, body: "")),
        .relayed(
            "9110-15.3.6-reset-content-chunked", "A 205 may have an empty chunked body.",
            "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .answered(205, body: "")),
        .relayed(
            "9110-15.3.6-reset-content-content", level: .may,
            "A 205 with content is framed as any other: the content is no next response.",
            "HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nok", .answered(205)),
        .must(
            "9112-6.3-reset-content-close", "A 205 without a length lasts until the end of the connection.", .get(),
            upstream: [.request, .send("HTTP/1.1 205 Reset Content\r\n\r\n"), .close], .answered(205, body: ""),
            .upstreamSocket(.closed), .connection(.reused)),
        .relayed(
            "9110-9.3.2-response-head-length", "The length in an answer to HEAD is kept, and no body follows.",
            "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", to: .request("HEAD"),
            .answered(200, has: ["content-length: 1234"], body: "")),
        .relayed(
            "9110-9.3.2-head-no-length", "An answer to HEAD without a length ends with its head.",
            "HTTP/1.1 200 OK\r\nX: y\r\n\r\n", to: .request("HEAD"), .answered(200, has: ["x: y"], body: "")),
        .relayed(
            "9112-6.1-head-coding", "An answer to HEAD may name a coding, and no chunks follow.",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", to: .request("HEAD"), .answered(200, body: "")),
        .relayed(
            "9110-9.3.2-head-zero", "A length of 0 in an answer to HEAD is kept.",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", to: .request("HEAD"),
            .answered(200, has: ["content-length: 0"], body: "")),
        .relayed(
            "9110-9.3.2-head-status", "An error as the answer to HEAD has no body.",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", to: .request("HEAD"),
            .answered(404, has: ["content-length: 9"], body: "")),
        .must(
            "9112-6.3-head-body", "What follows an answer to HEAD is no body of it.", .request("HEAD"),
            upstream: .answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"), .answered(200, body: ""),
            .clientReceived("poison", false), .upstreamSocket(.closed), .connection(.reused)),
        .badGateway(
            "9112-6.3-head-bad-length", "An invalid length is one in an answer to HEAD too.",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", method: "HEAD"),
        .badGateway(
            "9112-6.3-head-two-lengths", "Two different lengths are none in an answer to HEAD too.",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", method: "HEAD"),
        .badGateway(
            "9112-6.3-not-modified-bad-length", "An invalid length is one in a 304 too.",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 1, 2\r\n\r\n"),
    ]

    private static let good: [Requirement] = [
        .relayed(
            "9112-6.2-response-length", "A body of its length is relayed as it is.", .response(body: "hello world"),
            .answered(200, has: ["content-length: 11"], lacks: ["transfer-encoding:"], body: "hello world")),
        .relayed(
            "9112-6.2-response-empty", "A length of 0 is no body.", .response(body: ""),
            .answered(200, has: ["content-length: 0"], body: "")),
        .relayed(
            "9112-6.2-response-bytes", "A body is bytes: what looks like HTTP in it means nothing.",
            .response(body: "\u{0}\r\n\r\nHTTP/1.1 500 No\r\n\r\n\u{FF}\u{80}\n\r"),
            .answered(200, body: "\u{0}\r\n\r\nHTTP/1.1 500 No\r\n\r\n\u{FF}\u{80}\n\r")),
        .must(
            "9112-6.3-until-close", "A response without a length lasts until the end of the connection.", .get(),
            upstream: [.request, .send("HTTP/1.1 200 OK\r\n\r\nall of it"), .close],
            .answered(200, lacks: ["content-length:"], body: "all of it"), .upstreamSocket(.closed)),
        .should(
            "9112-6.3-until-close-keeps-client", "Its client's connection need not end with it.", .get(),
            upstream: [.request, .send("HTTP/1.1 200 OK\r\n\r\nall of it"), .close],
            .answered(200, has: ["transfer-encoding: chunked"], body: "all of it"), .connection(.reused)),
        .must(
            "9112-6.3-until-close-empty", "A body until the end of the connection may be empty.", .get(),
            upstream: [.request, .send("HTTP/1.1 200 OK\r\n\r\n"), .close], .answered(200, body: ""),
            .upstreamSocket(.closed)),
        .must(
            "9112-6.3-until-close-half", "The end is the upstream's last word, though it still reads.", .get(),
            upstream: [.request, .send("HTTP/1.1 200 OK\r\n\r\nall"), .shutdownWrite, .end],
            .answered(200, body: "all"), .upstreamSocket(.closed)),
        .mustNot(
            "9112-6.3-until-close-response", "What looks like a second response is body until the end.", .get(),
            upstream: [
                .request, .send("HTTP/1.1 200 OK\r\n\r\na\(String.response(body: "inner"))"), .close,
            ],
            .answered(200, body: "a\(String.response(body: "inner"))"), .upstreamSocket(.closed)),
    ]
}
