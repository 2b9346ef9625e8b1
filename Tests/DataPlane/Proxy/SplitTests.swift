import Control
import TestSupport
import Testing

@testable import DataPlane

/// An agent whose traffic is split, from the clients to the upstream, and the trial that measures it.
@Suite struct SplitTests {
    private func trial(_ scenario: Scenario) -> TrialSnapshot? {
        scenario.deployment.blueprint["default"]?.trial?.read()
    }

    // Sends so many requests, one after the other; the upstream answers each at once.
    private func exchange(_ count: Int, _ scenario: Scenario, _ client: ManualClient) {
        for _ in 0..<count {
            client.ask()
            scenario.settle()
            guard let peer = scenario.upstream.connections.first(where: { !$0.text.isEmpty }) else {
                Issue.record("no request came")
                return
            }
            let isLast = peer.take().lowercased().contains("\r\nconnection: close\r\n")
            peer.answer()
            if isLast { peer.close() }
            scenario.settle()
            #expect(client.status == 200)
            client.take()
        }
    }

    @Test("the trial counts what each mode did", arguments: AgentMode.allCases, Seeds.forThisRun(2))
    func counts(mode: AgentMode, seed: UInt64) throws {
        let scenario = Scenario(seed: seed) {
            $0.mode = mode
            $0.split = 30
            $0.freeSocketTimeout = .seconds(60)
        }
        let client = scenario.client()
        let count = 200
        exchange(count, scenario, client)
        let trial = try #require(self.trial(scenario))
        #expect(trial.mode == mode && trial.split == 30)
        let (kept, own) = (AgentMode.keepalive.index, AgentMode.normal.index)
        #expect(trial.requests.reduce(0, +) == UInt64(count))
        let others = Int(trial.requests[mode == .normal ? kept : own])
        // Six standard deviations are 39.
        #expect((21...99).contains(others), "SLUICE_SEED=\(seed)")
        #expect(trial.latency.map(\.count) == trial.requests)
        #expect(trial.errors == [0, 0])
        // Each of normal mode had a socket of its own, all the others together one.
        #expect(trial.connect.map(\.count) == [1, trial.requests[own]])
        #expect(scenario.upstream.connections.count == Int(trial.requests[own]) + 1)
        #expect(trial.bytesReceived.reduce(0, +) == scenario.counters.bytesReceived.value)
        #expect(trial.bytesSent.reduce(0, +) == scenario.counters.bytesSent.value)
        #expect(
            trial.bytesReceived[own] == trial.requests[own]
                * UInt64("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8.count))
        #expect(scenario.counters.created[own].value == trial.requests[own])
        #expect(scenario.counters.reused[kept].value == trial.requests[kept] - 1)
        #expect(scenario.counters.closed[CloseReason.normalMode.rawValue].value == trial.requests[own])
        #expect(scenario.counters.free.value == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("without a split there is no trial; a new one begins with each other mode, split or upstream")
    func begins() {
        let scenario = Scenario()
        #expect(trial(scenario) == nil)
        let client = scenario.client()
        func change(_ change: (inout AgentSettings) -> Void) {
            scenario.deployment.change(agent: "default", change)
            scenario.settle()
        }
        change { $0.split = 100 }
        exchange(3, scenario, client)
        #expect(trial(scenario)?.requests == [0, 3])
        change { $0.maxSockets = 7 }
        exchange(1, scenario, client)
        #expect(trial(scenario)?.requests == [0, 4])
        change { $0.mode = .normal }
        #expect(trial(scenario)?.requests == [0, 0])
        exchange(2, scenario, client)
        #expect(trial(scenario)?.requests == [2, 0])
        change { $0.split = 99 }
        #expect(trial(scenario)?.requests == [0, 0] && trial(scenario)?.split == 99)
        exchange(1, scenario, client)
        change { $0.upstream = UpstreamURL(address: .tcp(host: "127.0.0.2", port: 9001)) }
        #expect(trial(scenario)?.requests == [0, 0])
        change { $0.split = 0 }
        #expect(trial(scenario) == nil)
        #expect(scenario.finish(client) == [])
    }

    @Test("an exchange belongs to the trial that it began in")
    func lateAnswer() throws {
        let scenario = Scenario { $0.split = 100 }
        let first = try #require(scenario.deployment.blueprint["default"]?.trial)
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.deployment.change(agent: "default") { $0.split = 1 }
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(first.read().latency.map(\.count) == [0, 1])
        #expect(trial(scenario)?.latency.map(\.count) == [0, 0])
        #expect(scenario.counters.closed[CloseReason.normalMode.rawValue].value == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("faults of the upstream are errors of the mode that met them; the client's and the cap's are not")
    func errors() {
        let scenario = Scenario {
            $0.split = 100
            $0.maxSockets = 3
            $0.pendingTimeout = .milliseconds(50)
        }
        let clients = (0..<4).map { _ in scenario.client() }
        for client in clients {
            client.ask("POST")
            scenario.settle()
        }
        // The fourth waits in vain.
        scenario.pass(.milliseconds(100))
        #expect(clients[3].status == 503)
        let peers = scenario.upstream.connections
        peers[0].send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
        scenario.settle()
        #expect(trial(scenario)?.errors == [0, 1])
        peers[1].close()
        scenario.settle()
        #expect(trial(scenario)?.errors == [0, 2])
        clients[2].reset()
        scenario.settle()
        #expect(trial(scenario)?.errors == [0, 2])
        #expect(trial(scenario)?.requests == [0, 4])
        // A 5xx was answered whole all the same.
        #expect(trial(scenario)?.latency.map(\.count) == [0, 1])
        for client in clients { client.close() }
        #expect(scenario.finish() == [])
    }

    @Test("a free socket gives its place to a request in normal mode, and no more sockets are open than may")
    func room() {
        let scenario = Scenario { $0.maxSockets = 1 }
        let clients = [scenario.client(), scenario.client()]
        clients[0].ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(scenario.counters.free.value == 1)
        scenario.deployment.change(agent: "default") { $0.split = 99 }
        scenario.settle()
        for _ in 0..<8 {
            clients[1].ask()
            scenario.settle()
            if let idle = scenario.upstream.connections.first, idle.isEnded { break }
            scenario.upstream.last.answer()
            scenario.settle()
        }
        // It is told to end, and the request waits for it to be gone.
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.counters.pending.value == 1)
        scenario.upstream.last.close()
        scenario.settle()
        #expect(scenario.upstream.connections.count == 2)
        #expect(scenario.upstream.last.text.lowercased().contains("\r\nconnection: close\r\n"))
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(clients[1].text.contains("200 OK"))
        #expect(scenario.closed(.modeSwitch) == 1)
        #expect(scenario.finish(clients[0], clients[1]) == [])
    }
}
