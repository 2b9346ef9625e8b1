import Control
import Testing

@testable import DataPlane

/// Tunnels while they run, and how they end.
@Suite struct TunnelTests {
    @Test("bytes go both ways as they come, and nothing of them is taken for HTTP")
    func bothWays() {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        for _ in 0..<3 {
            client.send("GET / HTTP/1.1\r\n\r\n")
            scenario.settle()
            #expect(upstream.take() == "GET / HTTP/1.1\r\n\r\n")
            upstream.send("HTTP/1.1 200 OK\r\n\r\n")
            scenario.settle()
            #expect(client.take() == "HTTP/1.1 200 OK\r\n\r\n")
        }
        #expect(scenario.finish(client) == [])
    }

    @Test("an idle tunnel holds no memory for bytes")
    func idle() throws {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        client.send("a")
        upstream.send("b")
        scenario.settle()
        do {
            let connection = try #require(scenario.deployment.connections.last?.connection)
            #expect(!connection.input.isAllocated && !connection.response.isAllocated)
            #expect(!connection.output.isAllocated && !connection.request.isAllocated)
        }
        #expect(scenario.finish(client) == [])
    }

    @Test("what lies behind either head belongs to the tunnel")
    func earlyData() {
        let scenario = Scenario()
        let client = scenario.client()
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
        scenario.settle()
        let upstream = scenario.upstream.last
        #expect(upstream.take().hasSuffix("\r\n\r\n"))
        client.send(" bird")
        scenario.settle()
        // Nothing is passed on before the upstream has switched.
        #expect(upstream.text.isEmpty)
        upstream.send(Scenario.switching + "late")
        scenario.settle()
        #expect(upstream.take() == "early bird")
        #expect(client.take().hasSuffix("\r\n\r\nlate"))
        #expect(scenario.finish(client) == [])
    }

    @Test("early data is more than a block, and comes whole")
    func muchEarlyData() {
        let scenario = Scenario()
        scenario.world.faults.window = 200_000
        let client = scenario.client()
        let early = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        client.send(early)
        client.shutdownWrite()
        scenario.settle()
        let upstream = scenario.upstream.last
        upstream.take()
        upstream.send(Scenario.switching)
        scenario.settle()
        #expect(upstream.bytes == early)
        #expect(upstream.isEnded && !client.isEnded)
        #expect(scenario.finish(client) == [])
    }

    // MARK: Ends

    @Test("a side that says it sends no more may still read, until the other has ended too", arguments: [true, false])
    func halfClose(clientFirst: Bool) {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        let (first, second): (ManualPeer, ManualPeer) = clientFirst ? (client, upstream) : (upstream, client)
        first.send("last words")
        first.shutdownWrite()
        scenario.settle()
        #expect(second.take() == "last words")
        #expect(second.isEnded && !second.isReset)
        for _ in 0..<3 {
            scenario.pass(.seconds(60))
            second.send("still here")
            scenario.settle()
            #expect(first.take() == "still here")
        }
        #expect(!first.isEnded)
        #expect(scenario.counters.active.value == 1)
        second.close()
        scenario.settle()
        #expect(first.isEnded && !first.isReset)
        #expect(scenario.counters.active.value == 0)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.closed(clientFirst ? .clientGone : .upstreamClose) == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("a reset of one side resets the other, behind what was said before", arguments: [true, false])
    func reset(byClient: Bool) {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        let (first, second): (ManualPeer, ManualPeer) = byClient ? (client, upstream) : (upstream, client)
        first.send("last words")
        first.reset()
        scenario.settle()
        #expect(second.text == "last words")
        #expect(second.isReset)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.closed(byClient ? .clientGone : .reset) == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("a reset shows at once, even when nothing more is read of that side", arguments: [true, false])
    func resetUnderPressure(byClient: Bool) {
        let scenario = Scenario()
        scenario.world.faults.window = 10_000
        let (client, upstream) = scenario.tunnel()
        let (first, second): (ManualPeer, ManualPeer) = byClient ? (client, upstream) : (upstream, client)
        second.reads = false
        for _ in 0..<20 {
            first.send([UInt8](repeating: 1, count: 10_000))
            scenario.settle()
        }
        first.reset()
        scenario.settle()
        #expect(second.isReset)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("a side that closes altogether leaves the other what it said", arguments: [true, false])
    func closes(byClient: Bool) {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        let (first, second): (ManualPeer, ManualPeer) = byClient ? (client, upstream) : (upstream, client)
        first.send("bye")
        first.close()
        scenario.settle()
        // It does not know yet that nobody reads.
        second.send("hello?")
        scenario.settle()
        #expect(second.text == "bye")
        #expect(second.isEnded && !second.isReset)
        second.close()
        scenario.settle()
        #expect(scenario.counters.active.value == 0)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.closed(byClient ? .clientGone : .upstreamClose) == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("a side that closed altogether, and is sent to, has said all that it said", arguments: [true, false])
    func closesUnderPressure(byClient: Bool) {
        let scenario = Scenario()
        scenario.world.faults.window = 10_000
        let (client, upstream) = scenario.tunnel()
        let (first, second): (ManualPeer, ManualPeer) = byClient ? (client, upstream) : (upstream, client)
        second.reads = false
        var sent = 0
        for _ in 0..<20 {
            sent += first.send([UInt8](repeating: 1, count: 10_000))
            scenario.settle()
        }
        first.close()
        scenario.settle()
        // It does not know yet that nobody reads, and causes a reset.
        for _ in 0..<3 {
            second.send("hello?")
            scenario.settle()
        }
        #expect(!second.isEnded)
        second.reads = true
        scenario.settle()
        #expect(second.bytes.count == sent)
        #expect(second.isEnded && !second.isReset)
        #expect(scenario.closed(byClient ? .clientGone : .upstreamClose) == 1)
        scenario.pass(.seconds(3))
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    // MARK: Time

    @Test("a tunnel that carries nothing for its time ends in order on both sides")
    func idleTimeout() {
        let scenario = Scenario(limits: { $0.tunnelTimeout = .seconds(10) })
        let (client, upstream) = scenario.tunnel()
        for index in 0..<4 {
            scenario.pass(.seconds(9))
            (index.isMultiple(of: 2) ? client : upstream).send("x")
            scenario.settle()
        }
        scenario.pass(.seconds(9.9))
        #expect(!client.isEnded && !upstream.isEnded)
        scenario.pass(.milliseconds(200))
        #expect(client.isEnded && !client.isReset)
        #expect(upstream.isEnded && !upstream.isReset)
        #expect(scenario.closed(.timeout) == 1)
        #expect(scenario.counters.active.value == 0)
        // Neither goes: both are cut.
        scenario.pass(.seconds(2.1))
        #expect(scenario.deployment.clientCount == 0)
        #expect(upstream.isReset)
        #expect(scenario.finish(client) == [])
    }

    @Test("a side that takes nothing for the time of a tunnel is reset", arguments: [true, false])
    func notReading(isClient: Bool) {
        let scenario = Scenario(limits: { $0.tunnelTimeout = .seconds(10) })
        scenario.world.faults.window = 10_000
        let (client, upstream) = scenario.tunnel()
        let (stuck, other): (ManualPeer, ManualPeer) = isClient ? (client, upstream) : (upstream, client)
        stuck.reads = false
        // What is sent after the first two pieces waits in the connection, and is nothing that the tunnel carries.
        for _ in 0..<5 {
            other.send([UInt8](repeating: 1, count: 10_000))
            scenario.pass(.seconds(1))
        }
        #expect(!stuck.isReset && !other.isEnded)
        scenario.pass(.seconds(6.5))
        #expect(stuck.isReset)
        #expect(other.isEnded && !other.isReset)
        #expect(scenario.closed(.timeout) == 1)
        scenario.pass(.seconds(3))
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("a half-closed tunnel ends when the other side says nothing for its time", arguments: [true, false])
    func halfClosedTimeout(clientFirst: Bool) {
        let scenario = Scenario(limits: { $0.tunnelTimeout = .seconds(10) })
        let (client, upstream) = scenario.tunnel()
        let (first, second): (ManualPeer, ManualPeer) = clientFirst ? (client, upstream) : (upstream, client)
        first.shutdownWrite()
        scenario.pass(.seconds(9))
        second.send("x")
        scenario.pass(.seconds(9.9))
        #expect(!first.isEnded)
        scenario.pass(.milliseconds(200))
        #expect(first.isEnded && !first.isReset)
        #expect(scenario.closed(.timeout) == 1)
        scenario.pass(.seconds(2.1))
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("the limits of requests and answers do not hold within a tunnel")
    func otherTimes() {
        let scenario = Scenario {
            $0.timeout = .seconds(1)
        } limits: {
            $0.bodyTimeout = .seconds(1)
            $0.idleTimeout = .seconds(1)
            $0.headTimeout = .seconds(1)
        }
        let (client, upstream) = scenario.tunnel()
        scenario.pass(.seconds(3000))
        client.send("x")
        upstream.send("y")
        scenario.settle()
        #expect(client.text == "y" && upstream.text == "x")
        #expect(scenario.finish(client) == [])
    }

    // MARK: Pressure

    @Test("a busy tunnel leaves others of its loop their turn")
    func fairness() {
        let scenario = Scenario()
        scenario.world.faults.window = 4 << 20
        let (client, upstream) = scenario.tunnel()
        let other = scenario.client()
        scenario.settle()
        client.send([UInt8](repeating: 1, count: 4 << 20))
        other.ask()
        scenario.deployment.run(until: { scenario.upstream.connections.count == 2 })
        #expect(upstream.bytes.count < 1 << 20)
        scenario.settle()
        #expect(upstream.bytes.count == 4 << 20)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(other.status == 200)
        #expect(scenario.finish(client, other) == [])
    }

    @Test("nobody is read from faster than the other side reads", arguments: [true, false])
    func backPressure(fromClient: Bool) {
        let scenario = Scenario()
        scenario.world.faults.window = 10_000
        let (client, upstream) = scenario.tunnel()
        let (from, to): (ManualPeer, ManualPeer) = fromClient ? (client, upstream) : (upstream, client)
        to.reads = false
        let piece = [UInt8](repeating: 7, count: 10_000)
        var sent = 0
        for _ in 0..<200 {
            sent += from.send(Array(piece.prefix(1_000_000 - sent)))
            scenario.settle()
        }
        // A block, and what the connections themselves hold.
        #expect(sent <= 2 * 10_000 + BufferPool.blockSize)
        // The other direction does not mind.
        to.send("meanwhile")
        scenario.settle()
        #expect(from.take() == "meanwhile")
        to.reads = true
        for _ in 0..<1000 where sent < 1_000_000 {
            sent += from.send(Array(piece.prefix(1_000_000 - sent)))
            scenario.settle()
        }
        scenario.settle()
        #expect(to.bytes.count == 1_000_000 && to.bytes.allSatisfy { $0 == 7 })
        #expect(scenario.finish(client) == [])
    }
}
