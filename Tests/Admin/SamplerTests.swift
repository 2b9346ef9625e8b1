import Control
import Synchronization
import Testing

@testable import Admin

@Suite struct SamplerTests {
    private func newest(_ harness: Harness) throws -> JSONValue {
        let event = try #require(harness.events.events(after: 0).last { $0.kind == .sample })
        return try JSONBody.decode(Array(event.json.utf8))
    }

    /// One second in which agent `k` answers `count` requests.
    private func second(_ harness: Harness, requests count: UInt64, cell: Int = 25) {
        harness.clock.advance(.seconds(1))
        harness.control.update("k") { agent in
            agent.figures.responses[1] += count
            agent.figures.lastByte[0].counts[cell] += count
        }
        harness.control.fake.withLock { $0.clients.responses[200, default: 0] += count }
        harness.sampler.take()
    }

    @Test("a sample has what the page shows")
    func shape() throws {
        let harness = Harness()
        second(harness, requests: 500)
        let json = try newest(harness)
        #expect(json.names == ["agents", "clients", "time"])
        #expect(json["clients"] == ["connections": .number(120), "requestsPerSecond": .number(500)])
        #expect(json["agents"].values.count == 2)
        let agent = json["agents"].values[0]
        #expect(
            agent.names == [
                "latency", "maxSockets", "mode", "name", "pending", "rates", "requestsPerSocket", "sockets", "split",
                "state", "totals",
            ])
        #expect(agent["name"] == "k" && agent["mode"] == "keepalive" && agent["maxSockets"] == .number(100))
        #expect(agent["rates"] == ["requests": .number(500), "created": .number(0), "closed": .number(0)])
        #expect(agent["latency"].names == ["max", "p50", "p90", "p99"])
        #expect(agent["totals"]["closedBy"] == ["upstreamClose": .number(3)])
        #expect(json["agents"].values[1]["latency"]["p50"] == .null)
        let time = try #require(json["time"].text)
        #expect(time.count == 24 && time.hasSuffix("Z"))
    }

    @Test("rates are those of the last second, quantiles those of the last ten")
    func windows() throws {
        let harness = Harness()
        second(harness, requests: 100, cell: 60)
        for _ in 0..<9 { second(harness, requests: 1) }
        var latency = try newest(harness)["agents"].values[0]["latency"]
        #expect((latency["max"].double ?? 0) > 1)
        #expect(try newest(harness)["agents"].values[0]["rates"]["requests"] == .number(1))
        second(harness, requests: 1)
        latency = try newest(harness)["agents"].values[0]["latency"]
        #expect((latency["max"].double ?? 9) < 0.01)
        // Without requests for as long, there is nothing to say.
        for _ in 0..<10 { second(harness, requests: 0) }
        #expect(try newest(harness)["agents"].values[0]["latency"]["p99"] == .null)
    }

    @Test("an agent shows the rates of the last ten seconds, however long it runs")
    func ten() {
        let harness = Harness()
        for _ in 0..<30 { second(harness, requests: 20) }
        let agent = harness.control.agents()[0]
        #expect(abs(harness.sampler.activity(of: agent).requests - 20) < 0.001)
        harness.clock.advance(.milliseconds(500))
        #expect(abs(harness.sampler.activity(of: agent).requests - 200 / 10.5) < 0.001)
    }

    @Test("an agent that is new, or counts from zero again, does not go mad")
    func reset() throws {
        let harness = Harness()
        second(harness, requests: 5)
        harness.control.update("k") { $0.figures = AgentFigures() }
        harness.control.fake.withLock { state in
            var agent = state.agents[1]
            agent.name = "new"
            agent.figures.responses[1] = 1_000_000
            state.agents.append(agent)
            state.clients.responses = [:]
        }
        second(harness, requests: 0)
        let json = try newest(harness)
        for agent in json["agents"].values { #expect(agent["rates"]["requests"] == .number(0)) }
        #expect(json["clients"]["requestsPerSecond"] == .number(0))
    }

    @Test("failing requests are told once, and again after a quiet time")
    func problems() throws {
        let harness = Harness()
        func fail() {
            harness.control.update("k") { agent in
                agent.figures.errors[AgentErrorKind.connect.rawValue] += 3
                agent.figures.timeouts[AgentTimeoutKind.body.rawValue] += 1
            }
        }
        func problems() -> [Event] { harness.events.events(after: 0).filter { $0.kind == .problem } }
        for _ in 0..<5 {
            fail()
            second(harness, requests: 0)
        }
        #expect(problems().count == 1)
        let json = try JSONBody.decode(Array(try #require(problems().first).json.utf8))
        #expect(json["agent"] == "k")
        #expect(json["detail"].text?.contains("connect 3, timeout (body) 1") == true)
        for _ in 0..<11 { second(harness, requests: 0) }
        fail()
        second(harness, requests: 0)
        #expect(problems().count == 2)
    }

    @Test("how busy the loops were")
    func busy() {
        let harness = Harness()
        harness.control.fake.withLock { $0.clients.threads = [(busy: 1000, total: 2000), (busy: 10, total: 10)] }
        #expect(harness.sampler.busyRatios(of: harness.control.clients()) == [0.5, 1])
        harness.control.fake.withLock { $0.clients.threads = [(busy: 1, total: 1), (busy: 0, total: 10), (5, 20)] }
        #expect(harness.sampler.busyRatios(of: harness.control.clients()) == [0, 0, 0.25])
    }

    @Test("the ring is bounded")
    func ring() {
        var ring = SampleRing(samplesMax: 3)
        let start = ContinuousClock.now
        #expect(ring.baseline(for: .seconds(1), before: start) == nil)
        for second in 0..<100 {
            ring.append(Sample(at: start + .seconds(second), agents: [], clients: ClientSnapshot()))
        }
        let now = start + .seconds(100)
        #expect(ring.baseline(for: .seconds(50), before: now)?.at == start + .seconds(97))
        #expect(ring.baseline(for: .seconds(2), before: now)?.at == start + .seconds(98))
        #expect(ring.last?.at == start + .seconds(99))
    }
}
