import Control
import Testing

@testable import DataPlane

/// Agents that come and go, and routes that change, while requests are under way.
@Suite struct AgentLifeTests {
    private static let port: UInt16 = 9002

    private static func agent(_ change: (inout AgentSettings) -> Void = { _ in }) -> Configuration.Agent {
        var settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: port)))
        change(&settings)
        return .init(name: "k", settings: settings)
    }

    /// A scenario with an agent `k` for `/k`, and `default` for the rest.
    private static func scenario(
        loops: Int = 1, _ settings: (inout AgentSettings) -> Void = { _ in }
    ) -> (Scenario, ManualUpstream) {
        let scenario = Scenario(
            loops: loops,
            configuration: {
                $0.agents.append(agent(settings))
                $0.routes = [Route(prefix: "/k", agent: "k"), Route(prefix: "/", agent: "default")]
            })
        return (scenario, scenario.upstream(of: "k", port: port))
    }

    private static func remove(_ configuration: inout Configuration) {
        configuration.agents.removeAll { $0.name == "k" }
        configuration.routes = []
    }

    private static func add(_ configuration: inout Configuration) {
        configuration.agents.append(agent())
        configuration.routes = [Route(prefix: "/k", agent: "k"), Route(prefix: "/", agent: "default")]
    }

    /// The agents called `k` that anything still holds.
    private static func alive(_ scenario: Scenario) -> [AgentLedger] {
        scenario.deployment.incarnations.filter { $0.name == "k" }.compactMap(\.ledger)
    }

    @Test("a removed agent serves those that have it and takes no new request, and is then let go", arguments: [1, 2])
    func removed(loops: Int) {
        let (scenario, upstream) = Self.scenario(loops: loops) { $0.maxSockets = 2 }
        let clients = (0..<4).map { scenario.client(ofLoop: $0 % loops) }
        for client in clients.prefix(3) {
            client.ask(path: "/k")
            scenario.settle()
        }
        #expect(upstream.connections.count == 2)
        scenario.deployment.change(Self.remove)
        scenario.settle()
        clients[3].ask(path: "/k")
        scenario.settle()
        #expect(scenario.upstream.last.text.hasPrefix("GET /k "))
        scenario.upstream.last.answer("new")
        // Two run and one waits: that one gets the first socket that comes free, and the other closes.
        upstream.connections[0].take()
        upstream.connections[0].answer("one")
        scenario.settle()
        #expect(upstream.connections[0].text.hasPrefix("GET /k "))
        upstream.connections[0].answer("three")
        upstream.connections[1].answer("two")
        scenario.settle()
        #expect(upstream.connections.map(\.isEnded) == [true, true])
        for (client, text) in zip(clients, ["one", "two", "three", "new"]) { #expect(client.text.hasSuffix(text)) }
        let reason = CloseReason.upstreamRemoved.rawValue
        #expect(Self.alive(scenario).map { $0.counters.reduce(0) { $0 + $1.closed[reason].value } } == [2])
        for connection in upstream.connections { connection.close() }
        scenario.settle()
        // The clients stay connected, and hold nothing of it.
        #expect(Self.alive(scenario).isEmpty)
        #expect(clients.allSatisfy { !$0.isEnded })
        for client in clients { client.close() }
        #expect(scenario.finish() == [])
    }

    @Test("a removed agent's free sockets close at once, and nothing keeps it", arguments: [1, 3])
    func removedWhileFree(loops: Int) {
        let (scenario, upstream) = Self.scenario(loops: loops)
        let client = scenario.client(ofLoop: loops - 1)
        client.ask(path: "/k")
        scenario.settle()
        upstream.last.answer()
        scenario.settle()
        scenario.deployment.change(Self.remove)
        scenario.settle()
        #expect(upstream.last.isEnded && !client.isEnded)
        upstream.last.close()
        scenario.settle()
        #expect(Self.alive(scenario).isEmpty)
        #expect(scenario.finish(client) == [])
    }

    @Test("one that is added again at once has sockets and a cap of its own")
    func again() {
        let (scenario, upstream) = Self.scenario { $0.maxSockets = 1 }
        let (first, second) = (scenario.client(), scenario.client())
        first.ask(path: "/k")
        scenario.settle()
        scenario.deployment.change(Self.remove)
        scenario.deployment.change(Self.add)
        scenario.settle()
        #expect(Self.alive(scenario).count == 2)
        second.ask(path: "/k")
        scenario.settle()
        // The predecessor's socket does not count, and is not kept for the new one.
        #expect(upstream.connections.count == 2)
        for (connection, text) in zip(upstream.connections, ["one", "two"]) { connection.answer(text) }
        scenario.settle()
        #expect(first.text.hasSuffix("one") && second.text.hasSuffix("two"))
        #expect(upstream.connections.map(\.isEnded) == [true, false])
        upstream.connections[0].close()
        scenario.settle()
        #expect(Self.alive(scenario).map { $0.counters[0].free.value } == [1])
        #expect(scenario.finish(first, second) == [])
    }

    @Test("a head that is not whole yet goes by the routes that are in force when it is")
    func halfHead() {
        let (scenario, upstream) = Self.scenario()
        let client = scenario.client()
        client.send("GET /k HTTP/1.1\r\nHo")
        scenario.settle()
        scenario.deployment.change(Self.remove)
        scenario.settle()
        client.send("st: a\r\n\r\n")
        scenario.settle()
        #expect(upstream.connections.isEmpty)
        #expect(scenario.upstream.last.text.hasPrefix("GET /k "))
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test("routes change for the next request of a connection that is open, and of one that pipelines")
    func routes() {
        let (scenario, upstream) = Self.scenario()
        let client = scenario.client()
        client.ask(path: "/k")
        client.ask(path: "/k")
        scenario.settle()
        scenario.deployment.change { $0.routes = [Route(prefix: "/", agent: "default")] }
        scenario.settle()
        upstream.last.answer("one")
        scenario.settle()
        scenario.upstream.last.answer("two")
        scenario.settle()
        #expect(client.text.hasSuffix("two") && client.text.contains("\r\none"))
        scenario.deployment.change { $0.routes = [Route(prefix: "/k", agent: "k")] }
        scenario.settle()
        client.take()
        client.ask(path: "/other")
        scenario.settle()
        #expect(client.status == 404)
        #expect(scenario.finish(client) == [])
    }

    @Test("a loop that hears late of a new agent is told all the same that others wait for its sockets")
    func alertTooEarly() throws {
        let scenario = Scenario(loops: 2)
        let upstream = scenario.upstream(of: "k", port: Self.port)
        let deployment = scenario.deployment
        deployment.change {
            $0.agents.append(Self.agent { $0.maxSockets = 1 })
            $0.routes = [Route(prefix: "/", agent: "k")]
        }
        // Only the first loop has heard of it, where one request waits for another and leaves.
        let blueprint = deployment.blueprint
        deployment.on(deployment.nodes[0].worker) { $0.apply(blueprint) }
        let clients = [0, 0, 1, 0].map { scenario.client(ofLoop: $0) }
        deployment.stall(1, for: .milliseconds(1))
        for client in clients.prefix(2) {
            client.ask()
            scenario.settle()
        }
        #expect(deployment.nodes[1].generation == 1)
        clients[1].reset()
        scenario.settle()
        upstream.last.answer("one")
        scenario.settle()
        deployment.close("k")
        scenario.settle()
        upstream.last.close()
        scenario.pass(.milliseconds(2))
        // Now the second loop has the only socket, and the first waits for it.
        clients[2].ask()
        scenario.settle()
        clients[3].ask()
        scenario.settle()
        #expect(upstream.connections.count == 2)
        upstream.last.take()
        upstream.last.answer("two")
        scenario.settle()
        #expect(upstream.last.text.hasPrefix("GET / "))
        upstream.last.answer("three")
        scenario.settle()
        #expect(clients[2].text.hasSuffix("two") && clients[3].text.hasSuffix("three"))
        #expect(scenario.finish(clients[0], clients[2], clients[3]) == [])
    }
}
