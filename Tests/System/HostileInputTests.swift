import Testing
import TestSupport

/// Ambiguous or broken requests are refused before a byte of them reaches an upstream.
@Suite("Hostile input", .bounded)
struct HostileInputTests {
    @Test("the table is as large as it should be")
    func size() { #expect(HostileInput.groups.map(\.inputs.count).reduce(0, +) >= 150) }

    @Test("refused, closed, and nothing reached the upstream", arguments: HostileInput.groups)
    func refused(group: HostileInput.Group) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            for input in group.inputs {
                let comment = Comment(rawValue: input.name)
                let client = try sluice.connect(patience: .seconds(5))
                // A second request behind it must not be served either: that would be smuggling.
                try client.send(input.bytes + Array("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                client.shutdownWrite()
                do {
                    let response = try client.readResponse()
                    #expect(input.statuses.contains(response.status), comment)
                    if input.statuses.contains(response.status) {
                        try expectProblem(response, response.status, comment)
                    }
                    let rest = String(decoding: try client.readToEnd(), as: UTF8.self)
                    #expect(rest.isEmpty, comment)
                } catch {
                    Issue.record("\(input.name): \(error)")
                }
            }
            #expect(upstream.requests.map(\.line) == [])
            #expect(upstream.record.current.accepted == 0)
            // It still serves, and nothing that was held back comes after all.
            #expect(try sluice.get("/good").status == 200)
            #expect(upstream.requests.map(\.target) == ["/good"])
        }
    }

    /// Bodies whose framing breaks after the head went upstream: 400, and what was sent there is never completed.
    static let brokenBodies: [(name: String, body: String)] = [
        ("no digits", "\r\nhello\r\n0\r\n\r\n"), ("letters", "xyz\r\nhello\r\n0\r\n\r\n"),
        ("minus", "-5\r\nhello\r\n0\r\n\r\n"), ("plus", "+5\r\nhello\r\n0\r\n\r\n"),
        ("0x", "0x5\r\nhello\r\n0\r\n\r\n"), ("a space before", " 5\r\nhello\r\n0\r\n\r\n"),
        ("underscore", "0_5\r\nhello\r\n0\r\n\r\n"), ("LF ends the size", "5\nhello\r\n0\r\n\r\n"),
        ("CR ends the size", "5\rhello\r\n0\r\n\r\n"), ("LF ends the data", "5\r\nhello\n0\r\n\r\n"),
        ("data too long", "5\r\nhello!\r\n0\r\n\r\n"), ("data too short", "6\r\nhello\r\n0\r\n\r\n"),
        ("past 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        ("a hundred digits", "\(String(repeating: "f", count: 100))\r\nhello\r\n0\r\n\r\n"),
        ("NUL in an extension", "5;a=\u{0}\r\nhello\r\n0\r\n\r\n"),
        ("CR in an extension", "5;a=b\rc\r\nhello\r\n0\r\n\r\n"),
        ("LF in an extension", "5;a=b\nc\r\nhello\r\n0\r\n\r\n"),
        ("an endless extension", "5;a=\(String(repeating: "b", count: 100_000))\r\nhello\r\n0\r\n\r\n"),
        ("a trailer without colon", "5\r\nhello\r\n0\r\nX\r\n\r\n"),
        ("a trailer with space before the colon", "5\r\nhello\r\n0\r\nX : 1\r\n\r\n"),
        ("a folded trailer", "5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n"),
        ("NUL in a trailer", "5\r\nhello\r\n0\r\nX: \u{0}\r\n\r\n"),
        ("endless trailers", "5\r\nhello\r\n0\r\n\(String(repeating: "X: 1\r\n", count: 20_000))\r\n"),
    ]

    @Test("a chunked body that breaks: 400 and no whole request upstream", arguments: brokenBodies.map(\.name))
    func brokenBody(name: String) async throws {
        let body = try #require(Self.brokenBodies.first { $0.name == name }).body
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect(patience: .seconds(5))
            // The client may be cut off while it still sends.
            try? client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)"
                    + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            client.shutdownWrite()
            let response = try client.readResponse()
            #expect(response.status == 400 || (name.contains("endless") && [413, 431].contains(response.status)))
            #expect(try client.readToEnd().isEmpty)
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(upstream.requests.map(\.line) == [])
            #expect(try sluice.get("/good").status == 200)
        }
    }

    /// Odd, but allowed: they arrive.
    static let allowed: [(name: String, bytes: String)] = [
        ("no space after the colon", "GET / HTTP/1.1\r\nHost:a\r\n\r\n"),
        ("tabs around a value", "GET / HTTP/1.1\r\nHost:\ta\t\r\nX:\t 1 \t\r\n\r\n"),
        ("an empty value", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n"),
        ("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        ("a list of equal lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"),
        ("leading zeros", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0002\r\n\r\nhi"),
        ("upper-case chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        (
            "zeros before a size",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00002\r\nhi\r\n000\r\n\r\n"
        ),
        ("IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
        ("bytes above ASCII in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: é\r\n\r\n"),
        ("GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"),
        ("a Connection field of commas", "GET / HTTP/1.1\r\nHost: a\r\nConnection: ,, ,\r\n\r\n"),
    ]

    @Test("odd but allowed requests arrive", arguments: allowed.map(\.name))
    func arrives(name: String) async throws {
        let bytes = try #require(Self.allowed.first { $0.name == name }).bytes
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            #expect(try sluice.exchange(bytes).status == 200)
            #expect(upstream.requests.first?.text == (bytes.contains("hi") ? "hi" : ""))
        }
    }
}
