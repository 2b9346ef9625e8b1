import Control
import Testing

@testable import DataPlane

/// Accepting clients, and not accepting them.
@Suite struct AcceptTests {
    @Test("without descriptors accepting rests, and goes on by itself")
    func exhaustion() {
        let scenario = Scenario()
        let first = scenario.client()
        scenario.settle()
        scenario.world.descriptorsMax = 1
        let second = scenario.client()
        second.ask()
        scenario.pass(.milliseconds(150))
        #expect(scenario.deployment.clientCount == 1)
        // It looks again now and then and does not spin.
        #expect(scenario.deployment.nodes[0].turns < 20)
        scenario.world.descriptorsMax = .max
        scenario.pass(.milliseconds(110))
        #expect(scenario.deployment.clientCount == 2)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(second.status == 200)
        #expect(scenario.finish(first, second) == [])
    }

    @Test("without descriptors for the upstream the answer is 503 with Retry-After")
    func exhaustionUpstream() {
        let scenario = Scenario()
        let client = scenario.client()
        scenario.settle()
        scenario.world.descriptorsMax = 1
        client.ask()
        scenario.settle()
        #expect(client.status == 503)
        #expect(client.text.contains("Retry-After: 1\r\n"))
        #expect(scenario.counters.errors[AgentErrorKind.resources.rawValue].value == 1)
        client.take()
        scenario.world.descriptorsMax = .max
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test("past maxConnections a client waits until another has gone")
    func maxConnections() {
        let scenario = Scenario(limits: { $0.maxConnections = 2 })
        let clients = (0..<3).map { _ in scenario.client() }
        clients[2].ask()
        scenario.pass(.seconds(1))
        #expect(scenario.deployment.clientCount == 2)
        #expect(scenario.deployment.nodes[0].turns < 50)
        clients[0].close()
        scenario.pass(.milliseconds(150))
        #expect(scenario.deployment.clientCount == 2)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(clients[2].status == 200)
        #expect(scenario.finish(clients[1], clients[2]) == [])
    }

    @Test("a client that is gone before it is accepted harms nobody")
    func aborted() {
        let scenario = Scenario()
        scenario.world.faults.abortedAccept = 1000
        let gone = scenario.client()
        scenario.settle()
        #expect(gone.isEnded)
        scenario.world.faults.abortedAccept = 0
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test("after maxRequestsPerConnection the client is told that its connection ends")
    func maxRequests() {
        let scenario = Scenario(limits: { $0.maxRequestsPerConnection = 2 })
        let client = scenario.client()
        for request in 1...2 {
            client.take()
            client.ask()
            scenario.settle()
            scenario.upstream.last.answer()
            scenario.settle()
            #expect(client.status == 200)
            #expect(client.text.contains("Connection: close\r\n") == (request == 2))
        }
        #expect(client.isEnded)
        #expect(scenario.finish(client) == [])
    }

    @Test("a client that cannot be watched is reset at once")
    func unwatchedClient() {
        let scenario = Scenario()
        scenario.world.faults.failedWatch = 1000
        let client = scenario.client()
        scenario.settle()
        #expect(client.isReset)
        scenario.world.faults.failedWatch = 0
        #expect(scenario.finish(client) == [])
    }

    @Test("an upstream's socket that cannot be watched is reset, so that it counts no more")
    func unwatchedUpstream() {
        let scenario = Scenario()
        let client = scenario.client()
        scenario.settle()
        scenario.world.faults.failedWatch = 1000
        client.ask()
        scenario.settle()
        #expect(scenario.upstream.last.isReset)
        #expect(client.status == 502 || client.status == 503)
        scenario.world.faults.failedWatch = 0
        #expect(scenario.finish(client) == [])
    }
}
