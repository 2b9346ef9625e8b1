import Control
import Testing

@testable import DataPlane

/// Nobody is read from faster than the other side reads.
@Suite struct BackPressureTests {
    // What the proxy may hold of one body: a block for what came, and one for what goes.
    private static let heldMax = 2 * BufferPool.blockSize

    @Test("a client that stops reading stops the upstream from being read")
    func download() {
        let scenario = Scenario(limits: { $0.bodyTimeout = .seconds(60) })
        scenario.world.faults.window = 10_000
        let client = scenario.client()
        client.reads = false
        client.ask()
        scenario.settle()
        let upstream = scenario.upstream.last
        upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        let piece = [UInt8](repeating: 7, count: 10_000)
        var sent = 0
        for _ in 0..<200 {
            sent += upstream.send(Array(piece.prefix(1_000_000 - sent)))
            scenario.settle()
        }
        #expect(client.waiting <= 10_000)
        #expect(sent <= 2 * 10_000 + Self.heldMax)
        // It reads again: all comes.
        client.reads = true
        for _ in 0..<1000 where sent < 1_000_000 {
            sent += upstream.send(Array(piece.prefix(1_000_000 - sent)))
            scenario.settle()
        }
        scenario.settle()
        #expect(client.bytes.suffix(1_000_000).elementsEqual(repeatElement(7, count: 1_000_000)))
        #expect(scenario.finish(client) == [])
    }

    @Test("an upstream that stops reading stops the client from being read")
    func upload() {
        let scenario = Scenario { $0.timeout = .seconds(60) }
        scenario.world.faults.window = 10_000
        let client = scenario.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        scenario.settle()
        let upstream = scenario.upstream.last
        upstream.reads = false
        let piece = [UInt8](repeating: 7, count: 10_000)
        var sent = 0
        for _ in 0..<200 {
            sent += client.send(Array(piece.prefix(1_000_000 - sent)))
            scenario.settle()
        }
        #expect(sent <= 2 * 10_000 + Self.heldMax)
        upstream.reads = true
        for _ in 0..<1000 where sent < 1_000_000 {
            sent += client.send(Array(piece.prefix(1_000_000 - sent)))
            scenario.settle()
        }
        scenario.settle()
        #expect(upstream.bytes.suffix(1_000_000).elementsEqual(repeatElement(7, count: 1_000_000)))
        upstream.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test("pipelined requests wait in the connection, not in the proxy")
    func pipelining() {
        let scenario = Scenario()
        scenario.world.faults.window = 10_000
        let client = scenario.client()
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        var sent = 0
        for _ in 0..<100 {
            sent += client.send(String(repeating: request, count: 100))
            scenario.settle()
        }
        #expect(sent <= 10_000 + Self.heldMax)
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.upstream.last.text.hasPrefix("GET / "))
        #expect(scenario.upstream.last.text.hasSuffix("\r\n\r\n"))
        scenario.upstream.last.take()
        client.reset()
        scenario.settle()
        #expect(scenario.finish(client) == [])
    }
}
