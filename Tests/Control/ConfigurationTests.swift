import Control
import Synchronization
import Testing

@Suite("a configuration as a whole")
struct ConfigurationTests {
    private static func valid() throws -> Configuration {
        var configuration = Configuration()
        let settings = AgentSettings(upstream: try UpstreamURL("http://127.0.0.1:1984"))
        configuration.agents = [
            Configuration.Agent(name: "k", settings: settings),
            Configuration.Agent(name: "default", settings: settings),
        ]
        configuration.routes = [
            Route(prefix: "/k", stripPrefix: true, agent: "k"), Route(prefix: "/", agent: "default"),
        ]
        return configuration
    }

    @Test("a good one has no fault")
    func good() throws { #expect(try Self.valid().faults().isEmpty) }

    @Test("each thing that does not fit is named by its path")
    func faults() throws {
        var configuration = try Self.valid()
        configuration.listen = []
        configuration.admin.listen = .tcp(host: "0.0.0.0", port: 1986)
        configuration.agents.append(configuration.agents[0])
        configuration.agents.append(Configuration.Agent(name: "a b", settings: configuration.agents[0].settings))
        configuration.upgrade = (0...UpgradeProtocol.namesMax).map { "p\($0)" }
        configuration.routes.append(Route(prefix: "/k", agent: "nobody"))
        configuration.routes.append(Route(prefix: "x", agent: "k"))
        let paths = configuration.faults().map(\.path)
        #expect(
            paths == [
                "listen", "admin.listen", "upgrade", "agents.a b", "agents.k", "routes[2].agent", "routes[2]",
                "routes[3].prefix",
            ])
    }

    @Test(
        "an admin server that others reach is protected, or is said not to be",
        arguments: [
            ("127.0.0.1:1", false), ("127.1.2.3:1", false), ("[::1]:1", false), ("LOCALHOST:1", false),
            ("unix:/run/a", false), ("0.0.0.0:1", true), ("[::]:1", true), (":1", true), ("10.0.0.1:1", true),
            ("box:1", true), ("127.example:1", true), ("127.0.0.1.example:1", true), ("localhost.example:1", true),
        ])
    func admin(address: String, isReached: Bool) throws {
        var admin = AdminSettings()
        admin.listen = try SocketAddress(address)
        #expect(admin.faults().map(\.path) == (isReached ? ["admin.listen"] : []))
        // TLS alone hides what is said, and keeps nobody away.
        admin.tls = AdminSettings.TLS(certificateFile: "a", keyFile: "b")
        #expect(admin.faults().isEmpty == !isReached)
        for protect: (inout AdminSettings) -> Void in [
            { $0.hasToken = true }, { $0.tls?.clientCAFile = "c" }, { $0.unprotected = true },
        ] {
            var protected = admin
            protect(&protected)
            #expect(protected.faults().isEmpty)
        }
    }

    @Test("without routes there must be a default agent")
    func noDefault() throws {
        var configuration = try Self.valid()
        configuration.routes = []
        #expect(configuration.faults().isEmpty)
        configuration.agents.removeLast()
        #expect(configuration.faults().map(\.path) == ["routes"])
    }
}

@Suite("histograms")
struct HistogramTests {
    @Test(
        "every duration falls between the edges around it",
        arguments: [0, 1, 9_999, 10_000, 10_001, 5_000_000, 123_456_789, 1 << 62])
    func record(nanoseconds: UInt64) throws {
        let histogram = Histogram()
        histogram.record(nanoseconds: nanoseconds)
        let value = histogram.read()
        let index = try #require(value.counts.firstIndex(of: 1))
        #expect(value.count == 1)
        #expect(value.sumNanoseconds == nanoseconds)
        let edges = HistogramEdges.nanoseconds
        #expect(edges.count == HistogramEdges.cellCount - 1)
        if index < edges.count { #expect(nanoseconds <= edges[index]) }
        if index > 0 { #expect(nanoseconds > edges[index - 1]) }
    }

    @Test("quantiles are off by at most a fifth", arguments: [0.5, 0.9, 0.99])
    func quantiles(share: Double) throws {
        let histogram = Histogram()
        for number in 1...10_000 { histogram.record(nanoseconds: UInt64(number) * 10_000) }
        let quantile = try #require(histogram.read().quantile(share))
        #expect(abs(quantile - share * 0.1) <= share * 0.1 * 0.2)
        #expect(HistogramValue().quantile(share) == nil)
    }

    @Test(
        "durations that are alike have that quantile, wherever in a cell they lie",
        arguments: [5.2, 5.9, 300.5, 0.0098])
    func alike(milliseconds: Double) throws {
        let histogram = Histogram()
        for _ in 0..<100 { histogram.record(nanoseconds: UInt64(milliseconds * 1e6)) }
        for share in [0.01, 0.5, 0.99, 1] {
            let quantile = try #require(histogram.read().quantile(share))
            #expect(abs(quantile * 1e3 - milliseconds) <= milliseconds * 0.17)
        }
        let median = try #require(histogram.read().quantile(0.5))
        #expect(abs(median * 1e3 - milliseconds) <= milliseconds * 0.001)
    }

    @Test("what came since an earlier reading is the difference")
    func difference() {
        let histogram = Histogram()
        histogram.record(nanoseconds: 50_000)
        let earlier = histogram.read()
        histogram.record(nanoseconds: 70_000)
        let since = histogram.read() - earlier
        #expect(since.count == 1)
        #expect(since.sumNanoseconds == 70_000)
        #expect((since + earlier) == histogram.read())
    }
}

@Suite("the log of events")
struct EventLogTests {
    @Test("events are kept in order, the oldest go first, and a reader goes on where it was")
    func ring() {
        let log = EventLog()
        for number in 0..<(EventLog.eventsMax + 10) { log.append(.change, json: "\(number)") }
        #expect(log.lastID == UInt64(EventLog.eventsMax + 10))
        let all = log.events(after: 0)
        #expect(all.count == EventLog.eventsMax)
        #expect(all.first?.json == "10")
        #expect(
            log.events(after: log.lastID - 2).map(\.json) == ["\(EventLog.eventsMax + 8)", "\(EventLog.eventsMax + 9)"])
        #expect(log.events(after: log.lastID).isEmpty)
        #expect(log.events(after: .max).isEmpty)
    }

    @Test("large events make room for each other, and the newest is kept however large it is")
    func bytes() {
        let log = EventLog()
        let json = String(repeating: "x", count: EventLog.bytesMax / 4)
        for _ in 0..<6 { log.append(.sample, json: json) }
        #expect(log.events(after: 0).map(\.id) == [3, 4, 5, 6])
        log.append(.sample, json: String(repeating: "x", count: EventLog.bytesMax + 1))
        #expect(log.events(after: 0).map(\.id) == [7])
        #expect(log.events(after: 6).map(\.id) == [7])
    }

    @Test("changes are kept longer than the samples that follow, and found by their time")
    func changes() {
        let start = ContinuousClock.now
        let second = Mutex(0)
        let log = EventLog(now: { start + .seconds(second.withLock { $0 }) })
        log.append(.change, json: "first")
        second.withLock { $0 = 10 }
        log.append(.change, json: "second")
        for _ in 0..<(2 * EventLog.eventsMax) { log.append(.sample, json: "{}") }
        #expect(log.changes(since: start).map(\.json) == ["first", "second"])
        #expect(log.changes(since: start + .seconds(10)).map(\.json) == ["second"])
        #expect(log.changes(since: start + .seconds(11)).isEmpty)
        for _ in 0..<EventLog.changesMax { log.append(.change, json: "more") }
        #expect(log.changes(since: start).map(\.json) == Array(repeating: "more", count: EventLog.changesMax))
        log.append(.change, json: String(repeating: "x", count: EventLog.changeBytesMax))
        #expect(log.changes(since: start).count == 1)
    }
}

@Suite("an agent's figures")
struct AgentFiguresTests {
    @Test("created less closed is open, whatever each loop counted")
    func sum() {
        let loops = [AgentCounters(), AgentCounters()]
        // A socket of the first loop went to the second and was closed there; another is free, one is on its way.
        loops[0].created[0].add(3)
        loops[1].closed[CloseReason.timeout.rawValue].add()
        loops[1].free.add()
        let figures = AgentFigures(summing: loops)
        #expect(figures.createdTotal - figures.closedTotal == figures.open)
        #expect((figures.open, figures.free, figures.active) == (2, 1, 1))
    }

    @Test("a status of no class counts as 5xx", arguments: [(200, 1), (404, 3), (599, 4), (600, 4), (999, 4), (0, 4)])
    func classes(status: Int, index: Int) {
        let counters = AgentCounters()
        counters.countResponse(mode: .normal, status: status)
        #expect(counters.responses[5 + index].value == 1)
    }
}
