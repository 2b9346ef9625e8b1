import Control
import Testing

@testable import DataPlane

/// What a tunnel means to the rest of the proxy: its socket, the counters, changes, a stop.
@Suite struct TunnelBooksTests {
    @Test("the answer is counted when the tunnel begins, the socket until it ends")
    func counted() {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        let clients = scenario.deployment.nodes[0].clients.listeners[0]
        #expect(clients.responses[1].value == 1)
        #expect(scenario.counters.responses[AgentMode.keepalive.index * 5].value == 1)
        #expect(scenario.counters.active.value == 1)
        let before = (scenario.counters.bytesReceived.value, scenario.counters.bytesSent.value)
        let clientsBefore = (clients.bytesReceived.value, clients.bytesSent.value)
        client.send("four")
        upstream.send("sixsix")
        scenario.settle()
        #expect(scenario.counters.bytesReceived.value - before.0 == 6)
        #expect(scenario.counters.bytesSent.value - before.1 == 4)
        #expect(clients.bytesReceived.value - clientsBefore.0 == 4)
        #expect(clients.bytesSent.value - clientsBefore.1 == 6)
        client.close()
        upstream.close()
        scenario.settle()
        #expect(clients.responses[1].value == 1)
        #expect(scenario.counters.active.value == 0 && scenario.counters.free.value == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("a tunnel's socket counts against maxSockets, and is never used again")
    func cap() {
        let scenario = Scenario { $0.maxSockets = 1 }
        let (client, upstream) = scenario.tunnel()
        let other = scenario.client()
        other.ask()
        scenario.settle()
        #expect(scenario.counters.pending.value == 1)
        #expect(scenario.upstream.connections.count == 1)
        client.close()
        upstream.close()
        scenario.settle()
        #expect(scenario.upstream.connections.count == 2)
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(other.status == 200)
        #expect(scenario.finish(client, other) == [])
    }

    @Test("a tunnel goes over a socket that was used before, and the next request over a new one")
    func reused() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        client.take()
        let (_, upstream) = scenario.tunnel(client)
        #expect(scenario.upstream.connections.count == 1)
        let other = scenario.client()
        other.ask()
        scenario.settle()
        #expect(scenario.upstream.connections.count == 2)
        scenario.upstream.last.answer()
        upstream.send("x")
        scenario.settle()
        #expect(client.text == "x" && other.status == 200)
        #expect(scenario.finish(client, other) == [])
    }

    @Test("changes of the agent leave a running tunnel alone")
    func changes() {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        scenario.deployment.change(agent: "default") { $0.mode = .normal }
        scenario.settle()
        scenario.deployment.change(agent: "default") { $0.mode = .keepalive }
        scenario.deployment.change(agent: "default") { $0.maxSockets = 1 }
        scenario.settle()
        scenario.deployment.close("default")
        scenario.deployment.drain("default")
        scenario.pass(.seconds(10))
        client.send("x")
        upstream.send("y")
        scenario.settle()
        #expect(client.text == "y" && upstream.text == "x")
        client.close()
        upstream.close()
        scenario.settle()
        #expect(scenario.counters.active.value == 0 && scenario.counters.free.value == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("the agent's mode does not matter to a tunnel, nor is the upstream told to close")
    func normalMode() {
        let scenario = Scenario { $0.mode = .normal }
        let client = scenario.client()
        client.askToSwitch()
        scenario.settle()
        let upstream = scenario.upstream.last
        #expect(!upstream.text.lowercased().contains("connection: close"))
        #expect(upstream.take().lowercased().contains("\r\nconnection: upgrade\r\n"))
        upstream.send(Scenario.switching)
        scenario.pass(.seconds(10))
        upstream.send("x")
        scenario.settle()
        #expect(client.text.hasSuffix("\r\n\r\nx"))
        #expect(scenario.finish(client) == [])
    }

    @Test("in normal mode a socket whose upstream did not switch closes behind its answer")
    func normalModeRefused() {
        let scenario = Scenario { $0.mode = .normal }
        let client = scenario.client()
        client.askToSwitch()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        scenario.pass(.milliseconds(10))
        #expect(scenario.upstream.last.isEnded && !scenario.upstream.last.isReset)
        #expect(scenario.closed(.normalMode) == 1)
        #expect(scenario.finish(client) == [])
    }

    // MARK: Stopping

    @Test("a stop leaves a tunnel its grace, and then resets both sides")
    func stop() {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        scenario.deployment.stop()
        scenario.pass(.seconds(5))
        client.send("x")
        upstream.send("y")
        scenario.settle()
        #expect(client.take() == "y" && upstream.take() == "x")
        scenario.cut()
        scenario.settle()
        #expect(client.isReset && upstream.isReset)
        #expect(client.text.isEmpty && upstream.text.isEmpty)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("a tunnel that ends within the grace of a stop ends in order")
    func stopInOrder() {
        let scenario = Scenario()
        let (client, upstream) = scenario.tunnel()
        scenario.deployment.stop()
        scenario.settle()
        upstream.close()
        scenario.settle()
        client.close()
        scenario.settle()
        #expect(client.isEnded && !client.isReset)
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client) == [])
    }

    /// What is under way when the grace is over.
    enum Busy: String, CaseIterable {
        case head, queued, connecting, waiting, uploading, untilClose, length, unread
    }

    @Test("what is under way when the grace of a stop is over is reset", arguments: Busy.allCases)
    func cut(_ busy: Busy) {
        let scenario = Scenario { $0.maxSockets = busy == .queued ? 1 : 10 }
        let (client, other) = (scenario.client(), scenario.client())
        if busy == .queued { other.ask() }
        if busy == .connecting { scenario.world.faults.hangingConnect = 1000 }
        scenario.world.faults.window = 100_000
        scenario.settle()
        switch busy {
        case .head: client.send("GET / HTT")
        case .queued, .connecting, .waiting: client.ask()
        case .uploading: client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234")
        case .untilClose, .length, .unread: client.send("GET / HTTP/1.0\r\n\r\n")
        }
        scenario.settle()
        if busy == .unread { client.reads = false }
        switch busy {
        case .untilClose: scenario.upstream.last.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
        case .length: scenario.upstream.last.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        case .unread:
            for _ in 0..<10 {
                scenario.upstream.last.send("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 99_000))
                scenario.settle()
            }
        default: break
        }
        scenario.settle()
        scenario.deployment.stop()
        scenario.settle()
        #expect(!client.isEnded)
        scenario.cut()
        scenario.settle()
        #expect(client.isReset)
        for connection in scenario.upstream.connections { #expect(connection.isReset) }
        #expect(scenario.deployment.clientCount == 0)
        #expect(scenario.finish(client, other) == [])
    }
}
