import Control
import Testing

@testable import DataPlane

/// Stopping in order.
@Suite struct StopTests {
    @Test("idle connections end at once, busy ones after their answer")
    func stops() {
        let scenario = Scenario()
        let (idle, busy, used) = (scenario.client(), scenario.client(), scenario.client())
        used.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        busy.ask()
        scenario.settle()
        scenario.deployment.stop()
        scenario.settle()
        #expect(idle.isEnded && used.isEnded)
        #expect(!busy.isEnded)
        // Nobody is let in any more.
        let late = scenario.client()
        scenario.settle()
        #expect(scenario.deployment.clientCount == 1)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(busy.status == 200)
        #expect(busy.text.contains("Connection: close\r\n"))
        #expect(busy.isEnded)
        // What it may have sent meanwhile is read until it has seen the end.
        busy.close()
        scenario.settle()
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(idle, busy, used, late) == [])
    }

    @Test("a request that waits for a socket is still served, and no socket stays")
    func queued() {
        let scenario = Scenario { $0.maxSockets = 1 }
        let (first, second) = (scenario.client(), scenario.client())
        for client in [first, second] {
            client.ask()
            scenario.settle()
        }
        scenario.deployment.stop()
        scenario.settle()
        for client in [first, second] {
            scenario.upstream.last.answer()
            scenario.settle()
            #expect(client.status == 200)
            #expect(client.isEnded)
        }
        #expect(scenario.finish(first, second) == [])
    }

    @Test("a stop closes the free sockets")
    func free() {
        let scenario = Scenario { $0.freeSocketTimeout = .seconds(3600) }
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(scenario.counters.free.value == 1)
        scenario.deployment.stop()
        scenario.settle()
        #expect(scenario.upstream.last.isEnded)
        #expect(scenario.counters.free.value == 0)
        #expect(scenario.finish(client) == [])
    }
}
