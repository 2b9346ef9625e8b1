import Control
import Testing

@testable import DataPlane

/// Clients that leave in the midst of things.
@Suite struct ClientLeavingTests {
    @Test("a client that resets while its answer is awaited frees the socket")
    func reset() {
        let scenario = Scenario { $0.maxSockets = 1 }
        let (first, second) = (scenario.client(), scenario.client())
        first.ask()
        scenario.settle()
        second.ask()
        scenario.settle()
        first.reset()
        scenario.settle()
        #expect(scenario.upstream.connections[0].isEnded)
        // The permit went on to the request that waited.
        #expect(scenario.upstream.connections.count == 2)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(second.status == 200)
        #expect(scenario.counters.closed[CloseReason.clientGone.rawValue].value == 1)
        #expect(scenario.finish(second) == [])
    }

    @Test("a client that closes while it waits in the queue gives its place up once that shows")
    func closesWhileQueued() {
        let scenario = Scenario { $0.maxSockets = 1 }
        let (first, second) = (scenario.client(), scenario.client())
        first.ask()
        scenario.settle()
        second.ask()
        scenario.settle()
        #expect(scenario.counters.pending.value == 1)
        // A close looks like a half-close until something is sent: the probe, after a second.
        second.close()
        scenario.pass(.seconds(0.9))
        #expect(scenario.counters.pending.value == 1)
        scenario.pass(.seconds(0.2))
        #expect(scenario.counters.pending.value == 0)
        #expect(scenario.deployment.clientCount == 1)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(first.status == 200)
        #expect(scenario.finish(first) == [])
    }

    @Test("a client that closes while its answer is awaited frees the socket once that shows")
    func closesWhileActive() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        client.close()
        scenario.pass(.seconds(1.1))
        #expect(scenario.upstream.last.isEnded)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("a client that only half-closes gets its answer, with interim ones before it")
    func halfCloses() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        client.shutdownWrite()
        scenario.pass(.seconds(3.5))
        #expect(client.text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\n"))
        client.take()
        scenario.upstream.last.answer("late")
        scenario.settle()
        #expect(client.text.contains("HTTP/1.1 200 OK\r\n"))
        #expect(client.text.hasSuffix("late"))
        #expect(client.isEnded)
        #expect(scenario.finish(client) == [])
    }

    @Test("an HTTP/1.0 client that half-closes gets its answer and nothing before it")
    func oldHalfCloses() {
        let scenario = Scenario()
        let client = scenario.client()
        client.send("GET / HTTP/1.0\r\n\r\n")
        client.shutdownWrite()
        scenario.pass(.seconds(3.5))
        #expect(client.text.isEmpty)
        scenario.upstream.last.answer("late")
        scenario.settle()
        #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(client.isEnded)
        #expect(scenario.finish(client) == [])
    }

    @Test("a client that leaves in the midst of its body cuts the request off")
    func upload() {
        let scenario = Scenario()
        let client = scenario.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
        scenario.settle()
        client.close()
        scenario.settle()
        #expect(scenario.upstream.last.isEnded)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("a client that leaves in the midst of its answer frees the socket")
    func download() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12345")
        scenario.settle()
        client.reset()
        scenario.settle()
        #expect(scenario.upstream.last.isEnded)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("a client that stops reading is cut off when its time is over")
    func stopsReading() {
        let scenario = Scenario(limits: { $0.bodyTimeout = .seconds(2) })
        scenario.world.faults.window = 1000
        let client = scenario.client()
        client.reads = false
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer(String(repeating: "x", count: 940))
        scenario.pass(.seconds(1.9))
        #expect(!client.isEnded)
        scenario.pass(.seconds(0.2))
        #expect(client.isEnded)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }
}
