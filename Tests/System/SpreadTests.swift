import Foundation
import TestSupport
import Testing

/// Clients are dealt out evenly over the threads, whatever their addresses are.
@Suite("Clients on several threads", .bounded)
struct SpreadTests {
    @Test("of clients that stay each of two threads serves half, but for a few", arguments: [3, 8, 40])
    func even(count: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.waitForRelease()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
            let sluice = try SluiceProcess.configured(
                "threads: 2\nagents: {default: {upstream: \"\(upstream.url)\", maxSockets: \(count)}}",
                upstream: upstream)
            let clients = try (0..<count).map { _ in
                let client = try sluice.connect()
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return client
            }
            #expect(upstream.record.wait { $0.requests.count == count })
            // A request takes its socket on the thread of its client.
            let sockets = try sluice.json("/api/v1/agents/default/sockets").sockets.elements
            let first = sockets.count { $0.thread.int == 0 }
            #expect(sockets.count == count)
            // Each decides by what it sees of the other: both may keep one at the same moment.
            #expect(abs(count - 2 * first) <= 2 + count / 16, "\(first) of \(count) on the first thread")
            upstream.release(count)
            for client in clients { #expect(try client.readResponse().status == 200) }
            #expect(try sluice.stop() == .exit(0))
        }
    }
}
