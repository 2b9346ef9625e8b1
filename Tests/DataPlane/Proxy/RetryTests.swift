import Control
import Testing

@testable import DataPlane

/// Requests that meet a stale socket.
@Suite struct RetryTests {
    /// A scenario with one free socket, which the upstream then closes while the next request is on its way.
    private func stale(
        _ method: String, body: String = "", reset: Bool, _ settings: (inout AgentSettings) -> Void = { _ in }
    ) -> (Scenario, ManualClient) {
        let scenario = Scenario(settings)
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        client.take()
        scenario.upstream.last.take()
        client.ask(method, body: body)
        scenario.settle()
        // It had the request, but it was about to close.
        if reset { scenario.upstream.last.reset() } else { scenario.upstream.last.close() }
        scenario.settle()
        return (scenario, client)
    }

    @Test(
        "an idempotent request is sent once more on a new socket", arguments: ["GET", "HEAD", "PUT", "DELETE"],
        [false, true])
    func retries(method: String, reset: Bool) {
        let (scenario, client) = stale(method, reset: reset)
        #expect(client.text.isEmpty)
        #expect(scenario.upstream.connections.count == 2)
        #expect(scenario.upstream.last.text.hasPrefix("\(method) / HTTP/1.1\r\n"))
        scenario.upstream.last.send("HTTP/1.1 204 Done\r\n\r\n")
        scenario.settle()
        #expect(client.status == 204)
        #expect(scenario.counters.retries.value == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("another one is not", arguments: ["POST", "PATCH", "LINK"], [false, true])
    func doesNot(method: String, reset: Bool) {
        let (scenario, client) = stale(method, reset: reset)
        #expect(client.status == 502)
        #expect(client.text.contains(reset ? "upstream-reset" : "upstream-closed"))
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.counters.retries.value == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("nor is any when retries are switched off")
    func off() {
        let (scenario, client) = stale("GET", reset: false) { $0.retry = false }
        #expect(client.status == 502)
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("a request is sent once more only once")
    func once() {
        let (scenario, client) = stale("GET", reset: false)
        scenario.upstream.last.close()
        scenario.settle()
        #expect(client.status == 502)
        #expect(scenario.upstream.connections.count == 2)
        #expect(scenario.finish(client) == [])
    }

    @Test("a request on a new socket is not sent once more")
    func fresh() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.close()
        scenario.settle()
        #expect(client.status == 502)
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("nor is one whose answer has begun")
    func begun() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        client.take()
        client.ask()
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 2")
        scenario.settle()
        scenario.upstream.last.close()
        scenario.settle()
        #expect(client.status == 502)
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("a small body that came along is sent once more with its head")
    func body() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        client.take()
        client.ask("PUT", body: "content")
        scenario.settle()
        scenario.upstream.last.close()
        scenario.settle()
        #expect(scenario.upstream.last.text.hasSuffix("\r\n\r\ncontent"))
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test(
        "a large body that came along is sent once more with its head, if the method allows it",
        arguments: [("PUT", 200), ("POST", 502)])
    func largeBody(method: String, status: Int) {
        let body = String(repeating: "large ", count: 8_000)
        let (scenario, client) = stale(method, body: body, reset: true)
        #expect(scenario.upstream.connections.count == (status == 200 ? 2 : 1))
        #expect(scenario.upstream.last.text.hasSuffix("\r\n\r\n" + body))
        if status == 200 { scenario.upstream.last.answer() }
        scenario.settle()
        #expect(client.status == status)
        #expect(scenario.finish(client) == [])
    }

    @Test("a free socket that is told of bytes which were taken before is kept")
    func lateEvent() {
        let scenario = Scenario()
        scenario.world.faults.lateEvent = 1000
        let client = scenario.client()
        for _ in 0..<2 {
            client.ask()
            scenario.settle()
            scenario.upstream.last.answer()
            scenario.settle()
            #expect(client.status == 200)
            client.take()
        }
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("a socket that closed while it was free is not used at all, so that a POST succeeds")
    func closedWhileFree() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        client.take()
        scenario.upstream.last.close()
        scenario.settle()
        #expect(scenario.counters.closed[CloseReason.upstreamClosedIdle.rawValue].value == 1)
        client.ask("POST", body: "x")
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }
}
