import Testing
import TestSupport

/// Tunnels (RFC 9110, section 7.8): after 101 both sides say what they like.
@Suite("Upgrade", .bounded)
struct UpgradeTests {
    private let request =
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

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
}
