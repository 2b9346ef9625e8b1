import Control
import Testing

@testable import DataPlane

/// What happens when somebody takes too long, in virtual time.
@Suite struct TimeoutTests {
    @Test("an upstream that does not answer in time gives 504")
    func response() {
        let scenario = Scenario { $0.timeout = .seconds(3) }
        let client = scenario.client()
        client.ask()
        scenario.pass(.seconds(2.9))
        #expect(client.text.isEmpty)
        #expect(scenario.upstream.last.text.hasPrefix("GET / HTTP/1.1\r\n"))
        scenario.pass(.seconds(0.2))
        #expect(client.status == 504)
        #expect(client.text.contains("urn:sluice:problem:upstream-timeout"))
        #expect(scenario.upstream.last.isEnded)
        #expect(scenario.counters.timeouts[AgentTimeoutKind.response.rawValue].value == 1)
        // The client's connection goes on.
        client.take()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test("each byte of the upstream's starts its time anew, and a body that stops is cut")
    func body() {
        let scenario = Scenario { $0.timeout = .seconds(1) }
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in 0..<5 {
            scenario.pass(.seconds(0.9))
            scenario.upstream.last.send("x")
        }
        scenario.settle()
        #expect(client.text.hasSuffix("\r\n\r\nxxxxx"))
        #expect(!client.isEnded)
        scenario.pass(.seconds(1.1))
        #expect(client.isEnded)
        #expect(scenario.upstream.last.isEnded)
        #expect(scenario.counters.timeouts[AgentTimeoutKind.body.rawValue].value == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("an upstream that does not accept in time gives 504")
    func connect() {
        let scenario = Scenario { $0.connectTimeout = .milliseconds(300) }
        scenario.world.faults.hangingConnect = 1000
        let client = scenario.client()
        client.ask()
        scenario.pass(.milliseconds(250))
        #expect(client.text.isEmpty)
        scenario.pass(.milliseconds(100))
        #expect(client.status == 504)
        #expect(client.text.contains("urn:sluice:problem:upstream-connect-timeout"))
        #expect(scenario.world.openDescriptors == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("an upstream that refuses gives 502", arguments: [false, true])
    func refused(slowly: Bool) {
        let scenario = Scenario()
        scenario.world.faults.refusedConnect = 1000
        scenario.world.faults.latencyMax = slowly ? 5_000_000 : 0
        scenario.world.faults.slowConnect = slowly ? 1000 : 0
        let client = scenario.client()
        client.ask()
        scenario.pass(.milliseconds(50))
        #expect(client.status == 502)
        #expect(client.text.contains("urn:sluice:problem:upstream-connect-failed"))
        #expect(scenario.counters.errors[AgentErrorKind.connect.rawValue].value == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("a request that waits too long for a socket gets 503 with Retry-After")
    func pending() {
        let scenario = Scenario {
            $0.maxSockets = 1
            $0.pendingTimeout = .milliseconds(200)
        }
        let (first, second) = (scenario.client(), scenario.client())
        first.ask()
        scenario.settle()
        second.ask()
        scenario.pass(.milliseconds(190))
        #expect(second.text.isEmpty)
        #expect(scenario.counters.pending.value == 1)
        scenario.pass(.milliseconds(20))
        #expect(second.status == 503)
        #expect(second.text.contains("Retry-After: 1\r\n"))
        #expect(second.text.contains("urn:sluice:problem:queue-timeout"))
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(first.status == 200)
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.finish(first, second) == [])
    }

    @Test("a full queue gives 503 with Retry-After at once")
    func queueFull() {
        let scenario = Scenario {
            $0.maxSockets = 1
            $0.maxPending = 1
        }
        let clients = (0..<3).map { _ in scenario.client() }
        for client in clients {
            client.ask()
            scenario.settle()
        }
        #expect(clients[2].status == 503)
        #expect(clients[2].text.contains("Retry-After: 1\r\n"))
        #expect(clients[2].text.contains("urn:sluice:problem:queue-full"))
        for client in clients.prefix(2) {
            scenario.upstream.last.answer()
            scenario.settle()
            #expect(client.status == 200)
        }
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.finish(clients[0], clients[1], clients[2]) == [])
    }

    @Test("a client that is idle for too long is closed without a word")
    func idle() {
        let scenario = Scenario(limits: { $0.idleTimeout = .seconds(2) })
        let client = scenario.client()
        scenario.pass(.seconds(1.9))
        #expect(!client.isEnded)
        scenario.pass(.seconds(0.2))
        #expect(client.isEnded && client.text.isEmpty)
        #expect(scenario.finish(client) == [])
    }

    @Test("a head that does not come in time gives 408, however it trickles")
    func head() {
        let scenario = Scenario(limits: { $0.headTimeout = .seconds(2) })
        let client = scenario.client()
        client.send("GET / HTTP/1.1\r\n")
        for _ in 0..<3 {
            scenario.pass(.seconds(0.6))
            client.send("X-A: b\r\n")
        }
        #expect(client.text.isEmpty)
        scenario.pass(.seconds(0.3))
        #expect(client.status == 408)
        #expect(client.text.contains("Connection: close\r\n"))
        #expect(client.isEnded)
        #expect(scenario.upstream.connections.isEmpty)
        #expect(scenario.finish(client) == [])
    }

    @Test("a body that does not come in time gives 408, and the upstream's socket is closed")
    func requestBody() {
        let scenario = Scenario(limits: { $0.bodyTimeout = .seconds(2) })
        let client = scenario.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
        scenario.pass(.seconds(1.9))
        #expect(scenario.upstream.last.text.hasSuffix("12345"))
        #expect(client.text.isEmpty)
        scenario.pass(.seconds(0.2))
        #expect(client.status == 408)
        #expect(scenario.upstream.last.isEnded)
        #expect(scenario.finish(client) == [])
    }
}
