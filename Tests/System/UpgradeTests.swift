import Foundation
import Testing
import TestSupport

/// Tunnels (RFC 9110, section 7.8): after 101 both sides say what they like.
@Suite("Upgrade", .bounded)
struct UpgradeTests {
    private let request =
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    /// Switches, and leaves the rest to `talk`.
    private static func switching(_ talk: @escaping ScriptedUpstream.Script) -> ScriptedUpstream.Script {
        { peer in
            guard try peer.readRequest() != nil else { return }
            try peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            try talk(peer)
        }
    }

    /// A client with a tunnel through `sluice`.
    private func tunnel(_ client: RawClient) throws -> RawClient {
        try client.send(request)
        try #require(client.readResponse().status == 101)
        return client
    }

    @Test("a WebSocket's bytes go both ways, and either end ends it", arguments: ["client", "upstream"])
    func tunnel(whoEnds: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                guard let request = try peer.readRequest() else { return }
                guard request.value("upgrade") == "websocket" else {
                    return try peer.answer("400 Bad Request", text: "")
                }
                try peer.send(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello")
                #expect(try peer.client.read(until: "\u{0}end").hasSuffix("\u{0}end"))
                try peer.send("bye")
                if whoEnds == "client" { try peer.waitForEnd() }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect(patience: .seconds(5))
            try client.send(request)
            let response = try client.readResponse()
            #expect(response.status == 101)
            #expect(response.value("upgrade") == "websocket")
            try #require(response.status == 101)
            #expect(try client.read(count: 5) == Array("hello".utf8))
            try client.send("GET / HTTP/1.1\r\n\r\n\u{0}end")
            #expect(try client.read(count: 3) == Array("bye".utf8))
            if whoEnds == "client" { client.close() } else { #expect(client.endsCleanly(within: .seconds(5))) }
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(upstream.record.current.errors.isEmpty)
        }
    }

    @Test("an upstream that does not switch answers as to any request")
    func refused() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            for _ in 0..<2 {
                try client.send(request)
                #expect(try client.readResponse().text == "ok")
            }
        }
    }

    @Test("a WebSocket from its handshake to its close, a megabyte each way", arguments: ["keepalive", "normal"])
    func webSocket(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in try WebSocket(accepting: peer)?.echo() }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "mode: \(mode)")
            let client = try sluice.connect()
            let socket = try WebSocket(connecting: client)
            try socket.send(.init(opcode: WebSocket.text, payload: Array("Hello".utf8)))
            #expect(try socket.receive() == .init(opcode: WebSocket.text, payload: Array("Hello".utf8)))
            for number in 0..<16 {
                let payload = [UInt8](repeating: UInt8(number), count: 65_536 - number)
                try socket.send(.init(opcode: WebSocket.binary, payload: payload))
                #expect(try socket.receive() == .init(opcode: WebSocket.binary, payload: payload))
            }
            #expect(try sluice.agent().status.sockets.active.int == 1)
            try socket.send(.init(opcode: WebSocket.close, payload: [3, 232]))
            #expect(try socket.receive() == .init(opcode: WebSocket.close, payload: [3, 232]))
            #expect(client.endsCleanly(within: .seconds(5)))
            client.close()
            let status = try sluice.status { $0.sockets.open.int == 0 }
            #expect(status.sockets.open.int == 0)
            #expect(status.totals.closedBy.upstreamClose.int == 1)
            #expect(upstream.record.current.errors.isEmpty)
        }
    }

    @Test("a reader that is slow holds the writer up, not the proxy's memory", arguments: ["client", "upstream"])
    func slowReader(whoReads: String) async throws {
        let size = 48 << 20
        @Sendable func readAll(_ connection: RawClient) throws {
            for _ in 0..<(size >> 20) { #expect(try connection.read(count: 1 << 20).allSatisfy { $0 == 6 }) }
        }
        // Sends as much as goes while nobody reads, lets `stuck` look, and sends the rest.
        @Sendable func write(_ connection: RawClient, stuck: (Int) throws -> Void) throws {
            let all = [UInt8](repeating: 6, count: size)
            let first = try connection.sendWhatGoes(all, within: .seconds(1))
            try stuck(first)
            try connection.send(Array(all[first...]))
        }
        try await onThread {
            let sent = Watched(0)
            let upstream = try ScriptedUpstream(
                patience: .seconds(60), receiveBufferBytes: 16_384,
                Self.switching { peer in
                    if whoReads == "client" {
                        try write(peer.client) { first in sent.update { $0 = first } }
                    } else {
                        try peer.waitForRelease()
                        try readAll(peer.client)
                    }
                })
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try tunnel(
                RawClient(port: sluice.port, patience: .seconds(60), receiveBufferBytes: 16_384))
            let before = try sluice.residentBytes()
            func check(_ first: Int) throws {
                #expect(first > 0 && first < size)
                // Two blocks is all that it holds of them.
                #expect(try sluice.residentBytes() - before < 4 << 20)
            }
            if whoReads == "client" {
                #expect(sent.wait { $0 > 0 })
                try check(sent.current)
                try readAll(client)
            } else {
                try write(client) { first in
                    try check(first)
                    upstream.release()
                }
                #expect(upstream.record.wait(.seconds(60)) { $0.open == 0 })
            }
            #expect(upstream.record.current.errors.isEmpty)
        }
    }

    @Test("a side that ends may still read, until the other ends", arguments: ["client", "upstream"])
    func halfClose(whoEnds: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                Self.switching { peer in
                    if whoEnds == "client" {
                        #expect(try peer.client.readToEnd() == Array("question".utf8))
                        try peer.send("answer")
                    } else {
                        try peer.send("question")
                        peer.client.shutdownWrite()
                        #expect(try peer.client.readToEnd() == Array("answer".utf8))
                    }
                })
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try tunnel(sluice.connect(patience: .seconds(5)))
            if whoEnds == "client" {
                try client.send("question")
                client.shutdownWrite()
                #expect(try client.read(count: 6) == Array("answer".utf8))
                #expect(client.endsCleanly(within: .seconds(5)))
            } else {
                var wasReset = false
                #expect(try client.readToEnd(wasReset: &wasReset) == Array("question".utf8))
                #expect(!wasReset)
                try client.send("answer")
                client.close()
            }
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(upstream.record.current.errors.isEmpty)
        }
    }

    @Test("an upstream that closes, and is sent to, leaves its client all that it said")
    func upstreamCloses() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                Self.switching { peer in
                    try peer.send(String(repeating: "x", count: 65_536))
                    peer.client.shutdownWrite()
                    try peer.waitForRelease()
                })
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try tunnel(
                RawClient(port: sluice.port, patience: .seconds(5), receiveBufferBytes: 4096))
            #expect(upstream.record.wait { $0.waiting == 1 })
            upstream.release()
            #expect(upstream.record.wait { $0.open == 0 })
            // Answered by a reset, since nobody is there any more.
            try client.send("hello?")
            #expect(try sluice.status { $0.sockets.open.int == 0 }.totals.closedBy.upstreamClose.int == 1)
            #expect(try client.read(count: 65_536).allSatisfy { $0 == UInt8(ascii: "x") })
            #expect(client.endsCleanly(within: .seconds(5)))
        }
    }

    @Test("a reset of one side resets the other", arguments: ["client", "upstream"])
    func reset(whoResets: String) async throws {
        try await onThread {
            let wasReset = Watched(false)
            let upstream = try ScriptedUpstream(
                Self.switching { peer in
                    if whoResets == "upstream" {
                        try peer.waitForRelease()
                        return peer.reset()
                    }
                    var came = false
                    _ = try peer.client.readToEnd(wasReset: &came)
                    wasReset.update { $0 = came }
                })
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try tunnel(sluice.connect(patience: .seconds(5)))
            if whoResets == "client" {
                client.resetOnClose()
                client.close()
                #expect(wasReset.wait(.seconds(5)) { $0 })
            } else {
                upstream.release()
                var came = false
                #expect(try client.readToEnd(wasReset: &came).isEmpty)
                #expect(came)
            }
            let totals = try sluice.status { $0.sockets.open.int == 0 }.totals
            #expect((whoResets == "client" ? totals.closedBy.clientGone : totals.closedBy.reset).int == 1)
        }
    }

    @Test("a tunnel that carries nothing for its time ends, in order, and not before")
    func idle() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.switching { try $0.waitForEnd() })
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "timeout: 100ms",
                client: "tunnelTimeout: 800ms, idleTimeout: 100ms, bodyTimeout: 100ms")
            let start = ContinuousClock.now
            let client = try tunnel(sluice.connect())
            #expect(client.endsCleanly(within: .seconds(10)))
            #expect(ContinuousClock.now - start >= .milliseconds(800))
            client.close()
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(try sluice.status { $0.sockets.open.int == 0 }.totals.closedBy.timeout.int == 1)
            #expect(upstream.record.current.errors.isEmpty)
        }
    }

    @Test("a client of a Unix socket has its tunnel too, and what it said last arrives")
    func unixSocket() async throws {
        try await onThread {
            let last = Watched("")
            let upstream = try ScriptedUpstream(
                Self.switching { peer in
                    try peer.send("hello")
                    let bytes = try peer.client.readToEnd()
                    last.update { $0 = String(decoding: bytes, as: UTF8.self) }
                })
            let path = "/tmp/sluice-\(UUID().uuidString.prefix(8)).sock"
            let sluice = try SluiceProcess(
                ["serve", "--listen", "unix:\(path)", "--admin", "127.0.0.1:0", "--upstream", upstream.url],
                upstream: upstream)
            let client = try tunnel(RawClient(path: path))
            #expect(try client.read(count: 5) == Array("hello".utf8))
            try client.send(String(repeating: "x", count: 100_000) + "last words")
            client.close()
            #expect(last.wait(.seconds(5)) { $0.hasSuffix("xlast words") && $0.utf8.count == 100_010 })
            #expect(try sluice.stop() == .exit(0))
        }
    }
}
