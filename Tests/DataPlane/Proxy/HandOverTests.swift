import Control
import Testing

@testable import DataPlane

/// Clients that one loop accepts and another one serves.
@Suite struct HandOverTests {
    private func counts(_ scenario: Scenario) -> [UInt64] { scenario.deployment.nodes.map(\.clients.connections) }

    private func accepted(_ scenario: Scenario) -> [UInt64] {
        scenario.deployment.nodes.map { $0.clients.listeners[0].accepted.value }
    }

    @Test("clients that all come to one loop are dealt out and served", arguments: [2, 3, 8])
    func even(loops: Int) {
        let scenario = Scenario(loops: loops)
        let clients = (0..<loops * 3).map { _ in scenario.client(atListener: 0) }
        scenario.settle()
        #expect(counts(scenario) == Array(repeating: 3, count: loops))
        #expect(accepted(scenario) == counts(scenario))
        for client in clients {
            client.ask()
            scenario.settle()
            // Each loop has a socket of its own, which its later clients use again.
            for connection in scenario.upstream.connections where !connection.take().isEmpty { connection.answer() }
            scenario.settle()
            #expect(client.status == 200)
            client.close()
        }
        scenario.settle()
        #expect(counts(scenario) == Array(repeating: 0, count: loops))
        #expect(scenario.finish() == [])
    }

    @Test("a request that came along with the connection is answered after the hand-over")
    func early() {
        let scenario = Scenario(loops: 2)
        let first = scenario.client(atListener: 0)
        scenario.settle()
        let second = scenario.client(atListener: 0)
        second.ask()
        scenario.settle()
        #expect(scenario.counters(ofLoop: 1).active.value == 1)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(second.status == 200)
        #expect(scenario.finish(first, second) == [])
    }

    @Test("a loop that stands still gets no more than may be on their way, and serves them when it goes on")
    func stalled() {
        let scenario = Scenario(loops: 2)
        let most = UInt64(ClientSpread.arrivingMax)
        scenario.deployment.stall(1, for: .seconds(1))
        let clients = (0..<100).map { _ in scenario.client(atListener: 0) }
        scenario.pass(.milliseconds(100))
        #expect(counts(scenario) == [100 - most, most])
        #expect(scenario.deployment.nodes[1].clients.arriving == Int(most))
        #expect(scenario.deployment.clientCount == 100)
        scenario.pass(.seconds(1))
        #expect(accepted(scenario) == [100 - most, most])
        #expect(scenario.deployment.nodes[1].clients.arriving == 0)
        for client in clients { client.close() }
        #expect(scenario.finish() == [])
    }

    @Test("maxConnections counts those on their way")
    func maxConnections() {
        let scenario = Scenario(loops: 2, limits: { $0.maxConnections = 3 })
        scenario.deployment.stall(1, for: .milliseconds(500))
        let clients = (0..<5).map { _ in scenario.client(atListener: 0) }
        scenario.pass(.milliseconds(400))
        #expect(counts(scenario) == [2, 1])
        #expect(scenario.deployment.nodes[1].clients.arriving == 1)
        scenario.pass(.seconds(1))
        #expect(scenario.deployment.clientCount == 3)
        for client in clients { client.close() }
        #expect(scenario.finish() == [])
    }

    @Test("a stop loses no client that is on its way: an idle one ends, a request is answered")
    func stop() {
        let scenario = Scenario(loops: 2)
        scenario.deployment.stall(1, for: .milliseconds(10))
        let clients = (0..<4).map { _ in scenario.client(atListener: 0) }
        clients[1].ask()
        clients[3].ask()
        scenario.pass(.milliseconds(1))
        #expect(scenario.deployment.nodes[1].clients.arriving == 2)
        scenario.deployment.stop()
        scenario.pass(.milliseconds(20))
        #expect(scenario.deployment.nodes[1].clients.arriving == 0)
        #expect(clients[0].isEnded && clients[2].isEnded)
        for connection in scenario.upstream.connections { connection.answer() }
        scenario.settle()
        #expect(clients[1].status == 200 && clients[3].status == 200)
        for client in clients { client.close() }
        #expect(scenario.finish() == [])
    }

    @Test("a client that arrives when all others were cut is cut as well")
    func cut() {
        let scenario = Scenario(loops: 2)
        let first = scenario.client(atListener: 0)
        scenario.settle()
        scenario.deployment.stall(0, for: .milliseconds(10))
        let late = scenario.client(atListener: 0)
        late.ask()
        // Accepted in the same turn in which that loop hears of the stop: the other one is done with it by then.
        scenario.deployment.stop(grace: 1_000_000)
        scenario.pass(.milliseconds(20))
        #expect(late.isEnded && first.isEnded)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish() == [])
    }
}
