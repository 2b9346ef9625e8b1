import Glibc
import Testing
import TestSupport

/// Clients and upstreams that are slow on purpose: a time-out with its status for each phase, or no harm done.
@Suite("Slow peers", .bounded, .serialized)
struct SlowPeerTests {
    private static func statusLine(_ bytes: [UInt8]?) -> String {
        bytes.map { String(decoding: $0.prefix(12), as: UTF8.self) } ?? "open"
    }

    @Test("slow heads, a byte a turn: 408 in time, although bytes keep coming")
    func slowHeads() async throws {
        try await onThread {
            let attacked = try Attacked(try ScriptedUpstream(), client: "headTimeout: 2s, idleTimeout: 60s")
            let head = Array("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X-Slow: a\r\n", count: 2000))".utf8)
            var crowd = try (0..<200).map { _ in (socket: try PlainSocket(port: attacked.sluice.port), sent: 0) }
            let start = ContinuousClock.now
            var ends: [String: Int] = [:]
            while !crowd.isEmpty, ContinuousClock.now - start < .seconds(30) {
                for index in crowd.indices.reversed() {
                    let sent = crowd[index].sent
                    // The last byte of the head is never sent.
                    if sent < head.count, let count = crowd[index].socket.send([head[sent]]) {
                        crowd[index].sent += count
                    }
                    guard crowd[index].socket.wait(for: POLLIN, within: .zero) else { continue }
                    let (socket, _) = crowd.remove(at: index)
                    socket.shutdownWrite()
                    ends[Self.statusLine(socket.receiveToEnd(within: .seconds(10))), default: 0] += 1
                }
            }
            #expect(ends == ["HTTP/1.1 408": 200])
            #expect(attacked.upstream.record.current.accepted == 0)
            try attacked.expectUnharmed()
        }
    }

    @Test("slow bodies: each byte gives more time, none ends it with 408; its socket is closed")
    func slowBodies() async throws {
        try await onThread {
            let attacked = try Attacked(try ScriptedUpstream(), client: "bodyTimeout: 3s")
            let head = "PUT /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
            let crowd = try (0..<100).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port)
                #expect(socket.send(head) == head.utf8.count)
                return socket
            }
            for _ in 0..<10 {
                for socket in crowd { #expect(socket.send("x") == 1) }
                #expect(attacked.bystander.isServed(5))
            }
            for socket in crowd {
                #expect(Self.statusLine(socket.receiveToEnd(within: .seconds(20))) == "HTTP/1.1 408")
            }
            #expect(attacked.upstream.requests.isEmpty)
            #expect(attacked.upstream.record.wait { $0.open == 0 })
            try attacked.expectUnharmed()
        }
    }

    /// What an upstream does after the request, before it says no more; and what its clients see.
    static let silences: [(name: String, bytes: String, begins: String)] = [
        ("before the head", "", "HTTP/1.1 504"), ("within the head", "HTTP/1.1 200 OK\r\nX-A: b", "HTTP/1.1 504"),
        ("after an interim response", "HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 102"),
        ("within the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "HTTP/1.1 200"),
        ("within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "HTTP/1.1 200"),
        ("within the trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y", "HTTP/1.1 200"),
    ]

    @Test("an upstream that stops: 504 before the response, a cut within it", arguments: silences.map(\.name))
    func silentUpstream(name: String) async throws {
        let silence = try #require(Self.silences.first { $0.name == name })
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.send(silence.bytes)
                try peer.waitForEnd()
            }
            let attacked = try Attacked(upstream, settings: "timeout: 600ms")
            let crowd = try (0..<50).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port)
                #expect(socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") != nil)
                return socket
            }
            #expect(attacked.bystander.isServed(100))
            for socket in crowd {
                let bytes = try #require(socket.receiveToEnd(within: .seconds(20)))
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text.hasPrefix(silence.begins))
                if silence.begins == "HTTP/1.1 102" { #expect(text.contains("\r\n\r\nHTTP/1.1 504 ")) }
                #expect(!text.hasSuffix("0\r\n\r\n") && !text.hasSuffix("y\r\n\r\n"))
            }
            #expect(upstream.record.wait { $0.open == 0 })
            let totals = try attacked.sluice.agent().status.totals
            #expect(totals.timeouts.int == 50 && totals.closedBy.timeout.int == 50)
            try attacked.expectUnharmed()
        }
    }

    @Test(
        "an upstream that never reads: 504, with bounded memory",
        arguments: ["Content-Length: 100000000", "Transfer-Encoding: chunked"])
    func upstreamNeverReads(framing: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(receiveBufferBytes: 4096) { peer in try peer.waitForRelease() }
            let attacked = try Attacked(upstream, settings: "timeout: 1s")
            let before = try attacked.sluice.residentBytes()
            let piece = Array("10000\r\n\(String(repeating: "b", count: 65_536))\r\n".utf8)
            let crowd = try (0..<20).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port)
                #expect(socket.send("PUT / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n") != nil)
                return socket
            }
            // All that the proxy takes: then its own socket to the upstream is full.
            for _ in 0..<100 {
                for socket in crowd { _ = socket.send(piece) }
                if crowd.allSatisfy({ $0.wait(for: POLLIN, within: .zero) }) { break }
            }
            #expect(attacked.bystander.isServed())
            #expect(try attacked.sluice.residentBytes() - before < 20 << 20)
            for socket in crowd {
                #expect(socket.wait(for: POLLIN, within: .seconds(20)))
                guard case .bytes(let bytes) = socket.receive() else {
                    Issue.record("no answer")
                    continue
                }
                #expect(Self.statusLine(bytes) == "HTTP/1.1 504")
                socket.close()
            }
            upstream.release(20)
            try attacked.expectUnharmed()
        }
    }

    @Test("clients that read a byte at a time through the smallest window: bounded memory, others served")
    func slowReaders() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
                while (try? peer.client.send([UInt8](repeating: 7, count: 65_536))) != nil {}
            }
            let attacked = try Attacked(upstream, settings: "timeout: 60s", client: "bodyTimeout: 60s")
            let before = try attacked.sluice.residentBytes()
            let crowd = try (0..<20).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port, receiveBufferBytes: 1)
                #expect(socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") != nil)
                return socket
            }
            let cpu = try attacked.sluice.cpuSeconds()
            var received = 0
            for _ in 0..<100 {
                for socket in crowd where socket.wait(for: POLLIN, within: .seconds(20)) {
                    if case .bytes(let bytes) = socket.receive(most: 1) { received += bytes.count }
                }
            }
            #expect(received == 2000)
            #expect(attacked.bystander.isServed(100))
            #expect(try attacked.sluice.residentBytes() - before < 20 << 20)
            // A window that opens by so little is not worth waking the sender for: what is measured is that no time
            // goes into it beyond what the bystander's requests cost.
            #expect(try attacked.sluice.cpuSeconds() - cpu < 10)
            for socket in crowd { socket.close() }
            #expect(upstream.record.wait { $0.open == 0 })
            try attacked.expectUnharmed()
        }
    }

    @Test("pipelines whose answers are never read: bounded memory, and their time ends")
    func unreadPipelines() async throws {
        try await onThread {
            let attacked = try Attacked(try ScriptedUpstream(), client: "bodyTimeout: 1s")
            let before = try attacked.sluice.residentBytes()
            let piece = Array(
                String(repeating: "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", count: 50).utf8)
            var crowd = try (0..<20).map { _ in
                (socket: try PlainSocket(port: attacked.sluice.port, receiveBufferBytes: 4096), sent: 0)
            }
            // Each sends until the proxy ends it.
            let deadline = ContinuousClock.now + .seconds(60)
            while !crowd.isEmpty, ContinuousClock.now < deadline {
                for index in crowd.indices.reversed() {
                    let rest = Array(piece[(crowd[index].sent % piece.count)...])
                    guard let count = crowd[index].socket.send(rest) else {
                        crowd.remove(at: index)
                        continue
                    }
                    crowd[index].sent += count
                }
            }
            #expect(crowd.isEmpty)
            #expect(try attacked.sluice.residentBytes() - before < 16 << 20)
            try attacked.expectUnharmed()
        }
    }

    @Test("clients that do not read at all: their time ends, and their sockets to the upstream with it")
    func neverReads() async throws {
        try await onThread {
            let piece = Array("10000\r\n\(String(repeating: "e", count: 65_536))\r\n".utf8)
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                // An endless body.
                while (try? peer.client.send(piece)) != nil {}
            }
            let attacked = try Attacked(upstream, settings: "timeout: 60s", client: "bodyTimeout: 1s")
            let before = try attacked.sluice.residentBytes()
            let crowd = try (0..<50).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port, receiveBufferBytes: 4096)
                #expect(socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") != nil)
                return socket
            }
            #expect(attacked.bystander.isServed(50))
            #expect(try attacked.sluice.residentBytes() - before < 20 << 20)
            #expect(upstream.record.wait(.seconds(30)) { $0.accepted == 50 && $0.open == 0 })
            for socket in crowd {
                let end = try #require(socket.receiveToEnd(within: .seconds(10)))
                #expect(!end.suffix(5).elementsEqual("0\r\n\r\n".utf8))
            }
            try attacked.expectUnharmed()
        }
    }
}
