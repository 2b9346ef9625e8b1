/// Switches of protocols and tunnels: RFC 9110, sections 7.8 and 15.2.2, and RFC 6455.
enum UpgradeRequirements {
    static let all: [Requirement] = handshakes + declined + refused + notPassed + tunnels + ends

    static let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    private static let ask = upgrade()
    static let accept = switched("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")

    private static func upgrade(
        to name: String = "websocket", connection: String = "Upgrade", _ fields: String = key, method: String = "GET"
    ) -> String {
        "\(method) /chat HTTP/1.1\r\nHost: a.example\r\nConnection: \(connection)\r\nUpgrade: \(name)\r\n\(fields)\r\n"
    }

    private static func switched(_ fields: String = "", to name: String = "websocket") -> String {
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: \(name)\r\n\(fields)\r\n"
    }

    private static func good(
        _ id: String, _ sentence: String, _ request: String, answer response: String = accept,
        before: String = "", options: Options = Options(top: "upgrade: [websocket]"),
        _ seen: Expectation...
    ) -> Requirement {
        Requirement(
            id: id, level: .must, sentence: sentence,
            client: [
                .send(request), .wait("\r\n\r\n"), .send("\u{81}\u{85}abcdefghi"), .waitUpstream("abcdefghi"),
                .wait("\u{81}\u{2}hi"), .shutdownWrite,
            ], options: options,
            upstream: [.request, .send(before), .send(response), .wait("abcdefghi"), .send("\u{81}\u{2}hi"), .end],
            seen: [.answered(101, has: ["connection: *"]), .connectionIsHonest]
                + seen + [
                    .tunnel(client: "\u{81}\u{2}hi", upstream: "\u{81}\u{85}abcdefghi"), .connection(.closed),
                    .upstreamSocket(.closed),
                ])
    }

    private static let handshakes: [Requirement] = [
        good(
            "6455-4.1-handshake", "The fields of the handshake pass both ways.",
            upgrade(
                key + "Sec-WebSocket-Protocol: chat, superchat\r\nOrigin: http://b.example\r\n"
                    + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x\r\n"),
            answer: switched(
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n"
                    + "Sec-WebSocket-Extensions: permessage-deflate\r\nX: y\r\n"),
            .forwarded(
                startsWith: "GET /chat HTTP/1.1",
                has: [
                    "upgrade: websocket", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 13",
                    "sec-websocket-protocol: chat, superchat", "origin: http://b.example",
                    "sec-websocket-extensions: permessage-deflate; client_max_window_bits, x", "via: 1.1 sluice",
                    "x-forwarded-for: 127.0.0.1",
                ], lacks: ["connection: close"]),
            .answered(
                101,
                has: [
                    "upgrade: websocket", "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                    "sec-websocket-protocol: chat", "sec-websocket-extensions: permessage-deflate", "x: y",
                ])),
        good(
            "9110-7.8-upgrade-case", "Names of protocols have no case.", upgrade(to: "WebSocket"),
            answer: switched(to: "WEBSOCKET")),
        good("9110-7.6.1-upgrade-option-case", "The option upgrade has no case.", upgrade(connection: "UPGRADE")),
        good(
            "9110-7.8-upgrade-option-list", "The option may be one of several.",
            upgrade(connection: "keep-alive, X-Hop ,Upgrade", key + "X-Hop: secret\r\n"),
            .forwarded(has: ["upgrade: websocket"], lacks: ["x-hop:"])),
        good(
            "9110-7.8-upgrade-first-of-two", "Of several protocols only those that are passed go upstream.",
            upgrade(to: "foo/2, websocket, bar"), .forwarded(has: ["upgrade: websocket"])),
        good(
            "9110-7.8-upgrade-beside-h2c", "h2c does not go upstream beside another.", upgrade(to: "h2c, websocket"),
            .forwarded(has: ["upgrade: websocket"]), .upstreamReceived("h2c", false)),
        good(
            "9110-7.8-upgrade-lines", "Lines of Upgrade are one list.", upgrade(to: "h2c\r\nUpgrade: websocket"),
            .forwarded(has: ["upgrade: websocket"]), .upstreamReceived("h2c", false)),
        good(
            "9110-7.8-upgrade-configured", "Another protocol passes when it is configured.", upgrade(to: "foo/2"),
            answer: switched(to: "foo/2"), options: Options(top: "upgrade: [websocket, foo/2]"),
            .forwarded(has: ["upgrade: foo/2"]), .answered(101, has: ["upgrade: foo/2"])),
        good(
            "9110-7.8-upgrade-one-of-two", "The upstream chooses one of those that were asked for.",
            upgrade(to: "websocket, foo/2"), answer: switched(to: "foo/2"),
            options: Options(top: "upgrade: [foo/2, websocket]"), .forwarded(has: ["upgrade: websocket, foo/2"]),
            .answered(101, has: ["upgrade: foo/2"])),
        good(
            "9110-7.8-upgrade-normal", "An agent that keeps no sockets switches too, and says no close.", ask,
            options: Options(agent: "mode: normal"), .forwarded(lacks: ["connection: close"])),
        good(
            "9110-15.2-upgrade-interim", "An interim response may come before the switch.", ask,
            before: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", .interim([103])),
        good(
            "9110-7.6.1-upgrade-hop", "The fields of one connection are removed from a 101 too.", ask,
            answer:
                "HTTP/1.1 101 Switching\r\nConnection: upgrade, X-Hop\r\nUpgrade: websocket\r\nX-Hop: secret\r\n"
                + "Keep-Alive: timeout=5\r\n\r\n", .answered(101, lacks: ["x-hop:", "keep-alive:"])),
        good(
            "9110-7.8-upgrade-head", "A request of any method without content may ask for a switch.",
            upgrade(method: "OPTIONS")),
        good(
            "9110-7.8-upgrade-length-zero", "A length of 0 is no content.", upgrade(key + "Content-Length: 0\r\n"),
            .forwarded(has: ["upgrade: websocket"])),
    ]

    private static func no(_ id: String, _ sentence: String, _ response: String, _ status: Int, _ seen: Expectation...)
        -> Requirement
    {
        Requirement(
            id: "9110-7.8-upgrade-declined-\(id)", level: .must, sentence: sentence,
            client: [.send(ask), .wait("declined"), .send(ClientScript.get("/next").sent)], options: Options(),
            upstream: .answer(response),
            seen: seen + [
                .answered(status, body: "declined"), .answered(200, body: "ok", at: 1), .requests(2),
                .upstreamSocket(.reused), .connection(.reused),
            ])
    }

    private static let declined: [Requirement] = [
        no("200", "An upstream may ignore Upgrade: the connection goes on.", .response(body: "declined"), 200),
        no("403", "An upstream may refuse to switch.", .response(status: "403 No", body: "declined"), 403),
        no(
            "chunked", "An upstream may refuse to switch in chunks.", .chunkedResponse("8\r\ndeclined\r\n0\r\n\r\n"),
            200),
        no(
            "426", "A 426 says which protocol the upstream wants.",
            .response(
                "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", status: "426 Upgrade",
                body: "declined"), 426,
            .answered(426, has: ["upgrade: websocket", "connection: *", "sec-websocket-version: 13"])),
        no(
            "426-h2c", "A 426 does not send the client to a protocol that is not passed.",
            .response("Connection: upgrade\r\nUpgrade: h2c\r\n", status: "426 Upgrade", body: "declined"), 426,
            .clientReceived("h2c", false)),
        .must(
            "9110-7.8-upgrade-declined-close", "An upstream may refuse to switch and close.",
            [.send(ask), .wait("declined"), .waitUpstreamEnd, .send(ClientScript.get("/next").sent)],
            upstream: .answer(.response("Connection: close\r\n", status: "400 No", body: "declined")),
            .answered(400, body: "declined"), .answered(200, at: 1), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-upgrade-declined-pipelined", "What follows a request that is declined is a request.",
            ClientScript(ask + ClientScript.get("/next").sent), upstream: .answer(.response(body: "declined")),
            .answered(200, body: "declined"), .answered(200, body: "ok", at: 1), .requests(2)),
    ]

    /// A switch that was not asked for like this: 502, and nothing of what follows reaches the client.
    private static func bad(
        _ id: String, _ sentence: String, _ response: String, to request: String = ask,
        options: Options = Options()
    ) -> Requirement {
        Requirement(
            id: "9110-15.2.2-refused-\(id)", level: .must, sentence: sentence,
            client: [.send(request), .wait("\r\n\r\n"), .waitUpstreamEnd, .send(ClientScript.get("/next").sent)],
            options: options, upstream: .answer(response + "poison"),
            seen: [
                .answered(502), .proxyStatus("http_upgrade_failed", "http_protocol_error"),
                .answered(200, body: "ok", at: 1), .upstreamSocket(.closed), .clientReceived("poison", false),
            ])
    }

    private static let refused: [Requirement] = [
        bad("other", "A switch to a protocol that was not asked for is answered with 502.", switched(to: "foo/2")),
        bad("h2c", "A switch to h2c is answered with 502.", switched(to: "h2c")),
        bad("two", "A switch is to one protocol.", switched(to: "websocket, foo/2")),
        bad("twice", "A switch is to one protocol.", switched("Upgrade: foo/2\r\n")),
        bad("none", "A switch names its protocol.", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n"),
        bad("empty", "A switch names its protocol.", switched(to: "")),
        bad(
            "no-option", "A switch names Upgrade in Connection.",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
        bad("version", "A name with a version is another name.", switched(to: "websocket/13")),
        bad("prefix", "A name is whole.", switched(to: "websockets")),
        bad("length", "A 101 has no length.", switched("Content-Length: 6\r\n")),
        bad("coding", "A 101 has no coding.", switched("Transfer-Encoding: chunked\r\n")),
        bad("http1.0", "HTTP/1.0 knows no 101.", accept.replacing("HTTP/1.1", with: "HTTP/1.0")),
        bad("unasked", "A switch that nobody asked for is answered with 502.", accept, to: ClientScript.get().sent),
        bad(
            "not-passed", "A switch that we did not pass on is answered with 502.", accept, to: upgrade(to: "foo/2")),
        bad(
            "not-configured", "Without protocols nothing switches.", accept,
            options: Options(top: "upgrade: []")),
        bad("no-connection", "Upgrade alone asks for nothing.", accept, to: upgrade(connection: "keep-alive")),
    ]

    private static func without(_ id: String, _ sentence: String, _ request: ClientScript, top: String = "")
        -> Requirement
    {
        .mustNot(
            "9110-7.8-not-passed-\(id)", sentence, request, options: Options(top: top),
            .forwarded(lacks: ["upgrade:"]), .upstreamReceived("h2c", false), .connectionIsHonest,
            .answered(200, body: "ok"))
    }

    private static let notPassed: [Requirement] = [
        without("none", "Without protocols Upgrade is not passed.", .init(ask), top: "upgrade: []"),
        without("h2c", "h2c is never passed.", .init(upgrade(to: "h2c", ""))),
        without(
            "h2c-option", "h2c is never passed.",
            .init(upgrade(to: "h2c", connection: "Upgrade, HTTP2-Settings", "HTTP2-Settings: AA\r\n"))),
        without("h2c-case", "h2c is never passed, in any case.", .init(upgrade(to: "H2C", ""))),
        without("tls", "TLS is not passed.", .init(upgrade(to: "TLS/1.0", ""))),
        without("prefix", "A name is whole.", .init(upgrade(to: "websockets", ""))),
        without("version", "A name with a version is another name.", .init(upgrade(to: "websocket/13", ""))),
        without("empty", "An empty Upgrade asks for nothing.", .init(upgrade(to: "", ""))),
        without(
            "content", "A request with content does not switch.",
            .init(upgrade("Content-Length: 2\r\n", method: "POST") + "hi")),
        without(
            "chunked", "A request with content does not switch.",
            .init(upgrade("Transfer-Encoding: chunked\r\n", method: "POST") + "2\r\nhi\r\n0\r\n\r\n")),
        without(
            "no-option", "Upgrade that Connection does not name asks for nothing.",
            .get("/", "Upgrade: websocket\r\n")),
        without(
            "only-option", "The option without the field asks for nothing.", .get("/", "Connection: Upgrade\r\n")),
    ]

    private static let every = String(String.UnicodeScalarView((0..<256).compactMap { Unicode.Scalar($0) }))
    private static let large = String(repeating: every, count: 1500)

    private static let tunnels: [Requirement] = [
        .must(
            "6455-5.2-bytes", "A tunnel passes bytes, whatever they are.",
            [.send(ask), .wait("\r\n\r\n"), .send(every + "up"), .wait("down"), .shutdownWrite],
            upstream: .answer(accept) + [.wait("up"), .send(every + "down"), .end], .answered(101),
            .tunnel(client: every + "down", upstream: every + "up")),
        .must(
            "9110-7.8-early-client", "What the client sends behind its request belongs to the tunnel.",
            [.send(ask + "early bird"), .waitUpstream("early bird"), .shutdownWrite],
            upstream: .answer(accept) + [.wait("early bird"), .end], .answered(101),
            .tunnel(client: "", upstream: "early bird"), .requests(1)),
        .must(
            "9110-7.8-early-upstream", "What comes right behind a 101 belongs to the tunnel.",
            [.send(ask), .wait("early bird"), .shutdownWrite], upstream: .answer(accept + "early bird") + [.end],
            .answered(101), .tunnel(client: "early bird", upstream: "")),
        .must(
            "9110-7.8-looks-like-http", "What looks like HTTP in a tunnel is none.",
            [
                .send(ask), .wait("\r\n\r\n"), .send(ClientScript.get("/inner").sent), .wait("evil"),
                .shutdownWrite,
            ],
            upstream: .answer(accept) + [.wait("/inner"), .send("HTTP/1.1 500 No\r\n\r\nevil"), .end],
            .answered(101),
            .tunnel(client: "HTTP/1.1 500 No\r\n\r\nevil", upstream: ClientScript.get("/inner").sent),
            .requests(1)),
        .must(
            "9110-7.8-large-up", "A tunnel passes more than it can hold upward.",
            [.send(ask), .wait("\r\n\r\n"), .send(large + "done"), .wait("thanks"), .shutdownWrite],
            upstream: .answer(accept) + [.wait("done"), .send("thanks"), .end], .answered(101),
            .tunnel(client: "thanks", upstream: large + "done")),
        .must(
            "9110-7.8-large-down", "A tunnel passes more than it can hold downward.",
            [.send(ask), .wait("done"), .send("thanks"), .waitUpstream("thanks"), .shutdownWrite],
            upstream: .answer(accept) + [.send(large + "done"), .wait("thanks"), .end], .answered(101),
            .tunnel(client: large + "done", upstream: "thanks")),
        .must(
            "9110-7.8-both-at-once", "A tunnel passes both ways at once.",
            [.send(ask), .wait("\r\n\r\n"), .send(large + "up"), .wait("down"), .waitUpstream("up"), .shutdownWrite],
            upstream: .answer(accept) + [.send(large + "down"), .wait("up"), .end], .answered(101),
            .tunnel(client: large + "down", upstream: large + "up")),
    ]

    private static let ends: [Requirement] = [
        .must(
            "9110-7.8-half-close-client", "The end of the client's side is passed on, and the other side goes on.",
            [.send(ask), .wait("\r\n\r\n"), .send("bye"), .shutdownWrite, .wait("late")],
            upstream: .answer(accept) + [.wait("bye"), .end, .send("late"), .close], .answered(101),
            .tunnel(client: "late", upstream: "bye"), .connection(.closed), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-half-close-upstream", "The end of the upstream's side is passed on, and the other goes on.",
            [.send(ask), .wait("bye"), .waitEnd, .send("late"), .waitUpstream("late"), .shutdownWrite],
            upstream: .answer(accept) + [.send("bye"), .shutdownWrite, .wait("late"), .end], .answered(101),
            .tunnel(client: "bye", upstream: "late"), .connection(.closed), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-close-upstream", "An upstream that closes ends the tunnel, after its bytes.",
            [.send(ask), .wait("\r\n\r\n")], upstream: .answer(accept) + [.send("bye"), .close], .answered(101),
            .tunnel(client: "bye", upstream: ""), .connection(.closed), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-reset-upstream", "A reset ends the tunnel.", [.send(ask), .wait("bye")],
            upstream: .answer(accept) + [.send("bye"), .waitClient("bye"), .reset], .answered(101),
            .connection(.closed), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-close-client", "A client that closes ends the tunnel.",
            [.send(ask), .wait("\r\n\r\n"), .send("bye"), .waitUpstream("bye"), .close],
            upstream: .answer(accept) + [.wait("bye"), .end], .answered(101), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-reset-client", "A client that resets ends the tunnel.",
            [.send(ask), .wait("\r\n\r\n"), .send("bye"), .waitUpstream("bye"), .reset],
            upstream: .answer(accept) + [.wait("bye"), .end], .answered(101), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-idle", "A tunnel that carries nothing ends in its time.", [.send(ask), .wait("hello")],
            options: Options(client: "tunnelTimeout: 300ms"), upstream: .answer(accept) + [.send("hello"), .end],
            .answered(101), .tunnel(client: "hello", upstream: ""), .connection(.closed), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-idle-half-closed", "A tunnel that is closed on one side and carries nothing ends in its time.",
            [.send(ask), .wait("hello"), .shutdownWrite], options: Options(client: "tunnelTimeout: 300ms"),
            upstream: .answer(accept) + [.send("hello"), .end, .wait("never")], .answered(101),
            .connection(.closed), .upstreamSocket(.closed)),
        .must(
            "9110-7.8-agent-timeout", "The timeout of requests is none of tunnels.",
            [.send(ask), .wait("late"), .shutdownWrite], options: Options(agent: "timeout: 200ms"),
            upstream: .answer(accept) + [.pause, .send("late"), .end], .answered(101),
            .tunnel(client: "late", upstream: "")),
        .must(
            "9110-7.8-idle-timeout", "The time between requests is none of tunnels.",
            [.send(ask), .wait("late"), .shutdownWrite], options: Options(client: "idleTimeout: 200ms"),
            upstream: .answer(accept) + [.pause, .send("late"), .end], .answered(101),
            .tunnel(client: "late", upstream: "")),
    ]
}

extension UpstreamStep {
    /// Waits for what never comes, for as long as a timeout of 200 ms needs to show itself.
    static let pause = UpstreamStep.quiet(.milliseconds(600))
}

extension Expectation {
    /// What went through the tunnel, byte by byte: all that came behind the 101, or the 2xx to CONNECT, on either side.
    static func tunnel(client: String, upstream: String) -> Expectation {
        .that { evidence in
            guard let answer = evidence.answers.last else { return ["no tunnel"] }
            let down = Array(evidence.scene.client[answer.headEnd...])
            guard let connection = evidence.scene.connections.first(where: { $0.tunnel != nil }),
                let start = connection.tunnel
            else { return ["no tunnel upstream"] }
            let up = Array(connection.bytes[start...])
            return (down == WireText.bytes(client) ? [] : ["down came \(down.count) bytes: \(WireText.escaped(down))"])
                + (up == WireText.bytes(upstream) ? [] : ["up came \(up.count) bytes: \(WireText.escaped(up))"])
        }
    }
}
