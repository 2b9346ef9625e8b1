import Control
import Testing

@testable import DataPlane

/// A drained agent takes no new request, and finishes what it has.
@Suite struct DrainTests {
    @Test("new requests get 503 with Retry-After, and their connections go on", arguments: ["GET", "HEAD", "POST"])
    func refuses(method: String) {
        let scenario = Scenario()
        let client = scenario.client()
        scenario.deployment.drain("default")
        scenario.settle()
        for _ in 0..<2 {
            client.ask(method, body: method == "POST" ? "body" : "")
            scenario.settle()
            #expect(client.status == 503)
            #expect(client.text.contains("\r\nRetry-After: 1\r\n"))
            #expect(client.text.contains("\r\nProxy-Status: sluice; error=destination_unavailable\r\n"))
            if method != "HEAD" { #expect(client.text.contains("urn:sluice:problem:agent-draining\"")) }
            #expect(!client.isEnded)
            client.take()
        }
        #expect(scenario.upstream.connections.isEmpty)
        #expect(scenario.counters.responses[AgentMode.keepalive.index * 5 + 4].value == 2)
        #expect(scenario.counters.errors[AgentErrorKind.queueFull.rawValue].value == 0)
        scenario.deployment.drain("default", false)
        scenario.settle()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test("what runs or waits is served, and each socket closes when it is free", arguments: [1, 2])
    func finishes(loops: Int) {
        let scenario = Scenario(loops: loops) { $0.maxSockets = 2 }
        let clients = (0..<3).map { scenario.client(ofLoop: $0 % loops) }
        for client in clients {
            client.ask()
            scenario.settle()
        }
        scenario.deployment.drain("default")
        scenario.settle()
        let connections = scenario.upstream.connections
        connections[0].take()
        connections[0].answer("one")
        scenario.settle()
        // The one that waited.
        #expect(connections[0].text.hasPrefix("GET / "))
        connections[1].answer("two")
        scenario.settle()
        #expect(connections.map(\.isEnded) == [false, true])
        connections[0].answer("three")
        scenario.settle()
        #expect(clients.map { $0.status } == [200, 200, 200])
        #expect(connections.map(\.isEnded) == [true, true])
        #expect(Self.closed(scenario, loops, .drain) == 2)
        for client in clients { client.close() }
        #expect(scenario.finish() == [])
    }

    @Test("free sockets close at once")
    func free() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        scenario.deployment.drain("default")
        scenario.settle()
        #expect(scenario.upstream.last.isEnded)
        #expect(Self.closed(scenario, 1, .drain) == 1)
        #expect(scenario.counters.free.value == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("a change of the settings does not end a drain, nor does a change of another agent")
    func changes() {
        let scenario = Scenario()
        let client = scenario.client()
        scenario.deployment.drain("default")
        scenario.deployment.change(agent: "default") { $0.mode = .normal }
        scenario.settle()
        client.ask()
        scenario.settle()
        #expect(client.status == 503)
        #expect(scenario.finish(client) == [])
    }

    @Test("a head that is not whole yet is refused")
    func halfHead() {
        let scenario = Scenario()
        let client = scenario.client()
        client.send("GET / HTTP/1.1\r\nHo")
        scenario.settle()
        scenario.deployment.drain("default")
        scenario.settle()
        client.send("st: a\r\n\r\n")
        scenario.settle()
        #expect(client.status == 503)
        #expect(scenario.finish(client) == [])
    }

    private static func closed(_ scenario: Scenario, _ loops: Int, _ reason: CloseReason) -> UInt64 {
        (0..<loops).reduce(0) { $0 + scenario.counters(ofLoop: $1).closed[reason.rawValue].value }
    }
}
