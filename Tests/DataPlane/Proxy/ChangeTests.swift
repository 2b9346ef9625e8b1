import Control
import Testing

@testable import DataPlane

/// Changes of the settings while requests are under way.
@Suite struct ChangeTests {
    /// A scenario with so many clients, each with a request that its upstream's socket has received.
    private func busy(_ count: Int, loops: Int = 1, _ settings: (inout AgentSettings) -> Void = { _ in }) -> (
        Scenario, [ManualClient]
    ) {
        let scenario = Scenario(loops: loops, settings)
        let clients = (0..<count).map { scenario.client(ofLoop: $0 % loops) }
        for client in clients {
            client.ask()
            scenario.settle()
        }
        return (scenario, clients)
    }

    private func finish(_ scenario: Scenario, _ clients: [ManualClient]) -> [String] {
        for client in clients { client.close() }
        return scenario.finish()
    }

    @Test("to normal: free sockets close at once, active ones behind their answer", arguments: [1, 2])
    func toNormal(loops: Int) {
        let (scenario, clients) = busy(4, loops: loops)
        for connection in scenario.upstream.connections.prefix(2) { connection.answer() }
        scenario.settle()
        scenario.deployment.change(agent: "default") { $0.mode = .normal }
        scenario.settle()
        #expect(scenario.upstream.connections.map { $0.isEnded } == [true, true, false, false])
        for connection in scenario.upstream.connections.suffix(2) { connection.answer() }
        scenario.pass(.milliseconds(20))
        #expect(scenario.upstream.connections.count { $0.isEnded } == 4)
        #expect(clients.allSatisfy { $0.status == 200 && !$0.isEnded })
        #expect(finish(scenario, clients) == [])
    }

    @Test("to keep-alive: sockets that finish from then on are kept")
    func toKeepAlive() {
        let (scenario, clients) = busy(1) { $0.mode = .normal }
        // It was told that it is the socket's last request, so that one ends.
        scenario.deployment.change(agent: "default") { $0.mode = .keepalive }
        scenario.settle()
        scenario.upstream.last.answer("ok", "Connection: close\r\n")
        scenario.upstream.last.close()
        scenario.settle()
        for _ in 0..<3 {
            clients[0].take()
            clients[0].ask()
            scenario.settle()
            scenario.upstream.last.answer()
            scenario.settle()
            #expect(clients[0].status == 200)
        }
        #expect(scenario.upstream.connections.count == 2)
        #expect(scenario.counters.free.value == 1)
        #expect(finish(scenario, clients) == [])
    }

    @Test("a lowered maxSockets closes sockets as they come free, and no request fails", arguments: [1, 2])
    func lowered(loops: Int) {
        let (scenario, clients) = busy(4, loops: loops)
        scenario.deployment.change(agent: "default") { $0.maxSockets = 1 }
        scenario.settle()
        #expect(scenario.upstream.connections.count { $0.isEnded } == 0)
        for connection in scenario.upstream.connections {
            connection.answer()
            scenario.settle()
        }
        #expect(clients.allSatisfy { $0.status == 200 })
        #expect(scenario.upstream.connections.filter { !$0.isEnded }.count == 1)
        #expect(finish(scenario, clients) == [])
    }

    @Test("a raised maxSockets lets those in that wait, on every loop", arguments: [1, 2, 3])
    func raised(loops: Int) {
        let (scenario, clients) = busy(5, loops: loops) { $0.maxSockets = 1 }
        #expect(scenario.upstream.connections.count == 1)
        scenario.deployment.change(agent: "default") { $0.maxSockets = 4 }
        scenario.settle()
        #expect(scenario.upstream.connections.count == 4)
        for _ in 0..<2 {
            for connection in scenario.upstream.connections where !connection.take().isEmpty { connection.answer() }
            scenario.settle()
        }
        #expect(clients.allSatisfy { $0.status == 200 })
        #expect(finish(scenario, clients) == [])
    }

    @Test("a socket that comes free on one loop serves a request that waits on another")
    func acrossLoops() {
        let scenario = Scenario(loops: 2) { $0.maxSockets = 1 }
        let (first, second) = (scenario.client(ofLoop: 0), scenario.client(ofLoop: 1))
        for client in [first, second] {
            client.ask()
            scenario.settle()
        }
        scenario.upstream.last.take()
        scenario.upstream.last.answer("one")
        scenario.settle()
        #expect(first.text.hasSuffix("one"))
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.upstream.last.text.hasPrefix("GET / "))
        scenario.upstream.last.answer("two")
        scenario.settle()
        #expect(second.text.hasSuffix("two"))
        #expect(scenario.counters(ofLoop: 1).free.value == 1)
        #expect(scenario.finish(first, second) == [])
    }

    @Test("a socket that is under way to another loop when its client leaves is used or closed, not lost")
    func acrossLoopsGone() {
        let scenario = Scenario(loops: 2) { $0.maxSockets = 1 }
        let (first, second) = (scenario.client(ofLoop: 0), scenario.client(ofLoop: 1))
        for client in [first, second] {
            client.ask()
            scenario.settle()
        }
        scenario.upstream.last.answer("one")
        second.reset()
        scenario.settle()
        #expect(first.text.hasSuffix("one"))
        first.take()
        first.ask()
        scenario.settle()
        scenario.upstream.last.answer("two")
        scenario.settle()
        #expect(first.text.hasSuffix("two"))
        #expect(scenario.finish(first, second) == [])
    }
}
