import Control
import FoundationEssentials
import Synchronization
import Testing

@testable import Admin

@Suite struct HistoryTests {
    /// One second in which agent `k` answers `count` requests, each within the edges of `cell`.
    private func second(_ harness: Harness, requests count: UInt64 = 0, cell: Int = 25, after pause: Int = 1) {
        harness.clock.advance(.seconds(pause))
        harness.control.update("k") { agent in
            agent.figures.responses[1] += count
            agent.figures.created[0] += 1
            agent.figures.lastByte[0].counts[cell] += count
        }
        harness.sampler.take()
    }

    private func columns(_ reply: Reply, _ agent: String = "k") -> [String: [Double?]] {
        guard case .object(let members) = reply.json["agents"][agent] else { return [:] }
        return members.mapValues { $0.values.map(\.double) }
    }

    private static let names = [
        "active", "closed", "connecting", "created", "free", "p50", "p90", "p99", "pending", "requests",
    ]

    @Test("without parameters: 15 minutes, a slot a second, the newest last, null where there is nothing")
    func shape() async throws {
        let harness = Harness()
        for count: UInt64 in [5, 7] { second(harness, requests: count) }
        let reply = await harness.send("GET", "/api/v1/history")
        #expect(reply.status == 200 && reply.field("Content-Type") == "application/json")
        #expect(reply.json.names == ["agents", "changes", "start", "step", "window"])
        #expect(reply.json["window"] == .number(900) && reply.json["step"] == .number(1))
        #expect(reply.json["changes"] == .list([]))
        #expect(reply.json["agents"].names == ["default", "k"])
        let columns = columns(reply)
        #expect(columns.keys.sorted() == Self.names)
        for (name, column) in columns { #expect(column.count == 900, "\(name)") }
        #expect(columns["requests"]?.suffix(4) == [nil, nil, 5, 7])
        #expect(columns["created"]?.suffix(3) == [nil, 1, 1])
        #expect(columns["closed"]?.suffix(3) == [nil, 0, 0])
        // States are known from the first look on.
        #expect(columns["active"]?.suffix(4) == [nil, 88, 88, 88])
        #expect(columns["free"]?.last == 12 && columns["connecting"]?.last == 0 && columns["pending"]?.last == 20)
        let quantiles = ["p50", "p90", "p99"].map { (columns[$0]?.last ?? 0) ?? 0 }
        #expect(quantiles[0] > 0 && quantiles[0] < quantiles[1] && quantiles[1] < quantiles[2])
        #expect(columns["p50"]?.dropLast(2).last == .some(nil))
        // Nobody asked this one anything: its rates are zero, and it has no latency.
        let idle = self.columns(reply, "default")
        #expect(idle["requests"]?.last == 0 && idle["p99"]?.last == .some(nil))
        // 899 slots lie before the newest, which is no older than this test.
        let start = try #require(reply.json["start"].text)
        let date = try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(start)
        #expect(abs(date.timeIntervalSinceNow + 899) < 60)
    }

    @Test("slots of a pause have no figures, and the one after it has the rate of all of it")
    func gap() async {
        let harness = Harness()
        second(harness, requests: 5)
        second(harness, requests: 30, after: 3)
        let columns = columns(await harness.send("GET", "/api/v1/history?window=5"))
        #expect(columns["requests"] == [nil, 5, nil, nil, 10])
        #expect(columns["free"] == [12, 12, nil, nil, 12])
    }

    @Test("agents come and go")
    func agents() async {
        let harness = Harness()
        second(harness, requests: 1)
        let gone = harness.control.fake.withLock { $0.agents.removeFirst() }
        for _ in 0..<2 {
            harness.clock.advance(.seconds(1))
            harness.sampler.take()
        }
        var reply = await harness.send("GET", "/api/v1/history?window=4s")
        #expect(reply.json["agents"].names == ["default", "k"])
        #expect(columns(reply)["free"] == [12, 12, nil, nil])
        #expect(columns(await harness.send("GET", "/api/v1/history?window=4&agent=k"))["free"] == [12, 12, nil, nil])
        // In this window it was not there.
        reply = await harness.send("GET", "/api/v1/history?window=2s")
        #expect(reply.json["agents"].names == ["default"])
        // It comes back with its counts at zero, which is no rate.
        harness.control.fake.withLock { state in
            var agent = gone
            agent.figures = AgentFigures()
            state.agents.append(agent)
        }
        for _ in 0..<2 {
            harness.clock.advance(.seconds(1))
            harness.sampler.take()
        }
        #expect(columns(await harness.send("GET", "/api/v1/history?window=4"))["requests"] == [nil, nil, nil, 0])
        // One that the sampler has not seen yet has columns too.
        harness.control.fake.withLock { state in
            var agent = gone
            agent.name = "new"
            state.agents.append(agent)
        }
        reply = await harness.send("GET", "/api/v1/history?agent=new&window=2")
        #expect(columns(reply, "new")["free"] == [nil, nil])
        reply = await harness.send("GET", "/api/v1/history?agent=nobody")
        #expect(reply.status == 404 && reply.problem == "unknown-agent")
    }

    @Test("beyond 15 minutes: a slot a minute, with the quantiles of all its requests")
    func minutes() async {
        let harness = Harness()
        // The first look was at second 0, and minutes are counted from it: after second 59 the first one is whole.
        for second in 1..<180 { self.second(harness, requests: second < 60 ? 6 : 2, cell: second < 60 ? 60 : 25) }
        let reply = await harness.send("GET", "/api/v1/history?window=1h&agent=k")
        #expect(reply.json["step"] == .number(60) && reply.json["window"] == .number(3600))
        #expect(reply.json["agents"].names == ["k"])
        let columns = columns(reply)
        #expect(columns["requests"]?.count == 60)
        #expect(columns["requests"]?.suffix(4) == [nil, 6, 2, 2])
        #expect(columns["free"]?.suffix(4) == [nil, 12, 12, 12])
        // The second minute's quantiles know nothing of the first one's slow requests; ten seconds of them would.
        let p50 = columns["p50"]?.suffix(3).compactMap { $0 } ?? []
        #expect(p50.count == 3 && p50[0] > 1 && p50[1] < 0.01 && p50[1] == p50[2])
    }

    @Test("a longer step has the mean of its samples; a column is never longer than 1440")
    func steps() async {
        let harness = Harness()
        // Seconds 0 to 9, so that the last step of five is whole.
        for count: UInt64 in 1...9 { second(harness, requests: count) }
        var reply = await harness.send("GET", "/api/v1/history?window=10&step=5s")
        #expect(columns(reply)["requests"] == [2.5, 7])
        reply = await harness.send("GET", "/api/v1/history?window=11&step=5")
        #expect(columns(reply)["requests"] == [nil, 2.5, 7])
        reply = await harness.send("GET", "/api/v1/history?window=1h&step=1")
        #expect(reply.json["step"] == .number(3) && columns(reply)["requests"]?.count == 1200)
        #expect(columns(reply)["requests"]?.suffix(4) == [1.5, 4, 7, 9])
        reply = await harness.send("GET", "/api/v1/history?window=24h&step=1")
        #expect(reply.json["step"] == .number(60) && columns(reply)["requests"]?.count == 1440)
        reply = await harness.send("GET", "/api/v1/history?window=1&step=1h")
        #expect(reply.json["step"] == .number(3600) && columns(reply)["requests"] == [5])
    }

    @Test("what was older than 15 minutes stands in short steps too, as its minute's mean")
    func old() async {
        let harness = Harness()
        for _ in 1..<60 { second(harness, requests: 6) }
        for _ in 0..<15 { second(harness, requests: 120, after: 60) }
        // Second 959 is the newest; 0 to 59 lie behind the ring of seconds.
        let column = columns(await harness.send("GET", "/api/v1/history?window=960&step=10"))["requests"] ?? []
        #expect(column.count == 96)
        #expect(column.prefix(7) == [6, 6, 6, 6, 6, 6, nil])
        #expect(column.compactMap { $0 }.suffix(2) == [2, 2])
    }

    @Test(
        "what cannot be asked for",
        arguments: [
            ("window=0", ["window"]), ("window=86401", ["window"]), ("window=25h", ["window"]), ("window=", ["window"]),
            ("window=ten", ["window"]), ("window=1.5", ["window"]), ("step=0.5s", ["step"]), ("step=0", ["step"]),
            ("step=61m", ["step"]), ("step=nan", ["step"]), ("step=inf&window=-1", ["window", "step"]),
            ("steps=1", ["steps"]), ("step=1&step=2", ["step"]), ("window=1e99", ["window"]),
        ])
    func faults(query: String, names: [String]) async {
        let reply = await Harness().send("GET", "/api/v1/history?\(query)")
        #expect(reply.status == 400 && reply.problem == "invalid-parameter")
        #expect(reply.json["errors"].values.map { $0["parameter"].text } == names)
    }

    @Test("the changes of the window are there, however many samples came since")
    func changes() async {
        let harness = Harness()
        _ = await harness.patch("k", #"{"maxSockets":50}"#)
        for _ in 0..<20 { second(harness) }
        _ = await harness.patch("k", #"{"mode":"normal"}"#)
        for _ in 0..<EventLog.eventsMax { harness.events.append(.sample, json: "{}") }
        var reply = await harness.send("GET", "/api/v1/history")
        #expect(reply.json["changes"].values.map { $0["changes"].values[0]["setting"] } == ["maxSockets", "mode"])
        #expect(reply.json["changes"].values.allSatisfy { $0["agent"] == "k" && $0["time"].text != nil })
        reply = await harness.send("GET", "/api/v1/history?window=5")
        #expect(reply.json["changes"].values.count == 1)
    }

    @Test("indented it says the same")
    func pretty() async {
        let harness = Harness()
        for _ in 0..<3 { second(harness, requests: 3) }
        _ = await harness.patch("k", #"{"mode":"normal"}"#)
        let plain = await harness.send("GET", "/api/v1/history?window=3")
        let pretty = await harness.send("GET", "/api/v1/history?window=3&pretty")
        #expect(plain.json != .null && plain.json == pretty.json)
        #expect(plain.text.split(separator: "\n").count == 1)
        #expect(pretty.text.contains("\n      \"requests\": [3,3,3],\n"))
        let head = await harness.send("HEAD", "/api/v1/history")
        #expect(head.status == 200)
    }
}
