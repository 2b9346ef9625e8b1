import MicroHTTPD
import Testing
import TestSupport

/// Large bodies, bodies that are too large, and heads that are.
@Suite(.timeLimit(.minutes(1))) struct BodyLimitTests {
    static let settings = Daemon.Settings(address: .loopback(), bodyMax: 100_000)

    static func request(bytes: Int, chunked: Bool, fields: String = "") -> [UInt8] {
        var wire = Array("POST / HTTP/1.1\r\nHost: a\r\n\(fields)".utf8)
        let body = [UInt8](repeating: 97, count: bytes)
        guard chunked else { return wire + Array("Content-Length: \(bytes)\r\n\r\n".utf8) + body }
        wire += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
        for start in stride(from: 0, to: bytes, by: 30_000) {
            let chunk = body[start..<min(bytes, start + 30_000)]
            wire += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
        }
        return wire + Array("0\r\n\r\n".utf8)
    }

    @Test("the limit is exact", arguments: [99_999, 100_000, 100_001, 400_000], [false, true])
    func limit(bytes: Int, chunked: Bool) async throws {
        let calls = Tally()
        try await withDaemon(
            Self.settings,
            handler: { request in
                calls.add()
                return .text("\(request.body.count)")
            }
        ) { daemon in
            let response = try await daemon.client { client in
                try client.send(Self.request(bytes: bytes, chunked: chunked))
                let response = try client.readResponse()
                if response.status != 200 { #expect(try client.readToEnd().isEmpty) }
                return response
            }
            if bytes <= 100_000 {
                #expect(response.text == "\(bytes)")
            } else {
                #expect(response.status == 413)
                #expect(response.value("content-type") == "application/problem+json")
                #expect(response.value("connection")?.lowercased() == "close")
            }
        }
        #expect(calls.count == (bytes <= 100_000 ? 1 : 0))
    }

    @Test("a declared length far past the limit is refused before the body comes")
    func declared() async throws {
        try await withDaemon(Self.settings) { daemon in
            let response = try await daemon.client { client in
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000000000\r\n\r\n")
                let response = try client.readResponse()
                #expect(try client.readToEnd().isEmpty)
                return response
            }
            #expect(response.status == 413)
        }
    }

    @Test("limits that mean none are taken as that, and negative ones as zero", arguments: [Int.max, -1])
    func extremes(limit: Int) async throws {
        let settings = Daemon.Settings(address: .loopback(), connectionsMax: Int.max, bodyMax: limit)
        try await withDaemon(settings) { daemon in
            for chunked in [false, true] {
                let status = try await daemon.client { client in
                    try client.send(Self.request(bytes: 10, chunked: chunked))
                    return try client.readResponse().status
                }
                #expect(status == (limit > 0 ? 200 : 413))
            }
        }
    }

    @Test("a chunked body without end is cut off")
    func endless() async throws {
        try await withDaemon(Self.settings) { daemon in
            let sent = try await daemon.client { client in
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = Array("7530\r\n".utf8) + [UInt8](repeating: 97, count: 30_000) + Array("\r\n".utf8)
                var sent = 0
                do {
                    while sent < 100_000_000 {
                        try client.send(chunk)
                        sent += 30_000
                    }
                } catch RawClient.Failure.system {}
                return sent
            }
            // The limit, what is swallowed past it, and what the two sockets' buffers hold.
            #expect(sent < 30_000_000)
        }
    }

    @Test("100-continue invites a body", arguments: [false, true])
    func expectation(chunked: Bool) async throws {
        try await withDaemon(Self.settings) { daemon in
            try await daemon.client { client in
                let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 2"
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\(framing)\r\n\r\n")
                #expect(try client.readResponse().status == 100)
                try client.send(chunked ? "2\r\nhi\r\n0\r\n\r\n" : "hi")
                #expect(try client.readResponse().text.hasSuffix("\n\nhi"))
            }
        }
    }

    @Test("a body that is too large is not invited")
    func expectationRefused() async throws {
        try await withDaemon(Self.settings) { daemon in
            let response = try await daemon.client { client in
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n")
                return try client.readResponse()
            }
            #expect(response.status == 413)
        }
    }

    @Test("large bodies go both ways", arguments: [1 << 16, 1 << 20, 8 << 20])
    func large(bytes: Int) async throws {
        let settings = Daemon.Settings(address: .loopback(), bodyMax: 16 << 20)
        try await withDaemon(settings, handler: { Response(status: 200, body: .bytes($0.body)) }) { daemon in
            let response = try await daemon.client { client in
                try client.send(Self.request(bytes: bytes, chunked: false))
                return try client.readResponse()
            }
            #expect(response.body == [UInt8](repeating: 97, count: bytes))
        }
    }

    static let heads: [(name: String, head: String)] = [
        ("one field", "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 60_000))\r\n\r\n"),
        ("fields", "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 10_000))\r\n"),
        ("target", "GET /\(String(repeating: "x", count: 60_000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("parameters", "GET /?\(String(repeating: "a&", count: 8_000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("one parameter", "GET /?a=\(String(repeating: "x", count: 60_000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("method", "\(String(repeating: "X", count: 60_000)) / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]

    @Test("a head that is too large is refused, and the next client served", arguments: heads)
    func largeHead(name: String, head: String) async throws {
        let calls = Tally()
        var settings = Self.settings
        settings.idleTimeout = .seconds(2)
        try await withDaemon(
            settings,
            handler: { request in
                calls.add()
                return await echo(request)
            }
        ) { daemon in
            let wire = try await daemon.client { client in
                do { try client.send(head) } catch RawClient.Failure.system {}
                return String(decoding: try client.readToEnd(), as: UTF8.self)
            }
            // A refusal, or a connection that was reset or timed out before it could be read.
            #expect(wire.isEmpty || wire.hasPrefix("HTTP/1.1 4"), "\(wire.prefix(300))")
            #expect(calls.count == 0)
            let status = try await daemon.client { client in
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readResponse().status
            }
            #expect(status == 200)
        }
    }
}
