import Glibc
import Testing
import TestSupport

/// Peers that go on without end where a message allows no end to be seen: cut off, with bounded memory.
@Suite("Endless peers", .bounded, .serialized)
struct EndlessPeerTests {
    /// An answer that begins well, and a piece of it that comes again and again.
    struct Endless: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let begins: String
        let piece: String
        /// What the client is answered; its connection is cut in the midst of the answer where that is 200.
        let status: Int
    }

    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    static let answers: [Endless] = [
        Endless(testDescription: "reason phrase", begins: "HTTP/1.1 200 ", piece: "very ", status: 502),
        Endless(testDescription: "fields", begins: "HTTP/1.1 200 OK\r\n", piece: "X-A: b\r\n", status: 502),
        Endless(testDescription: "field", begins: "HTTP/1.1 200 OK\r\nX-A: ", piece: "b", status: 502),
        Endless(testDescription: "empty lines", begins: "", piece: "\r\n", status: 502),
        Endless(testDescription: "interim responses", begins: "", piece: "HTTP/1.1 100 Continue\r\n\r\n", status: 502),
        Endless(
            testDescription: "interim responses with many fields", begins: "",
            piece: "HTTP/1.1 103 Hints\r\n\(String(repeating: "Link: </a>\r\n", count: 90))\r\n", status: 502),
        Endless(testDescription: "zeros of a chunk size", begins: chunked, piece: "0", status: 200),
        Endless(testDescription: "chunk extension", begins: chunked + "5;a=", piece: "b", status: 200),
        Endless(testDescription: "chunk extensions", begins: chunked + "5", piece: ";a=b", status: 200),
        Endless(
            testDescription: "more extensions than data", begins: chunked, piece: "1;name=value\r\nx\r\n", status: 200),
        Endless(testDescription: "trailers", begins: chunked + "0\r\n", piece: "X-A: b\r\n", status: 200),
        Endless(testDescription: "trailer", begins: chunked + "0\r\nX-A: ", piece: "b", status: 200),
    ]

    @Test("upstreams", arguments: answers)
    func upstreams(answer: Endless) async throws {
        try await onThread {
            let piece = Array(String(repeating: answer.piece, count: max(1, 4096 / answer.piece.utf8.count)).utf8)
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.send(answer.begins)
                while (try? peer.client.send(piece)) != nil {}
            }
            let attacked = try Attacked(upstream)
            let before = try attacked.sluice.residentBytes()
            let crowd = try (0..<20).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port)
                #expect(socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") != nil)
                return socket
            }
            for socket in crowd {
                let bytes = try #require(socket.receiveToEnd(within: .seconds(20)))
                let text = String(decoding: bytes, as: UTF8.self)
                // A head that came in one piece with the fault behind it does not leave any more.
                let isRefusedAtOnce = answer.status == 200 && text.hasPrefix("HTTP/1.1 502 ")
                #expect(isRefusedAtOnce || text.contains("HTTP/1.1 \(answer.status) "), "\(text.prefix(500))")
                #expect(!text.hasSuffix("\r\n0\r\n\r\n") && bytes.count < 400_000)
            }
            #expect(upstream.record.wait { $0.open == 0 })
            #expect(try attacked.sluice.residentBytes() - before < 16 << 20)
            #expect(try attacked.sluice.agent().status.totals.closedBy.protocolError.int == 20)
            try attacked.expectUnharmed()
        }
    }

    @Test(
        "clients that go on sending after they were refused: read from for a while, then cut off",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000000\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ])
    func clients(beginning: String) async throws {
        try await onThread {
            let attacked = try Attacked(try ScriptedUpstream(), client: "maxBodySize: 1MiB")
            let before = try attacked.sluice.residentBytes()
            var crowd = try (0..<20).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port)
                #expect(socket.send(beginning) != nil)
                return socket
            }
            let piece = [UInt8](repeating: UInt8(ascii: "z"), count: 4096)
            let deadline = ContinuousClock.now + .seconds(30)
            var sent = 0
            while !crowd.isEmpty, ContinuousClock.now < deadline {
                crowd.removeAll { socket in
                    guard let count = socket.send(piece) else { return true }
                    sent += count
                    return false
                }
            }
            #expect(crowd.isEmpty, "\(crowd.count) still send after \(sent) bytes")
            // A mebibyte each is read at most, and the kernel's buffers hold some more.
            #expect(sent < 20 * (16 << 20))
            #expect(try attacked.sluice.residentBytes() - before < 16 << 20)
            try attacked.expectUnharmed()
        }
    }
}
