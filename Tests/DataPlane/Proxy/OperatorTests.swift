import Control
import Testing

@testable import DataPlane

/// Sockets that an operator closes.
@Suite struct OperatorTests {
    private static func closed(_ scenario: Scenario) -> UInt64 {
        scenario.counters.closed[CloseReason.operator.rawValue].value
    }

    private static func exchange(_ scenario: Scenario, _ client: ManualClient, _ fields: String = "") {
        scenario.upstream.last.answer("ok", fields)
        scenario.settle()
        #expect(client.take().hasPrefix("HTTP/1.1 200 "))
    }

    @Test("the free ones close at once, and those that serve are left alone")
    func free() {
        let scenario = Scenario()
        let clients = (0..<2).map { _ in scenario.client() }
        for client in clients {
            client.ask()
            scenario.settle()
        }
        scenario.upstream.connections[0].answer()
        scenario.settle()
        scenario.deployment.close("default")
        scenario.settle()
        #expect(scenario.upstream.connections.map(\.isEnded) == [true, false])
        #expect(Self.closed(scenario) == 1)
        Self.exchange(scenario, clients[1])
        #expect(scenario.counters.free.value == 1)
        #expect(scenario.finish(clients[0], clients[1]) == [])
    }

    @Test(
        "an active one closes after its request, whatever its upstream or a change says meanwhile",
        arguments: ["", "Keep-Alive: timeout=60, max=100\r\n"], [nil, Duration.seconds(60)])
    func active(fields: String, ttl: Duration?) {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        let sockets = scenario.deployment.sockets(of: "default")
        scenario.deployment.close("default", serial: sockets[0].id)
        scenario.settle()
        #expect(sockets.count == 1 && !scenario.upstream.last.isEnded && Self.closed(scenario) == 0)
        scenario.deployment.change(agent: "default") { $0.socketActiveTTL = ttl }
        scenario.settle()
        Self.exchange(scenario, client, fields)
        #expect(scenario.upstream.last.isEnded && Self.closed(scenario) == 1)
        client.ask()
        scenario.settle()
        #expect(scenario.upstream.connections.count == 2)
        #expect(scenario.finish(client) == [])
    }

    @Test("a free one closes at once, and its number is unknown from then on")
    func one() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        Self.exchange(scenario, client)
        let serial = scenario.deployment.sockets(of: "default")[0].id
        let (worker, id) = (scenario.deployment.nodes[0].worker, scenario.deployment.blueprint.agents[0].id)
        #expect(!scenario.deployment.on(worker) { $0.close(serial: serial + 1, of: id) })
        #expect(scenario.deployment.on(worker) { $0.close(serial: serial, of: id) })
        #expect(!scenario.deployment.on(worker) { $0.close(serial: serial, of: id) })
        scenario.settle()
        #expect(scenario.upstream.last.isEnded && Self.closed(scenario) == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("one that connects serves its request first")
    func connecting() {
        let scenario = Scenario()
        scenario.world.faults.slowConnect = 1000
        scenario.world.faults.latencyMax = 1_000_000
        let client = scenario.client()
        client.ask()
        while scenario.deployment.sockets(of: "default").isEmpty { scenario.pass(.microseconds(10)) }
        let socket = scenario.deployment.sockets(of: "default")[0]
        #expect(socket.state == .connecting)
        scenario.deployment.close("default", serial: socket.id)
        scenario.pass(.milliseconds(10))
        scenario.upstream.last.answer()
        scenario.pass(.milliseconds(10))
        #expect(client.status == 200)
        #expect(scenario.upstream.last.isEnded && Self.closed(scenario) == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("in normal mode it counts as the operator's too")
    func normal() {
        let scenario = Scenario { $0.mode = .normal }
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.deployment.close("default", serial: scenario.deployment.sockets(of: "default")[0].id)
        scenario.settle()
        Self.exchange(scenario, client)
        #expect(Self.closed(scenario) == 1)
        #expect(scenario.counters.closed[CloseReason.normalMode.rawValue].value == 0)
        #expect(scenario.finish(client) == [])
    }
}
