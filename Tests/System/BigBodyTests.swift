import Testing
import TestSupport

/// Bodies larger than any buffer: whole, and held back when the other side is slow.
@Suite("Big bodies", .bounded)
struct BigBodyTests {
    @Test("1 MiB up and down arrives as it was sent", arguments: [true, false], ["keepalive", "normal"])
    func mebibyte(isChunked: Bool, mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while let request = try peer.readRequest() {
                    if isChunked {
                        try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                        try peer.client.send(BodyTests.chunked(request.body, piece: 50_021))
                    } else {
                        try peer.answer(body: request.body)
                    }
                }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "mode: \(mode)")
            let body = BodyTests.pattern(1 << 20)
            let client = try sluice.connect()
            for _ in 0..<2 {
                let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
                try client.send(
                    Array("PUT / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n".utf8)
                        + (isChunked ? BodyTests.chunked(body, piece: 7919) : body))
                let response = try client.readResponse()
                #expect(response.status == 200)
                #expect(response.body == body)
            }
        }
    }

    @Test("an upstream that does not read holds the client back, and memory stays bounded")
    func slowUpstream() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(receiveBufferBytes: 16_384) { peer in
                _ = try peer.client.readRequestHead()
                try peer.waitForRelease()
                _ = try peer.client.read(count: 64 << 20)
                try peer.answer(text: "ok")
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "timeout: 60s", client: "bodyTimeout: 60s")
            let before = try sluice.residentBytes()
            let client = try sluice.connect(patience: .seconds(60))
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(64 << 20)\r\n\r\n")
            let all = [UInt8](repeating: 5, count: 64 << 20)
            let sent = try client.sendWhatGoes(all, within: .seconds(1))
            #expect(sent < 32 << 20, "\(sent) bytes went although nobody read")
            #expect(try sluice.residentBytes() - before < 16 << 20)
            upstream.release()
            try client.send(Array(all[sent...]))
            #expect(try client.readResponse().text == "ok")
        }
    }

    @Test("a client that does not read holds the upstream back, and memory stays bounded")
    func slowClient() async throws {
        try await onThread {
            let sent = Watched(0)
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(64 << 20)\r\n\r\n")
                let all = [UInt8](repeating: 6, count: 64 << 20)
                let first = try peer.client.sendWhatGoes(all, within: .seconds(1))
                sent.update { $0 = first }
                try peer.client.send(Array(all[first...]))
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "timeout: 60s", client: "bodyTimeout: 60s")
            let before = try sluice.residentBytes()
            let client = try RawClient(port: sluice.port, patience: .seconds(60), receiveBufferBytes: 16_384)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(sent.wait { $0 > 0 })
            #expect(sent.current < 32 << 20)
            #expect(try sluice.residentBytes() - before < 16 << 20)
            _ = try client.read(until: "\r\n\r\n")
            var left = 64 << 20
            while left > 0 {
                let piece = min(left, 1 << 20)
                #expect(try client.read(count: piece).allSatisfy { $0 == 6 })
                left -= piece
            }
        }
    }
}
