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

    // Of a body that is here whole, what has passed by the time somebody else is answered: of the turn in which that one
    // asks, and of the next.
    private static let passedMax = 2 * BufferPool.blocksPerTurn * BufferPool.blockSize + 10_000

    @Test("a response does not keep the loop from others", arguments: ["Content-Length: 4000000\r\n", ""])
    func fairDownload(framing: String) {
        let scenario = Scenario()
        scenario.world.faults.window = 8 << 20
        let (client, other) = (scenario.client(), scenario.client())
        client.ask()
        scenario.settle()
        let passed = passed(to: client, untilAnswered: other)
        scenario.upstream.last.send("HTTP/1.1 200 OK\r\n\(framing)\r\n")
        scenario.upstream.last.send([UInt8](repeating: 7, count: 4_000_000))
        if framing.isEmpty { scenario.upstream.last.close() }
        scenario.settle()
        #expect(passed() <= Self.passedMax)
        #expect(client.bytes.count > 4_000_000)
        #expect(scenario.finish(client, other) == [])
    }

    @Test("a request body does not keep the loop from others")
    func fairUpload() {
        let scenario = Scenario()
        scenario.world.faults.window = 8 << 20
        let (client, other) = (scenario.client(), scenario.client())
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
        scenario.settle()
        let upstream = scenario.upstream.last
        let passed = passed(to: upstream, untilAnswered: other)
        client.send([UInt8](repeating: 7, count: 4_000_000))
        scenario.settle()
        #expect(passed() <= Self.passedMax)
        #expect(upstream.bytes.count > 4_000_000)
        upstream.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client, other) == [])
    }

    // `other` asks when the first of the body comes to `peer`; returns how much of it has come when it is answered.
    private func passed(to peer: ManualPeer, untilAnswered other: ManualClient) -> () -> Int {
        var passed = Int.max
        peer.heard = { [unowned other, unowned peer] in
            peer.heard = nil
            other.send("no request\r\n\r\n")
        }
        other.heard = { [unowned other, unowned peer] in
            other.heard = nil
            passed = peer.bytes.count
        }
        return { passed }
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
