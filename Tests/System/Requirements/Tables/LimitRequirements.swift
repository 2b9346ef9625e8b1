/// Limits of what a client may send: RFC 9112, section 3, RFC 9110, sections 5.4, 15.5.14 and 15.5.15, RFC 6585,
/// section 5, and our own keys under `client:`.
enum LimitRequirements {
    static let all = heads + bodies + extensions + upTo

    private static let heads: [Requirement] = [
        .should(
            "9110-5.4-head", "A head past maxHeadSize is answered with 431.", .get("/", "X-A: \(text(2100))\r\n"),
            options: Options(client: "maxHeadSize: 2KiB"), .refused([431])),
        .should(
            "9110-5.4-head-of-many", "Many small fields make a head too large too.",
            .get("/", String(repeating: "X-A: 1\r\n", count: 300)),
            options: Options(client: "maxHeadSize: 2KiB, maxFields: 1000"), .refused([431])),
        .should(
            "9110-5.4-head-endless", "A field without end is answered with 431 before it has one.",
            ClientScript("GET / HTTP/1.1\r\nHost: a.example\r\nX-A: \(text(4000))"),
            options: Options(client: "maxHeadSize: 2KiB"), .refused([431], followed: false)),
        .should(
            "9110-5.4-name-endless", "A name without end is answered with 431.",
            ClientScript("GET / HTTP/1.1\r\nHost: a.example\r\n\(text(4000))"),
            options: Options(client: "maxHeadSize: 2KiB"), .refused([431], followed: false)),
        .should(
            "9110-5.4-head-pieces", "A head that grows piece by piece is bounded like another.",
            ClientScript(
                steps: [.send("GET / HTTP/1.1\r\nHost: a.example\r\n")]
                    + (0..<40).map { .send("X-\($0): \(text(100))\r\n") }),
            options: Options(client: "maxHeadSize: 2KiB"), .refused([431])),
        .should(
            "9110-5.4-fields", "More fields than maxFields are answered with 431.",
            .get("/", String(repeating: "X-A: 1\r\n", count: 10)), options: Options(client: "maxFields: 10"),
            .refused([431])),
        .may(
            "sluice-limit-head", "A field of 33,000 bytes is answered with 431 by default.",
            .get("/", "X-A: \(text(33_000))\r\n"), .refused([431])),
        .may(
            "sluice-limit-fields", "A hundred and more fields are answered with 431 by default.",
            .get("/", String(repeating: "X-A: 1\r\n", count: 110)), .refused([431])),
        .may(
            "sluice-limit-cookie", "A cookie of 40,000 bytes is a field like others.",
            .get("/", "Cookie: a=\(text(40_000))\r\n"), .refused([431])),
        .must(
            "9112-3-line", "A request target past the limit is answered with 414.", .get("/\(text(2100))"),
            options: Options(client: "maxHeadSize: 2KiB"), .refused([414])),
        .must(
            "9112-3-line-endless", "A request line without end is answered with 414.",
            ClientScript("GET /\(text(4000))"), options: Options(client: "maxHeadSize: 2KiB"),
            .refused([414], followed: false)),
        .must(
            "9112-3-line-query", "A query counts.", .get("/?\(text(2100))"),
            options: Options(client: "maxHeadSize: 2KiB"), .refused([414])),
        .must(
            "9112-3-line-default", "A target of 33,000 bytes is answered with 414 by default.",
            .get("/\(text(33_000))"), .refused([414])),
        .should(
            "9112-3-method-endless", "A method without end is refused.", ClientScript("\(text(40_000))"),
            .refused([400, 414, 431, 501], followed: false)),
    ]

    private static let bodies: [Requirement] = [
        .may(
            "sluice-limit-length", "A length past maxBodySize is answered with 413 before its content comes.",
            .post("Content-Length: 1025\r\n"), options: Options(client: "maxBodySize: 1KiB"),
            .refused([413], followed: false)),
        .may(
            "sluice-limit-length-large", "A length that no machine has is refused when bodies are bounded.",
            .post("Content-Length: 9223372036854775807\r\n"), options: Options(client: "maxBodySize: 1KiB"),
            .refused([413], followed: false)),
        .may(
            "sluice-limit-length-zero", "maxBodySize: 0 lets no body through.", .post("Content-Length: 1\r\n", "x"),
            options: Options(client: "maxBodySize: 0"), .refused([413])),
        .may(
            "sluice-limit-expect", "Who asks whether to send too much is told no at once.",
            .post("Expect: 100-continue\r\nContent-Length: 1025\r\n"), options: Options(client: "maxBodySize: 1KiB"),
            .refused([413], followed: false), .interim([])),
        .may(
            "sluice-limit-chunks", "A chunked body past maxBodySize is answered with 413.",
            .chunked("200\r\n\(text(512))\r\n201\r\n\(text(513))\r\n0\r\n\r\n"),
            options: Options(client: "maxBodySize: 1KiB"), .brokenOff([413])),
        .may(
            "sluice-limit-chunks-small", "Chunks of one byte are counted like others.",
            .chunked("\(String(repeating: "1\r\nx\r\n", count: 1030))0\r\n\r\n"),
            options: Options(client: "maxBodySize: 1KiB"), .brokenOff([413])),
        .may(
            "sluice-limit-chunks-zero", "maxBodySize: 0 lets no chunk through.", .chunked("1\r\nx\r\n0\r\n\r\n"),
            options: Options(client: "maxBodySize: 0"), .brokenOff([413])),
    ]

    private static let extensions: [Requirement] = [
        .may(
            "sluice-limit-extension", "A chunk's extension of 20,000 bytes is refused by default.",
            .chunked("1;\(text(20_000))\r\nx\r\n0\r\n\r\n"), .brokenOff([400, 413, 431]))
    ]

    private static let upTo: [Requirement] = [
        .may(
            "sluice-limit-fields-upto", "As many fields as maxFields are let through.",
            .get("/", String(repeating: "X-A: 1\r\n", count: 9)), options: Options(client: "maxFields: 10"),
            .forwarded(has: ["x-a: 1"]), .connection(.reused)),
        .may(
            "sluice-limit-head-upto", "A head just below maxHeadSize is let through.",
            .get("/", "X-A: \(text(1990))\r\n"), options: Options(client: "maxHeadSize: 2KiB"),
            .forwarded(has: ["x-a: \(text(1990))"]), .connection(.reused)),
        .may(
            "sluice-limit-line-upto", "A line just below maxHeadSize is let through.", .get("/\(text(1980))"),
            options: Options(client: "maxHeadSize: 2KiB"), .forwarded(startsWith: "GET /\(text(1980)) HTTP/1.1")),
        .may(
            "sluice-limit-length-upto", "A body of maxBodySize is let through.",
            .post("Content-Length: 1024\r\n", text(1024)), options: Options(client: "maxBodySize: 1KiB"),
            .forwarded(body: text(1024)), .connection(.reused)),
        .may(
            "sluice-limit-chunks-upto", "Chunks of maxBodySize in sum are let through.",
            .chunked("200\r\n\(text(512))\r\n200\r\n\(text(512))\r\n0\r\n\r\n"),
            options: Options(client: "maxBodySize: 1KiB"), .forwarded(body: text(1024)), .connection(.reused)),
        .may(
            "sluice-limit-zero-upto", "maxBodySize: 0 lets requests without body through.",
            .post("Content-Length: 0\r\n"), options: Options(client: "maxBodySize: 0"), .forwarded(body: ""),
            .connection(.reused)),
        .may(
            "sluice-limit-zero-chunked-upto", "maxBodySize: 0 lets an empty chunked body through.",
            .chunked("0\r\n\r\n"), options: Options(client: "maxBodySize: 0"), .forwarded(body: ""),
            .connection(.reused)),
        .may(
            "sluice-limit-requests", "The last of maxRequestsPerConnection requests is told so.",
            [.send(ClientScript.get("/a").sent), .wait("ok"), .send(ClientScript.get("/b").sent)],
            options: Options(client: "maxRequestsPerConnection: 2"), .answered(200, lacks: ["connection: close"]),
            .answered(200, has: ["connection: close"], at: 1), .connection(.closed)),
    ]

    private static func text(_ count: Int) -> String { String(repeating: "a", count: count) }
}
