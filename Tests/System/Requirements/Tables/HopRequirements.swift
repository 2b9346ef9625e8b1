/// What an intermediary removes and adds on a request's way: RFC 9110, sections 7.6 and 7.8.
enum HopRequirements {
    static let all = connection + upgrade + via + viaLoop

    private static let connection: [Requirement] = [
        .must(
            "9110-7.6.1-named", "A field that Connection names is removed.",
            .get("/a", "Connection: X-Private\r\nX-Private: 1\r\nX-Other: 2\r\n"),
            .forwarded(has: ["x-other: 2"], lacks: ["x-private:"])),
        .must(
            "9110-7.6.1-named-case", "Connection names fields in any case.",
            .get("/a", "connection: x-PRIVATE\r\nX-Private: 1\r\n"), .forwarded(lacks: ["x-private:"])),
        .must(
            "9110-7.6.1-named-before", "A field is removed though it stands before Connection.",
            .get("/a", "X-Private: 1\r\nConnection: X-Private\r\n"), .forwarded(lacks: ["x-private:"])),
        .must(
            "9110-7.6.1-named-list", "Each name of a list counts, with any white space and empty elements.",
            .get("/a", "Connection: X-A,X-B ,\tX-C, ,close-not\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\nX-D: 4\r\n"),
            .forwarded(has: ["x-d: 4"], lacks: ["x-a:", "x-b:", "x-c:"])),
        .must(
            "9110-7.6.1-named-fields", "Each Connection field counts.",
            .get("/a", "Connection: X-A\r\nX-A: 1\r\nConnection: X-B\r\nX-B: 2\r\n"),
            .forwarded(lacks: ["x-a:", "x-b:"])),
        .must(
            "9110-7.6.1-named-repeated", "Every line of a field that Connection names is removed.",
            .get("/a", "Connection: X-A\r\nX-A: 1\r\nX-B: 2\r\nX-A: 3\r\n"),
            .forwarded(has: ["x-b: 2"], lacks: ["x-a:"])),
        .must(
            "9110-7.6.1-named-prefix", "A name that only begins like an option stays.",
            .get("/a", "Connection: X-A\r\nX-A-B: 1\r\nX: 2\r\n"), .forwarded(has: ["x-a-b: 1", "x: 2"])),
        .must(
            "9110-7.6.1-connection-removed", "The client's Connection field itself does not go on.",
            .get("/a", "Connection: X-Private, keep-alive\r\n"), .forwarded(lacks: ["connection: X-Private*"]),
            .upstreamReceived("X-Private", false)),
        .must(
            "9110-7.6.1-many-names", "Twenty names are twenty names.", named(20),
            .forwarded(lacks: ["x-0:", "x-19:"])),
        .must(
            "9110-7.6.1-too-many-names", "Two hundred names are all heeded, or the request refused.", named(200),
            .anyOf([[.forwarded(lacks: ["x-0:", "x-199:"])], [.refused([400, 431], followed: false)]])),
        .should(
            "9110-7.6.1-keep-alive", "Keep-Alive is removed though nobody names it.",
            .get("/a", "Keep-Alive: timeout=5\r\n"), .forwarded(lacks: ["keep-alive:"])),
        .should(
            "9110-7.6.1-proxy-connection", "Proxy-Connection is removed though nobody names it.",
            .get("/a", "Proxy-Connection: keep-alive\r\n"), .forwarded(lacks: ["proxy-connection:"])),
        .should(
            "9110-7.6.1-te", "TE is removed, or names what we take.",
            .get("/a", "TE: gzip;q=0.5\r\nConnection: TE\r\n"),
            .forwarded(lacks: ["te: gzip*"])),
        .should(
            "9110-7.6.1-te-alone", "TE is removed though nobody names it.", .get("/a", "TE: gzip\r\n"),
            .forwarded(lacks: ["te: gzip"])),
        .must(
            "9110-7.6.1-close", "close is for one connection: it does not go upstream from a client.",
            .get("/a", "Connection: close\r\n"), .forwarded(lacks: ["connection: close"])),
        .mustNot(
            "9110-7.6.1-ours-named", "Our own fields are there though Connection names them.",
            .get("/a", "Connection: X-Forwarded-For, Via\r\n"),
            .forwarded(has: ["x-forwarded-for: 127.0.0.1", "via: 1.1 sluice"])),
        .may(
            "sluice-hop-mode-normal", "In normal mode the upstream is told that the socket closes.", .get("/a"),
            options: Options(agent: "mode: normal"), .forwarded(has: ["connection: close"]), .upstreamSocket(.closed)),
    ]

    /// A request whose Connection field names `count` fields, of which the first and the last are there.
    private static func named(_ count: Int) -> ClientScript {
        let names = (0..<count).map { "X-\($0)" }.joined(separator: ", ")
        return .get("/a", "Connection: \(names)\r\nX-0: 1\r\nX-\(count - 1): 1\r\n")
    }

    /// The rest of a WebSocket handshake (RFC 6455, section 4.1), without which some refuse the request.
    private static let handshake = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    private static let upgrade: [Requirement] = [
        .may(
            "sluice-upgrade-h2c", "h2c is never passed.",
            .get("/a", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
            .forwarded(lacks: ["upgrade:", "http2-settings:", "connection: upgrade*"]), .connection(.reused)),
        .must(
            "9110-7.8-not-named", "Upgrade that Connection does not name is not passed.",
            .get("/a", "Upgrade: websocket\r\n\(handshake)"), .forwarded(lacks: ["upgrade:"])),
        .must(
            "9110-7.8-old", "Upgrade in HTTP/1.0 is ignored.",
            "GET /a HTTP/1.0\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\(handshake)\r\n",
            .forwarded(lacks: ["upgrade:"])),
        .may(
            "sluice-upgrade-body", "Upgrade with a body is not passed.",
            .post("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", "hello"),
            .forwarded(lacks: ["upgrade:"], body: "hello"), .connection(.reused)),
        .may(
            "sluice-upgrade-chunked", "Upgrade with a chunked body is not passed.",
            .chunked("5\r\nhello\r\n0\r\n\r\n", "Connection: upgrade\r\nUpgrade: websocket\r\n\(handshake)"),
            .forwarded(lacks: ["upgrade:"], body: "hello"), .connection(.reused)),
        .may(
            "sluice-upgrade-unknown", "A protocol that is not configured is not passed.",
            .get("/a", "Connection: upgrade\r\nUpgrade: irc/6.9\r\n"), .forwarded(lacks: ["upgrade:"])),
        .may(
            "sluice-upgrade-none", "With none configured, WebSocket is not passed either.",
            .get("/a", "Connection: upgrade\r\nUpgrade: websocket\r\n\(handshake)"),
            options: Options(top: "upgrade: []"),
            .forwarded(lacks: ["upgrade:", "connection: upgrade"])),
        .may(
            "sluice-upgrade-websocket", "WebSocket is passed, with both fields.",
            .get("/a", "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\(handshake)"),
            .forwarded(has: ["upgrade: websocket"]), .upstreamReceived("pgrade\r\n"), .connection(.reused)),
        .may(
            "sluice-upgrade-filtered", "Of several protocols only those that are configured are passed.",
            .get("/a", "Connection: upgrade\r\nUpgrade: h2c, WebSocket\r\n\(handshake)"),
            .forwarded(has: ["upgrade: WebSocket"]),
            .upstreamReceived("h2c", false)),
    ]

    private static let via: [Requirement] = [
        .must("9110-7.6.3-via", "A proxy adds itself to Via.", .get("/a"), .forwarded(has: ["via: 1.1 sluice"])),
        .must(
            "9110-7.6.3-via-version", "Via names the version that was received.",
            "GET /a HTTP/1.0\r\nHost: a.example\r\n\r\n", .forwarded(has: ["via: 1.0 sluice"])),
        .must(
            "9110-7.6.3-via-added", "What Via names already stays, and we come last.",
            .get("/a", "Via: 1.0 fred, 1.1 p.example:80 (x, y)\r\n"),
            .anyOf([
                [.forwarded(has: ["via: 1.0 fred, 1.1 p.example:80 (x, y), 1.1 sluice"])],
                [.forwarded(has: ["via: 1.0 fred, 1.1 p.example:80 (x, y)", "via: 1.1 sluice"])],
            ])),
        .should(
            "9110-7.6.3-answer", "A gateway adds itself to Via of the answer, or not at all.", .get("/a"),
            upstream: UpstreamStep.answer("HTTP/1.1 200 OK\r\nVia: 1.1 x\r\nContent-Length: 0\r\n\r\n"),
            .clientReceived("1.1 x"), .answered(200)),
        .may(
            "sluice-via-none", "Without a name there is no Via.", .get("/a"), options: Options(top: "via: \"\""),
            .forwarded(lacks: ["via:"])),
        .may(
            "sluice-via-name", "Via has the configured name.", .get("/a"), options: Options(top: "via: gateway"),
            .forwarded(has: ["via: 1.1 gateway"])),
    ]

    private static let viaLoop: [Requirement] = [
        loop("own", "Via that names us ends the loop with 508.", "Via: 1.1 sluice\r\n"),
        loop("list", "Via is a list.", "Via: 1.0 fred, 1.1 sluice, 1.1 other\r\n"),
        loop("second-field", "Via may be several fields.", "Via: 1.0 fred\r\nVia: 1.1 sluice\r\n"),
        loop("protocol", "Via may name the protocol.", "Via: HTTP/1.1 sluice\r\n"),
        loop("comment", "Via may hold comments.", "Via: 1.1 a (b, c (d)), 1.1 sluice (e)\r\n"),
        loop("case", "A name is the same in any case.", "Via: 1.1 SLUICE\r\n"),
        loop("space", "White space does not hide a name.", "Via:\t1.1 \tsluice\t \r\n"),
        through("prefix", "A name that begins like ours is another's.", "Via: 1.1 sluice2\r\n"),
        through("suffix", "A name that ends like ours is another's.", "Via: 1.1 mysluice\r\n"),
        through("in-comment", "Our name in a comment is none.", "Via: 1.1 other (1.1 sluice, 1.1 sluice)\r\n"),
        through("quoted-pair", "An escaped parenthesis does not end a comment.", "Via: 1.1 a (b\\), 1.1 sluice)\r\n"),
        through("nested", "A nested comment does not end the outer one.", "Via: 1.1 a ((b), 1.1 sluice)\r\n"),
        through("version", "Our name in the place of a version is none.", "Via: sluice other\r\n"),
        through("other-field", "Our name in another field is none.", "X-Via: 1.1 sluice\r\n"),
    ]

    private static func loop(_ name: String, _ sentence: String, _ fields: String) -> Requirement {
        .may(
            "sluice-via-loop-\(name)", sentence, .get("/a", fields), options: Options(top: "via: sluice"),
            .answered(508), .nothingUpstream)
    }

    private static func through(_ name: String, _ sentence: String, _ fields: String) -> Requirement {
        .may(
            "sluice-via-through-\(name)", sentence, .get("/a", fields), options: Options(top: "via: sluice"),
            .forwarded(startsWith: "GET /a HTTP/1.1"))
    }
}
