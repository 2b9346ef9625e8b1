import Testing
import TestSupport

/// An upstream that is broken, absent, hostile or rude.
@Suite("Upstream faults", .bounded)
struct UpstreamFaultTests {
    @Test("nobody listens: 502, and the next request is tried again", arguments: ["keepalive", "normal"])
    func refused(mode: String) async throws {
        try await onThread {
            let gone = try ScriptedUpstream()
            let port = gone.port
            gone.stop()
            let sluice = try SluiceProcess.configured(
                "agents: {default: {upstream: \"http://127.0.0.1:\(port)\", mode: \(mode)}}")
            let client = try sluice.connect()
            for _ in 0..<3 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                try expectProblem(client.readResponse(), 502)
            }
            let again = try ScriptedUpstream(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            #expect(again.requests.count == 1)
        }
    }

    static let bad: [(name: String, bytes: String)] = [
        ("nothing", ""), ("half a head", "HTTP/1.1 200 OK\r\nContent-Le"), ("no HTTP", "hello\r\n\r\n"),
        ("version 2.0", "HTTP/2.0 200 OK\r\n\r\n"), ("no status", "HTTP/1.1\r\n\r\n"),
        ("status of two digits", "HTTP/1.1 20 OK\r\n\r\n"), ("status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
        ("status of letters", "HTTP/1.1 abc OK\r\n\r\n"), ("status 099", "HTTP/1.1 099 OK\r\n\r\n"),
        ("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        ("a bad length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello"),
        ("a length that is minus", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello"),
        ("a folded field", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
        ("a space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"),
        ("NUL in a value", "HTTP/1.1 200 OK\r\nX: \u{0}\r\nContent-Length: 0\r\n\r\n"),
        ("no colon", "HTTP/1.1 200 OK\r\nX\r\nContent-Length: 0\r\n\r\n"),
        ("coding and length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        ("a coding that is not last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        ("101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        ("an endless head", "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Padding: 0123456789\r\n", count: 60_000)),
        ("endless interim responses", String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 20_000)),
        ("a TLS alert", "\u{15}\u{03}\u{01}\u{0}\u{02}\u{02}\u{28}"),
    ]

    @Test("a response that cannot be believed: 502 as a problem, and the socket is closed", arguments: bad.map(\.name))
    func badResponse(name: String) async throws {
        let bytes = try #require(Self.bad.first { $0.name == name }).bytes
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                if try peer.readRequest() != nil { try? peer.send(bytes) }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "timeout: 5s")
            let client = try sluice.connect()
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            var response = try client.readResponse()
            while response.status == 102 { response = try client.readResponse() }
            try expectProblem(response, 502)
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(upstream.record.current.accepted == 1)
        }
    }

    static let cut: [(name: String, bytes: String)] = [
        ("length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
        ("within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello"),
        ("between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        ("before the last line", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
    ]

    @Test(
        "a response cut short is cut short to the client, never completed", arguments: cut.map(\.name), ["1.1", "1.0"])
    func cutShort(name: String, version: String) async throws {
        let bytes = try #require(Self.cut.first { $0.name == name }).bytes
        try await onThread {
            let upstream = try ScriptedUpstream(ScriptedUpstream.once(bytes))
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            try client.send("GET / HTTP/\(version)\r\nHost: a\r\n\r\n")
            var wasReset = false
            let text = String(decoding: try client.readToEnd(wasReset: &wasReset), as: UTF8.self)
            #expect(!text.contains("\r\n0\r\n\r\n"), "\(text)")
            let isChunked = name != "length"
            // Without a length or chunks only a reset tells a cut from an end (RFC 9112, section 8).
            if version == "1.0" && isChunked { #expect(wasReset, "\(text)") }
            if name == "length" { #expect(text.lowercased().contains("content-length: 10")) }
        }
    }

    @Test("bytes after a response: it is delivered, and the socket is not used again")
    func bytesAfter() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always(
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
            let sluice = try SluiceProcess.forwarding(to: upstream)
            for number in 1...3 {
                #expect(try sluice.get("/").text == "ok")
                #expect(upstream.record.current.accepted == number)
            }
            #expect(
                (try sluice.status { $0.totals.closedBy.protocolError.int == 3 }).totals.closedBy.protocolError.int == 3
            )
        }
    }

    @Test("bytes on a free socket close it")
    func bytesWhileFree() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while try peer.readRequest() != nil {
                    try peer.answer(text: "ok")
                    try peer.waitForRelease()
                    try peer.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
                }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream)
            #expect(try sluice.get("/").text == "ok")
            upstream.release()
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(try sluice.get("/").text == "ok")
        }
    }

    @Test("the upstream says Connection: close: not used again, and counted so")
    func saysClose() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.once("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"))
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            for _ in 0..<5 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().text == "ok")
            }
            #expect(upstream.record.current.accepted == 5)
            let status = try sluice.status { $0.totals.closed.int == 5 }
            #expect(status.totals.closedBy.upstreamClose.int == 5)
        }
    }
}
