/// Fields of one connection, Via and Max-Forwards: RFC 9110, section 7.6.
enum HopByHopRequirements {
    static let all: [Requirement] = requests + responses + via + loops

    private static func request(
        _ id: String, level: Requirement.Level = .must, _ sentence: String, _ fields: String, has: [String] = [],
        lacks: [String] = []
    ) -> Requirement {
        Requirement(
            id: "9110-7.6.1-request-\(id)", level: level, sentence: sentence, client: .get("/", fields),
            options: Options(), upstream: [],
            seen: [
                .forwarded(startsWith: "GET / HTTP/1.1", has: ["host: a.example"] + has, lacks: lacks),
                .connectionIsHonest, .answered(200, body: "ok"), .upstreamSocket(.reused),
            ])
    }

    private static let requests: [Requirement] = [
        request(
            "named", "A field that Connection names is removed.", "Connection: X-Hop\r\nX-Hop: a\r\nX-End: b\r\n",
            has: ["x-end: b"], lacks: ["x-hop:"]),
        request(
            "named-before", "A field that Connection names is removed though it comes before it.",
            "X-Hop: a\r\nConnection: X-Hop\r\n",
            lacks: ["x-hop:"]),
        request(
            "named-case", "Options have no case.", "Connection: x-HOP\r\nX-Hop: a\r\n", lacks: ["x-hop:"]),
        request(
            "named-list", "All fields that Connection names are removed.",
            "Connection: a-hop , b-hop,\tc-hop\r\nA-Hop: 1\r\nB-Hop: 2\r\nC-Hop: 3\r\nD-Hop: 4\r\n",
            has: ["d-hop: 4"], lacks: ["a-hop:", "b-hop:", "c-hop:"]),
        request(
            "named-lines", "Several lines of Connection are one list.",
            "Connection: a-hop\r\nA-Hop: 1\r\nConnection: b-hop\r\nB-Hop: 2\r\n", lacks: ["a-hop:", "b-hop:"]),
        request(
            "named-repeated", "All lines of a field that Connection names are removed.",
            "Connection: x-hop\r\nX-Hop: 1\r\nX-Other: 2\r\nX-Hop: 3\r\n", has: ["x-other: 2"], lacks: ["x-hop:"]),
        request(
            "named-empty-elements", "Empty elements of Connection are passed over.",
            "Connection: ,, x-hop ,,\r\nX-Hop: 1\r\n", lacks: ["x-hop:"]),
        request(
            "named-prefix", "An option is a whole name.", "Connection: X-Ho\r\nX-Hop: 1\r\nX-Ho: 2\r\n",
            has: ["x-hop: 1"], lacks: ["x-ho:"]),
        request("named-absent", "An option need not name a field that is there.", "Connection: X-Absent\r\n"),
        request(
            "named-cookie", "A field that Connection names is removed, whichever it is.",
            "Connection: Cookie, Cache-Control\r\nCookie: a=b\r\nCache-Control: no-cache\r\n",
            lacks: ["cookie:", "cache-control:"]),
        request(
            "named-via", "Our own fields are there though Connection names them.",
            "Connection: Via, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host\r\n",
            has: ["via: 1.1 sluice", "x-forwarded-for: 127.0.0.1"]),
        request(
            "keep-alive", level: .should, "Keep-Alive is removed.", "Keep-Alive: timeout=5, max=9\r\n",
            lacks: ["keep-alive:"]),
        request(
            "keep-alive-option", "The option keep-alive is not forwarded as it came.",
            "Connection: keep-alive\r\nKeep-Alive: 5\r\n", lacks: ["keep-alive:"]),
        request(
            "proxy-connection", level: .should, "Proxy-Connection is removed.", "Proxy-Connection: keep-alive\r\n",
            lacks: ["proxy-connection:"]),
        request(
            "te", level: .should, "TE is removed.", "TE: deflate;q=0.5\r\nConnection: TE\r\n",
            lacks: ["te: deflate;q=0.5"]),
        request(
            "te-unnamed", level: .should, "TE is removed though Connection does not name it.",
            "TE: gzip, trailers\r\n", lacks: ["te: gzip*"]),
        request(
            "upgrade", level: .should, "Upgrade to a protocol that is not passed is removed.",
            "Upgrade: foo/2\r\nConnection: upgrade\r\n", lacks: ["upgrade:"]),
        request(
            "upgrade-unnamed", "Upgrade that Connection does not name asks for nothing.", "Upgrade: websocket\r\n",
            lacks: ["upgrade:"]),
        request(
            "h2c", "An upgrade to h2c is never forwarded.",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
            lacks: ["upgrade:", "http2-settings:"]),
        request(
            "h2c-hidden", "An upgrade to h2c is never forwarded, named by Connection or not.",
            "Connection: close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", lacks: ["upgrade:"]),
        request(
            "trailer", "Trailer is for the recipient.", "Trailer: X-Sum\r\n", has: ["trailer: X-Sum"]),
        request(
            "close", "close ends the client's connection alone.", "Connection: close\r\n",
            lacks: ["connection: close"]),
        .must(
            "9110-7.6.1-request-trailers-named", "Connection names trailer fields too.",
            .chunked("1\r\nx\r\n0\r\nX-Hop: a\r\nX-End: b\r\n\r\n", "Connection: X-Hop\r\n"),
            .anyOf([[.forwarded(body: "x", trailers: ["x-end: b"])], [.answered(400), .requests(0)]])),
        .must(
            "9110-7.6.1-request-named-length", "Framing stays right though Connection names Content-Length.",
            .post("Connection: Content-Length\r\nContent-Length: 2\r\n", "hi"),
            .anyOf([[.forwarded(body: "hi"), .answered(200)], [.answered(400), .nothingUpstream]])),
        .must(
            "9110-7.6.1-request-named-coding", "Framing stays right though Connection names Transfer-Encoding.",
            .chunked("2\r\nhi\r\n0\r\n\r\n", "Connection: Transfer-Encoding\r\n"),
            .anyOf([[.forwarded(body: "hi"), .answered(200)], [.answered(400), .nothingUpstream]])),
        .must(
            "9110-7.6.1-request-named-host", "Host stays though Connection names it.",
            .get("/", "Connection: Host\r\n"),
            .anyOf([[.forwarded(has: ["host: a.example"]), .answered(200)], [.answered(400), .nothingUpstream]])),
    ]

    private static func response(
        _ id: String, level: Requirement.Level = .must, _ sentence: String, _ fields: String, has: [String] = [],
        lacks: [String] = []
    ) -> Requirement {
        .relayed(
            "9110-7.6.1-response-\(id)", level: level, sentence, .response(fields),
            .answered(200, has: has, lacks: lacks, body: "ok"))
    }

    private static let responses: [Requirement] = [
        response(
            "named", "A field that Connection names is removed.", "Connection: X-Hop\r\nX-Hop: a\r\nX-End: b\r\n",
            has: ["x-end: b"], lacks: ["x-hop:", "connection:"]),
        response(
            "named-before", "A field that Connection names is removed though it comes before it.",
            "X-Hop: a\r\nConnection: x-hop\r\n",
            lacks: ["x-hop:"]),
        response(
            "named-lines", "Several lines of Connection are one list.",
            "Connection: a-hop,,\r\nA-Hop: 1\r\nConnection: , b-hop\r\nB-Hop: 2\r\n", lacks: ["a-hop:", "b-hop:"]),
        response(
            "named-repeated", "All lines of a field that Connection names are removed.",
            "Connection: x-hop\r\nX-Hop: 1\r\nX-Other: 2\r\nX-Hop: 3\r\n", has: ["x-other: 2"], lacks: ["x-hop:"]),
        response(
            "named-cookie", "A field that Connection names is removed, whichever it is.",
            "Connection: Set-Cookie\r\nSet-Cookie: a=b\r\n", lacks: ["set-cookie:"]),
        response(
            "named-date", "A Date that Connection names is removed, and a new one added.",
            "Connection: Date\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n", has: ["date: *"],
            lacks: ["date: Thu, 01 Jan 1970 00:00:00 GMT"]),
        response(
            "named-length", "Framing stays right though Connection names Content-Length.",
            "Connection: Content-Length\r\n"),
        response(
            "keep-alive", level: .should, "Keep-Alive is removed.",
            "Connection: keep-alive\r\nKeep-Alive: timeout=5, max=99\r\n", lacks: ["keep-alive:"]),
        response(
            "proxy-connection", level: .should, "Proxy-Connection is removed.", "Proxy-Connection: keep-alive\r\n",
            lacks: ["proxy-connection:"]),
        response(
            "te", level: .should, "TE means nothing in a response.", "TE: trailers\r\n", lacks: ["te:"]),
        response(
            "upgrade", level: .should, "Upgrade is of one connection: h2 on offer is not ours to offer.",
            "Upgrade: h2,h2c\r\nConnection: Upgrade\r\n", lacks: ["upgrade:"]),
        response(
            "proxy-authenticate", "Proxy-Authenticate passes: we ask for no credentials.",
            "Proxy-Authenticate: Basic realm=\"x\"\r\n", has: ["proxy-authenticate: Basic realm=\"x\""]),
        .must(
            "9110-7.6.1-response-trailers-named", "Connection names trailer fields too.", .get(),
            upstream: .answer(
                .chunkedResponse("1\r\nx\r\n0\r\nX-Hop: a\r\nX-End: b\r\n\r\n", "Connection: X-Hop\r\n")),
            .anyOf([[.answered(200, body: "x", trailers: ["x-end: b"])], [.answered(502)], [.answered(200), .cut]])),
    ]

    private static func via(_ id: String, _ sentence: String, _ fields: String, _ seen: Expectation...)
        -> Requirement
    {
        Requirement(
            id: "9110-7.6.3-via-\(id)", level: .must, sentence: sentence, client: .get("/", fields),
            options: Options(), upstream: [], seen: seen + [.answered(200, body: "ok")])
    }

    private static let via: [Requirement] = [
        via("request", "A request is forwarded with Via.", "", .forwarded(has: ["via: 1.1 sluice"])),
        via(
            "request-appended", "Our own entry comes last.", "Via: 1.0 fred, 1.1 p.example.net (Apache/1.1)\r\n",
            .forwarded(), .viaEnds(["1.0 fred", "1.1 p.example.net (Apache/1.1)", "1.1 sluice"])),
        via(
            "request-lines", "Lines of Via stay in order, and our own entry comes last.",
            "Via: 1.0 fred\r\nX: y\r\nVia: 1.1 p.example.net\r\n", .forwarded(),
            .viaEnds(["1.0 fred", "1.1 p.example.net", "1.1 sluice"])),
        .must(
            "9110-7.6.3-via-request-version", "The version in Via is the one that the request came with.",
            "GET / HTTP/1.0\r\nHost: a.example\r\n\r\n",
            .forwarded(startsWith: "GET / HTTP/1.1", has: ["via: 1.0 sluice"])),
        .relayed(
            "9110-7.6.3-via-response", level: .may, "A response is forwarded with Via.", .response(),
            .answered(200, has: ["via: 1.1 sluice"])),
        .must(
            "9110-7.6.3-via-response-version", "The version in Via is the one that the response came with.", .get(),
            upstream: .answer("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            .answered(200, has: ["via: 1.0 sluice"])),
        .relayed(
            "9110-7.6.3-via-response-appended", "Our own entry in a response comes last.",
            .response("Via: 1.1 cache.example\r\n"), .answered(200, has: ["via: 1.1 cache.example*"])),
        .must(
            "9110-7.6.3-via-name", "The name in Via is configured.", .get(), options: Options(top: "via: edge-1"),
            .forwarded(has: ["via: 1.1 edge-1"]), .answered(200)),
        .may(
            "9110-7.6.3-via-none", "An empty name is no Via.", .get(), options: Options(top: "via: \"\""),
            .forwarded(lacks: ["via:"]), .answered(200, lacks: ["via:"])),
    ]

    private static func loop(_ id: String, _ value: String) -> Requirement {
        .should(
            "9110-7.6.3-loop-\(id)", "A request that has passed through us is answered with 508.",
            .get("/", value), .nothingUpstream, .answered(508), .problem(),
            .proxyStatus("proxy_loop_detected"))
    }

    private static func noLoop(_ id: String, _ value: String) -> Requirement {
        .must(
            "9110-7.6.3-no-loop-\(id)", "A Via that does not name us as a recipient is no loop.", .get("/", value),
            .forwarded(), .answered(200, body: "ok"))
    }

    private static let loops: [Requirement] = [
        loop("plain", "Via: 1.1 sluice\r\n"), loop("version", "Via: 1.0 sluice\r\n"),
        loop("protocol", "Via: HTTP/1.1 sluice\r\n"), loop("case", "Via: 1.1 SLUICE\r\n"),
        loop("last", "Via: 1.0 fred, 1.1 sluice\r\n"), loop("first", "Via: 1.1 sluice, 1.1 other\r\n"),
        loop("second-line", "Via: 1.0 fred\r\nVia: 1.1 sluice\r\n"), loop("comment", "Via: 1.1 sluice (really)\r\n"),
        loop("behind-comment", "Via: 1.1 fred (a, b (\\) c) d), 1.1 sluice\r\n"),
        loop("white-space", "Via: 1.0\t fred ,\t1.1\t  sluice\r\n"), loop("empty-elements", "Via: ,, 1.1 sluice ,\r\n"),
        noLoop("prefix", "Via: 1.1 sluice2\r\n"), noLoop("suffix", "Via: 1.1 my-sluice\r\n"),
        noLoop("comment", "Via: 1.1 fred (1.1 sluice)\r\n"), noLoop("port", "Via: 1.1 sluice:8080\r\n"),
        noLoop("comment-comma", "Via: 1.1 fred (a, 1.1 sluice, b)\r\n"),
        noLoop("nested-comment", "Via: 1.1 fred ((x), 1.1 sluice)\r\n"),
        noLoop("quoted-pair", "Via: 1.1 fred (\\), 1.1 sluice)\r\n"), noLoop("protocol", "Via: sluice 1.1\r\n"),
        noLoop("domain", "Via: 1.1 sluice.example\r\n"), noLoop("other-field", "X-Via: 1.1 sluice\r\n"),
        .should(
            "9110-7.6.3-loop-configured", "A loop is found by the configured name.",
            .get("/", "Via: 1.1 edge-1\r\n"), options: Options(top: "via: edge-1"), .nothingUpstream,
            .answered(508)),
        .must(
            "9110-7.6.3-no-loop-configured", "Another name is another proxy.", .get("/", "Via: 1.1 sluice\r\n"),
            options: Options(top: "via: edge-1"), .forwarded(), .viaEnds(["1.1 sluice", "1.1 edge-1"]),
            .answered(200)),
    ]
}

extension Expectation {
    /// The entries of Via in the first request, of all lines in order.
    static func viaEnds(_ entries: [String]) -> Expectation {
        .that { evidence in
            guard let message = evidence.requests.first?.message else { return ["no request"] }
            let came = message.values("via").joined(separator: ", ")
            return came == entries.joined(separator: ", ") ? [] : ["Via is \"\(came)\", not \(entries)"]
        }
    }

    /// What the first request says of its connection is true there: each option of Connection that is a field's name
    /// names one that is there, and TE and Upgrade are named (RFC 9110, sections 7.8 and 10.1.4).
    static let connectionIsHonest = Expectation.that { evidence in
        guard let message = evidence.requests.first?.message else { return ["no request"] }
        let options = message.values("connection").flatMap { $0.split(separator: ",") }
            .map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
        let fields = ["te", "upgrade"].filter { !message.values($0).isEmpty && !options.contains($0) }
        let absent = options.filter { !["close", "keep-alive"].contains($0) && message.values($0).isEmpty }
        return fields.map { "\($0) is not named by Connection" } + absent.map { "Connection names \($0)" }
    }
}
