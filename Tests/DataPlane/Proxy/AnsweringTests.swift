import Control
import Testing

@testable import DataPlane

/// Whether an agent's upstream answers, as far as its requests tell.
@Suite struct AnsweringTests {
    private static func isAnswering(_ scenario: Scenario) -> Bool? {
        scenario.deployment.blueprint["default"]?.ledger.isAnswering(now: Instant(nanoseconds: scenario.world.now))
    }

    private static func fail(_ scenario: Scenario, _ client: ManualClient, times: Int, status: Int) {
        for _ in 0..<times {
            client.ask()
            scenario.pass(.milliseconds(100))
            #expect(client.status == status)
            client.take()
        }
    }

    @Test("three refused connects in a row on any loops say no, the first answer yes", arguments: [1, 2])
    func refused(loops: Int) {
        let scenario = Scenario(loops: loops)
        let clients = (0..<loops).map { scenario.client(ofLoop: $0) }
        scenario.world.faults.refusedConnect = 1000
        Self.fail(scenario, clients[0], times: 2, status: 502)
        #expect(Self.isAnswering(scenario) == true)
        Self.fail(scenario, clients[loops - 1], times: 1, status: 502)
        #expect(Self.isAnswering(scenario) == false)
        scenario.world.faults.refusedConnect = 0
        clients[loops - 1].ask()
        scenario.settle()
        // It may still do nothing with it.
        #expect(Self.isAnswering(scenario) == false)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(Self.isAnswering(scenario) == true)
        for client in clients { client.close() }
        #expect(scenario.finish() == [])
    }

    @Test("requests that time out count, and any answer in between begins anew")
    func timeouts() {
        let scenario = Scenario { $0.timeout = .milliseconds(50) }
        let client = scenario.client()
        Self.fail(scenario, client, times: 2, status: 504)
        client.ask()
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
        scenario.settle()
        client.take()
        Self.fail(scenario, client, times: 2, status: 504)
        #expect(Self.isAnswering(scenario) == true)
        Self.fail(scenario, client, times: 1, status: 504)
        #expect(Self.isAnswering(scenario) == false)
        // Nothing is known of another upstream.
        scenario.deployment.change(agent: "default") {
            $0.upstream = UpstreamURL(address: .tcp(host: "127.0.0.1", port: 9003))
        }
        #expect(Self.isAnswering(scenario) == true)
        #expect(scenario.finish(client) == [])
    }

    @Test("what was not tried for ten seconds may be well again, and one more failure says that it is not")
    func untried() {
        let scenario = Scenario()
        let client = scenario.client()
        scenario.world.faults.refusedConnect = 1000
        Self.fail(scenario, client, times: 3, status: 502)
        scenario.pass(.seconds(9))
        #expect(Self.isAnswering(scenario) == false)
        scenario.pass(.seconds(2))
        #expect(Self.isAnswering(scenario) == true)
        Self.fail(scenario, client, times: 1, status: 502)
        #expect(Self.isAnswering(scenario) == false)
        scenario.world.faults.refusedConnect = 0
        #expect(scenario.finish(client) == [])
    }

    @Test("what this side has run out of says nothing of the upstream")
    func exhausted() {
        let scenario = Scenario()
        let client = scenario.client()
        scenario.settle()
        scenario.world.descriptorsMax = 1
        Self.fail(scenario, client, times: 4, status: 503)
        #expect(Self.isAnswering(scenario) == true)
        scenario.world.descriptorsMax = .max
        #expect(scenario.finish(client) == [])
    }
}
