/// CONNECT: RFC 9110, section 9.3.6, and RFC 9112, sections 3.2.3 and 6.3.
enum ConnectRequirements {
    static let all: [Requirement] = refused + tunnels + answers + invalid

    private static let forward = Options(top: "connect: forward")

    private static func connect(_ target: String = "b.example:443", _ fields: String = "", host: String? = nil)
        -> String
    {
        "CONNECT \(target) HTTP/1.1\r\nHost: \(host ?? target)\r\n\(fields)\r\n"
    }

    private static let refused: [Requirement] = [
        .may(
            "9110-9.3.6-refused", "CONNECT is answered with 501 unless it is configured.",
            ClientScript(connect()), .nothingUpstream,
            .answered(501), .problem(), .proxyStatus()),
        .may(
            "9110-9.3.6-refused-by-word", "CONNECT is answered with 501 when the configuration says so.",
            ClientScript(connect()),
            options: Options(top: "connect: refuse"), .nothingUpstream, .answered(501), .proxyStatus()),
        .must(
            "9110-9.3.6-refused-early", "What follows a CONNECT that is refused is not served.",
            ClientScript(connect() + ClientScript.get("/smuggled").sent), .nothingUpstream, .answered(501),
            .never("/smuggled"), .connection(.closed)),
    ]

    private static func tunnel(
        _ id: String, _ sentence: String, _ request: String = connect(),
        answer response: String = "HTTP/1.1 200 OK\r\n\r\n",
        before: String = "",
        _ seen: Expectation...
    ) -> Requirement {
        Requirement(
            id: "9110-9.3.6-\(id)", level: .must, sentence: sentence,
            client: [.send(request), .wait("\r\n\r\n"), .send("up"), .wait("down"), .shutdownWrite], options: forward,
            upstream: [.request, .send(before), .send(response), .wait("up"), .send("down"), .end],
            seen: seen + [
                .tunnel(client: "down", upstream: "up"), .requests(1), .connection(.closed), .upstreamSocket(.closed),
            ])
    }

    private static let tunnels: [Requirement] = [
        tunnel(
            "tunnel", "A 2xx to CONNECT makes a tunnel.", connect(), answer: "HTTP/1.1 200 Go\r\nX: y\r\n\r\n",
            .forwarded(startsWith: "CONNECT b.example:443 HTTP/1.1", has: ["host: b.example:443"]),
            .answered(200, has: ["x: y"], lacks: ["content-length:", "transfer-encoding:"])),
        tunnel(
            "tunnel-204", "A 204 to CONNECT makes a tunnel.", connect(), answer: "HTTP/1.1 204 No Content\r\n\r\n",
            .answered(204)),
        tunnel(
            "tunnel-299", "An unknown 2xx to CONNECT makes a tunnel.", connect(), answer: "HTTP/1.1 299 Odd\r\n\r\n",
            .answered(299)),
        tunnel(
            "tunnel-ipv6", "An address may be what is asked for.", connect("[2001:db8::1]:443"),
            answer: "HTTP/1.1 200 OK\r\n\r\n", .forwarded(startsWith: "CONNECT [2001:db8::1]:443 HTTP/1.1")),
        tunnel(
            "tunnel-length-zero", "A length of 0 in a 2xx is dropped.", connect(),
            answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .answered(200, lacks: ["content-length:"])),
        tunnel(
            "tunnel-interim", "An interim response may come before the tunnel.", connect(),
            before: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", .interim([103])),
        tunnel(
            "tunnel-authorization", "Credentials pass.",
            connect("b.example:443", "Proxy-Authorization: Basic YTpi\r\n"),
            answer: "HTTP/1.1 200 OK\r\n\r\n", .forwarded(has: ["proxy-authorization: Basic YTpi"])),
        .must(
            "9110-9.3.6-early", "What the client sends behind CONNECT belongs to the tunnel.",
            [.send(connect() + "early"), .wait("thanks"), .shutdownWrite], options: forward,
            upstream: .answer("HTTP/1.1 200 OK\r\n\r\n") + [.wait("early"), .send("thanks"), .end], .answered(200),
            .tunnel(client: "thanks", upstream: "early")),
        .must(
            "9110-9.3.6-early-upstream", "What comes right behind the 2xx belongs to the tunnel.",
            [.send(connect()), .wait("hello"), .shutdownWrite], options: forward,
            upstream: .answer("HTTP/1.1 200 OK\r\n\r\nhello") + [.end], .answered(200),
            .tunnel(client: "hello", upstream: "")),
        .must(
            "9110-9.3.6-half-close", "The end of one side is passed on, and the other goes on.",
            [.send(connect()), .wait("\r\n\r\n"), .send("bye"), .shutdownWrite, .wait("late")], options: forward,
            upstream: .answer("HTTP/1.1 200 OK\r\n\r\n") + [.wait("bye"), .end, .send("late"), .close],
            .answered(200), .tunnel(client: "late", upstream: "bye"), .connection(.closed)),
    ]

    private static func declined(_ id: String, _ sentence: String, _ response: String, _ seen: Expectation...)
        -> Requirement
    {
        Requirement(
            id: "9110-9.3.6-\(id)", level: .must, sentence: sentence,
            client: [
                .send(connect()), .wait("\r\n\r\n"), .waitUpstream("CONNECT"), .send(ClientScript.get("/n").sent),
            ],
            options: forward, upstream: .answer(response),
            seen: seen + [.declinedSafely, .clientReceived("poison", false)])
    }

    private static let answers: [Requirement] = [
        declined(
            "declined-407", "Any other status than 2xx to CONNECT is a response.",
            .response("Proxy-Authenticate: Basic\r\n", status: "407 No", body: "no"),
            .answered(407, has: ["proxy-authenticate: Basic"], body: "no"), .upstreamSocket(.reused)),
        declined(
            "declined-chunked", "A response to CONNECT that is no 2xx may come in chunks.",
            "HTTP/1.1 502 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", .answered(502, body: "no"),
            .upstreamSocket(.reused)),
        declined(
            "declined-302", "A redirection is no tunnel.", .response("Location: /x\r\n", status: "302 X", body: "no"),
            .answered(302, body: "no"), .upstreamSocket(.reused)),
        declined(
            "tunnel-length", "A 2xx with another length than 0 is answered with 502.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", .answered(502), .upstreamSocket(.closed)),
        declined(
            "tunnel-coding", "A 2xx with a coding is answered with 502.",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\npoison\r\n0\r\n\r\n", .answered(502),
            .upstreamSocket(.closed)),
        declined(
            "tunnel-switch", "A 101 is no answer to CONNECT.",
            "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\npoison", .answered(502),
            .upstreamSocket(.closed)),
    ]

    private static func bad(_ id: String, _ sentence: String, _ request: String) -> Requirement {
        .must("9112-3.2.3-\(id)", sentence, ClientScript(request), options: forward, .refused([400]))
    }

    private static let invalid: [Requirement] = [
        bad("no-port", "The target of CONNECT has a port.", connect("b.example")),
        bad("empty-port", "The target of CONNECT has a port.", connect("b.example:")),
        bad("port-zero", "A port is not 0.", connect("b.example:0")),
        bad("port-large", "A port is at most 65535.", connect("b.example:65536")),
        bad("port-letters", "A port is a number.", connect("b.example:https")),
        bad("no-host", "The target of CONNECT has a host.", connect(":443", host: "b.example:443")),
        bad("origin-form", "The target of CONNECT is no path.", connect("/", host: "b.example")),
        bad("absolute-form", "The target of CONNECT is no URI.", connect("http://b.example:80/", host: "b.example:80")),
        bad("asterisk", "The target of CONNECT is no asterisk.", connect("*", host: "b.example")),
        bad("path", "The target of CONNECT has no path.", connect("b.example:443/x", host: "b.example:443")),
        bad("user", "The target of CONNECT has no user.", connect("u:p@b.example:443", host: "b.example:443")),
        bad("host-missing", "CONNECT has a Host as any request.", "CONNECT b.example:443 HTTP/1.1\r\n\r\n"),
        bad("content", "CONNECT has no content.", connect("b.example:443", "Content-Length: 2\r\n") + "hi"),
        bad(
            "chunked", "CONNECT has no content.",
            connect("b.example:443", "Transfer-Encoding: chunked\r\n") + "2\r\nhi\r\n0\r\n\r\n"),
        bad("other-method", "The form of CONNECT is CONNECT's alone.", "GET b.example:443 HTTP/1.1\r\nHost: b\r\n\r\n"),
    ]
}

extension Expectation {
    /// The connection of a CONNECT that was declined goes on, or the answer says that it ends and nothing more is served:
    /// what a client sends behind it may have been meant for the tunnel.
    fileprivate static let declinedSafely = Expectation.that { evidence in
        let isLast = evidence.answers.first?.values("connection") == ["close"]
        let second = evidence.requests.dropFirst()
        guard isLast else {
            return evidence.answers.count == 2 && second.count == 1 ? [] : ["the next request has no answer of its own"]
        }
        return (second.isEmpty ? [] : ["a request behind the last one is served"])
            + (evidence.scene.clientEnd == nil ? ["the client's connection is open"] : [])
    }
}
