import Testing
import TestSupport

/// What an intermediary changes in a head, and what it leaves alone (RFC 9110, section 7.6).
@Suite("Forwarded heads", .bounded)
struct ForwardingTests {
    /// Sends `fields` (each with CRLF) and returns what the upstream got and what the client got.
    private func forward(
        _ fields: String, configuration: String = "", answer: String = "", line: String = "GET /p HTTP/1.1",
        host: String = "Host: a.example:8080\r\n", body: String = ""
    ) throws -> (request: RawRequest, response: RawResponse) {
        let upstream = try ScriptedUpstream { peer in
            while try peer.readRequest() != nil { try peer.answer(fields: answer, text: "ok") }
        }
        let sluice = try SluiceProcess.forwarding(to: upstream, settings: "", more: configuration)
        let response = try sluice.exchange("\(line)\r\n\(host)\(fields)\r\n\(body)")
        #expect(response.status == 200)
        return (try #require(upstream.requests.first), response)
    }

    @Test("fields of the connection do not go upstream; all others do, in order, with their values as they are")
    func hopByHop() async throws {
        try await onThread {
            let (request, _) = try forward(
                """
                Accept: */*\r
                Connection: x-private, TE, keep-alive\r
                Connection: X-Other\r
                X-Private: 1\r
                X-OTHER: 2\r
                Keep-Alive: timeout=5\r
                TE: trailers, gzip\r
                Proxy-Connection: keep-alive\r
                Upgrade: h2c\r
                Proxy-Authorization: Basic eDp5\r
                X-Kept:  a,  b \r
                Cookie: a=b; c="d"\r
                X-Kept: c\r
                User-Agent: système\r\n
                """)
            for name in ["x-private", "x-other", "keep-alive", "proxy-connection", "upgrade"] {
                #expect(request.values(name).isEmpty, "\(name): \(request.head)")
            }
            #expect(!request.values("connection").joined(separator: ",").lowercased().contains("x-private"))
            #expect(request.value("accept") == "*/*")
            #expect(request.values("x-kept") == ["a,  b", "c"])
            #expect(request.value("cookie") == #"a=b; c="d""#)
            #expect(request.value("user-agent") == "système")
            #expect(request.value("host") == "a.example:8080")
            #expect(request.line == "GET /p HTTP/1.1")
        }
    }

    @Test(
        "a field named by Connection that frames the message is not dropped as if it were private",
        arguments: [
            "Content-Length", "Host", "Transfer-Encoding",
        ])
    func connectionNamesFraming(name: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let body = name == "Transfer-Encoding" ? "2\r\nhi\r\n0\r\n\r\n" : "hi"
            let framing = name == "Transfer-Encoding" ? "Transfer-Encoding: chunked" : "Content-Length: 2"
            let response = try sluice.exchange(
                "POST /p HTTP/1.1\r\nHost: a.example\r\nConnection: \(name)\r\n\(framing)\r\n\r\n\(body)")
            // Either it is refused, or what arrives is whole.
            if response.status == 200 {
                let request = try #require(upstream.requests.first)
                #expect(request.text == "hi")
                #expect(request.value("host") == "a.example")
            } else {
                #expect(response.status == 400)
                #expect(upstream.requests.isEmpty)
            }
        }
    }

    @Test("responses lose their connection's fields too, and keep the rest")
    func response() async throws {
        try await onThread {
            let (_, response) = try forward(
                "",
                answer: """
                    Date: Tue, 15 Nov 1994 08:12:31 GMT\r
                    Server: example\r
                    Connection: X-Secret\r
                    X-Secret: 1\r
                    Keep-Alive: timeout=60\r
                    Proxy-Connection: keep-alive\r
                    Upgrade: h2c\r
                    Set-Cookie: a=1\r
                    Set-Cookie: b=2\r
                    X-Empty:\r\n
                    """)
            for name in ["x-secret", "keep-alive", "proxy-connection", "upgrade"] {
                #expect(response.value(name) == nil, "\(name)")
            }
            #expect(response.values("set-cookie") == ["a=1", "b=2"])
            #expect(response.value("server") == "example")
            #expect(response.values("date") == ["Tue, 15 Nov 1994 08:12:31 GMT"])
            #expect(response.value("x-empty") == "")
        }
    }

    @Test(
        "Via names the protocol that was received, after what was there",
        arguments: [
            ("", "via: sluice", "1.1 sluice"), ("", "via: edge-1", "1.1 edge-1"),
            ("Via: 1.0 fred\r\n", "via: sluice", "1.0 fred, 1.1 sluice"),
            ("Via: 1.0 fred\r\n", "via: \"\"", "1.0 fred"),
            ("", "via: \"\"", ""),
        ])
    func via(fields: String, configuration: String, expected: String) async throws {
        try await onThread {
            let (request, response) = try forward(fields, configuration: configuration)
            #expect(request.values("via").joined(separator: ", ") == expected)
            let back = configuration.contains("\"\"") ? nil : "1.1 " + configuration.dropFirst(5)
            #expect(response.values("via").last == back)
        }
    }

    @Test("Via of an HTTP/1.0 client says 1.0 (RFC 9110, section 7.6.3)")
    func viaOld() async throws {
        try await onThread {
            let (request, _) = try forward("", line: "GET /p HTTP/1.0")
            #expect(request.value("via") == "1.0 sluice")
            #expect(request.line == "GET /p HTTP/1.1")
        }
    }

    @Test(
        "X-Forwarded-For, -Proto and -Host: append, replace, leave", arguments: ["append", "replace", "leave"],
        [
            true, false,
        ])
    func forwarded(how: String, isThere: Bool) async throws {
        try await onThread {
            let before = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b.example\r\n"
            let (request, _) = try forward(isThere ? before : "", configuration: "forwarded: \(how)")
            let sources = request.values("x-forwarded-for").joined(separator: ", ")
            switch (how, isThere) {
            case ("append", true): #expect(sources == "192.0.2.1, 127.0.0.1")
            case ("leave", true): #expect(sources == "192.0.2.1")
            case ("leave", false): #expect(sources == "")
            default: #expect(sources == "127.0.0.1")
            }
            if how == "replace" || (how == "append" && !isThere) {
                #expect(request.values("x-forwarded-proto") == ["http"])
                #expect(request.values("x-forwarded-host") == ["a.example:8080"])
            } else if how == "leave" {
                #expect(request.values("x-forwarded-proto") == (isThere ? ["https"] : []))
                #expect(request.values("x-forwarded-host") == (isThere ? ["b.example"] : []))
            }
        }
    }

    @Test(
        "the target in absolute form is authoritative: its host replaces the Host field (RFC 9112, section 3.2.2)",
        arguments: ["a.example:8080", "A.Example:8080"])
    func absoluteForm(host: String) async throws {
        try await onThread {
            let (request, _) = try forward(
                "", line: "GET http://a.example:8080/p?q HTTP/1.1", host: "Host: \(host)\r\n")
            #expect(request.line == "GET /p?q HTTP/1.1")
            #expect(request.values("host").map { $0.lowercased() } == ["a.example:8080"])
        }
    }

    @Test("a Host that names another host than the target is refused", arguments: ["other.example", ""])
    func hostMismatch(host: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let response = try sluice.exchange("GET http://a.example:8080/p HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(response.status == 400)
            #expect(upstream.requests.isEmpty)
        }
    }

    @Test(
        "methods are case-sensitive, and unknown ones go through",
        arguments: [
            "GET", "get", "DELETE", "PATCH", "PROPFIND", "M-SEARCH", "X!#$%&'*+.^_`|~9",
        ])
    func methods(method: String) async throws {
        try await onThread {
            let (request, _) = try forward("", line: "\(method) /p HTTP/1.1")
            #expect(request.method == method)
        }
    }

    @Test("OPTIONS * reaches the upstream as *")
    func asterisk() async throws {
        try await onThread {
            let (request, _) = try forward("", line: "OPTIONS * HTTP/1.1")
            #expect(request.line == "OPTIONS * HTTP/1.1")
        }
    }

    @Test(
        "bytes that no URI may have, but browsers send, are left to the upstream",
        arguments: ["/a|b", "/a[1]", "/?a[]=1", "/?{a}", "/?a\\b", "/?a^b", "/?a`b", "/?100%", "/?%zz"])
    func oddTargets(target: String) async throws {
        try await onThread {
            let (request, _) = try forward("", line: "GET \(target) HTTP/1.1")
            #expect(request.target == target)
        }
    }

    @Test(
        "those that no browser sends are refused",
        arguments: ["/\"", "/<x>", "/a\\b", "/a^b", "/a`b", "/{a}", "/%zz", "/%4", "/a%", "/?<", "/?a\"b"])
    func badTargets(target: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            #expect(try sluice.get(target).status == 400)
            #expect(upstream.requests.isEmpty)
        }
    }

    @Test(
        "targets arrive byte for byte",
        arguments: [
            "/", "/?", "/?a=b&c=%20", "/a//b", "/%7Euser", "/a;b=c/d", "/a!$&'()*+,;=:@-._~b", "/%ff%00",
            "/" + String(repeating: "x", count: 4000),
        ])
    func targets(target: String) async throws {
        try await onThread {
            let (request, _) = try forward("", line: "GET \(target) HTTP/1.1")
            #expect(request.target == target)
        }
    }
}
