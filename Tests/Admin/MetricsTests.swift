import Control
import Foundation
import Prometheus
import Synchronization
import TestSupport
import Testing

@testable import Admin

@Suite struct MetricsTests {
    private static let openMetrics = [(name: "Accept", value: "application/openmetrics-text;version=1.0.0")]

    @Test("promtool has no complaint")
    func promtool() async throws {
        let harness = Harness()
        _ = await harness.send("GET", "/none")
        let text = await harness.send("GET", "/metrics").text
        let result = try ShellCommand.run("promtool check metrics", input: text)
        #expect(result.code == 0 && result.output.isEmpty, "\(result.output)")
    }

    @Test("promtool does complain of what is wrong")
    func promtoolWorks() throws {
        #expect(try ShellCommand.run("promtool check metrics", input: "# TYPE a counter\na 1\n").code != 0)
    }

    private static let upstream = #"agent="k",upstream="http://127.0.0.1:1984""#
    private static let listener = #"listener="127.0.0.1:1985""#
    private static let figures = [
        #"sluice_build_info{version="1.2.3"} 1"#, "sluice_threads 2", #"sluice_thread_busy_ratio{thread="0"} 0.25"#,
        #"sluice_client_connections{\#(listener)} 120"#, #"sluice_client_connections_accepted_total{\#(listener)} 200"#,
        #"sluice_client_requests_total{\#(listener),code="200"} 119990"#,
        #"sluice_client_requests_total{\#(listener),code="503"} 10"#,
        #"sluice_client_request_duration_seconds_count{\#(listener)} 120000"#,
        #"sluice_client_request_duration_seconds_sum{\#(listener)} 600"#,
        #"sluice_client_bytes_total{\#(listener),direction="received"} 7"#,
        #"sluice_client_bytes_total{\#(listener),direction="sent"} 8"#,
        "sluice_config_last_reload_successful 1", #"sluice_admin_requests_total{code="200"} 0"#,
        #"sluice_agent_split_ratio{agent="k",mode="keepalive"} 0.9"#,
        #"sluice_agent_split_ratio{agent="k",mode="normal"} 0.1"#,
        #"sluice_agent_split_ratio{agent="default",mode="normal"} 1"#,
        #"sluice_agent_draining{agent="k"} 0"#, #"sluice_agent_draining{agent="default"} 1"#,
        #"sluice_agent_upstream_up{\#(upstream)} 0"#,
        #"sluice_agent_mode{agent="k",mode="keepalive"} 1"#, #"sluice_agent_mode{agent="k",mode="normal"} 0"#,
        #"sluice_agent_mode{agent="default",mode="normal"} 1"#,
        #"sluice_agent_sockets{\#(upstream),state="active"} 88"#,
        #"sluice_agent_sockets{\#(upstream),state="free"} 12"#,
        #"sluice_agent_sockets{\#(upstream),state="connecting"} 0"#,
        #"sluice_agent_sockets_limit{\#(upstream)} 60"#,
        #"sluice_agent_sockets_created_total{\#(upstream),mode="keepalive"} 100"#,
        #"sluice_agent_sockets_reused_total{\#(upstream),mode="keepalive"} 119900"#,
        #"sluice_agent_sockets_closed_total{\#(upstream),reason="upstreamClose"} 3"#,
        #"sluice_agent_sockets_closed_total{\#(upstream),reason="operator"} 0"#,
        #"sluice_agent_socket_requests_bucket{agent="k",le="5.0"} 0"#,
        #"sluice_agent_socket_requests_bucket{agent="k",le="10.0"} 3"#,
        #"sluice_agent_socket_requests_sum{agent="k"} 21"#,
        #"sluice_agent_socket_age_seconds_count{agent="k"} 0"#,
        #"sluice_agent_pending_requests{agent="k"} 20"#,
        #"sluice_agent_pending_duration_seconds_count{agent="k"} 0"#,
        #"sluice_agent_connect_duration_seconds_count{agent="k"} 0"#,
        #"sluice_agent_requests_total{agent="k",mode="keepalive",code="2xx"} 119990"#,
        #"sluice_agent_requests_total{agent="k",mode="keepalive",code="5xx"} 10"#,
        #"sluice_agent_retries_total{agent="k",kind="staleSocket"} 6"#,
        #"sluice_agent_timeouts_total{agent="k",kind="response"} 5"#,
        #"sluice_agent_errors_total{agent="k",kind="reset"} 4"#,
        #"sluice_agent_bytes_total{agent="k",direction="received"} 9600000"#,
    ]

    @Test("every figure is there under its documented name")
    func lines() async {
        let harness = Harness()
        harness.control.update("k") { agent in
            agent.settings.split = 10
            agent.isAnswering = false
            agent.limitedTo = 60
            agent.figures.firstByte[0].counts[0] = 2
            agent.figures.lastByte[0] = HistogramValue()
            // Cells up to 100 us, up to 120 us, and above all edges.
            let edges = HistogramEdges.nanoseconds
            for edge: UInt64 in [10_000, 100_000, 120_000, 250_000, 1_000_000_000_000] {
                if let index = edges.firstIndex(of: edge) { agent.figures.lastByte[0].counts[index] += 1 }
            }
            agent.figures.lastByte[0].counts[edges.count] += 1
            agent.figures.lastByte[0].sums[0] = 1_500_000_000
        }
        harness.control.update("default") { $0.state = .draining }
        harness.control.fake.withLock { $0.clients.threads = [(busy: 750, total: 2000), (busy: 0, total: 0)] }
        let reply = await harness.send("GET", "/metrics")
        #expect(reply.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        let lines = Set(reply.text.split(separator: "\n").map(String.init))
        for line in Self.figures {
            let isThere = lines.contains(line)
            #expect(isThere, "\(line)")
        }
        let bucket = #"sluice_agent_request_duration_seconds_bucket{agent="k",mode="keepalive",le="#
        for (edge, count) in [("0.0001", 2), ("0.00025", 4), ("0.0005", 4), ("10.0", 4), ("+Inf", 6)] {
            let isThere = lines.contains("\(bucket)\"\(edge)\"} \(count)")
            #expect(isThere, "\(edge)")
        }
        let labels = #"{agent="k",mode="keepalive"}"#
        let sum = lines.contains("sluice_agent_request_duration_seconds_sum\(labels) 1.5")
        let first = lines.contains("sluice_agent_request_first_byte_duration_seconds_count\(labels) 2")
        #expect(sum && first)
    }

    /// Figures of every size everywhere.
    private func busy(seed: UInt64) -> Harness {
        let harness = Harness()
        var random = SplitMix64(seed: seed)
        func number() -> UInt64 {
            UInt64.random(in: 0...(1 << UInt64.random(in: 0...40, using: &random)), using: &random)
        }
        func fill(_ counts: inout [UInt64]) { for index in counts.indices { counts[index] = number() } }
        func fill(_ histogram: inout HistogramValue) {
            fill(&histogram.counts)
            histogram.sums[0] = number()
        }
        harness.control.fake.withLock { state in
            let addresses: [SocketAddress] = [.tcp(host: "::1", port: 80), .unix(path: "/run/a \"b\" \\.sock")]
            state.clients.listeners = addresses.map { address in
                var listener = ListenerSnapshot(address: address)
                for code in [101, 200, 404, 599] { listener.responses[code] = number() }
                fill(&listener.duration)
                (listener.accepted, listener.bytesSent) = (number(), number())
                return listener
            }
            let agent = state.agents[0]
            state.agents = ["k", "a\"b", "a\\b", "é\n", "{x=\"1\"}"].map { name in
                var copy = agent
                copy.name = name
                copy.settings.split = Int.random(in: 0...100, using: &random)
                fill(&copy.figures.closed)
                fill(&copy.figures.responses)
                fill(&copy.figures.errors)
                fill(&copy.figures.requestsOfClosed)
                fill(&copy.figures.waited)
                fill(&copy.figures.age)
                for mode in 0..<2 { fill(&copy.figures.lastByte[mode]) }
                return copy
            }
        }
        return harness
    }

    @Test("promtool has no complaint of busy agents with strange names", arguments: Seeds.forThisRun(2))
    func busyPromtool(seed: UInt64) async throws {
        let text = await busy(seed: seed).send("GET", "/metrics").text
        let result = try ShellCommand.run("promtool check metrics", input: text)
        #expect(result.code == 0 && result.output.isEmpty, "seed \(seed): \(result.output)")
    }

    // What the process itself says changes from one scrape to the next.
    private static let comparison = """
        import sys
        from prometheus_client.parser import text_string_to_metric_families as parse
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
        old, new = [{(sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for family in families for sample in family.samples}
            for text, families in zip(("old", "new"), map(lambda parser, text: parser(text),
                (parse, parse_open), sys.stdin.read().split("=====\\n")))]
        changing = ("process_", "sluice_admin_requests_total")
        assert old.keys() == new.keys(), old.keys() ^ new.keys()
        different = [key for key in old if old[key] != new[key] and not key[0].startswith(changing)]
        assert not different, different
        print(len(old))
        """

    @Test(
        "the reference parsers read both formats, and the same values out of them",
        .enabled(if: ShellCommand.python != nil, "run Tests/setup"), arguments: Seeds.forThisRun(2))
    func parsers(seed: UInt64) async throws {
        let harness = busy(seed: seed)
        let text = await harness.send("GET", "/metrics").text
        let open = await harness.send("GET", "/metrics", Self.openMetrics).text
        let python = try #require(ShellCommand.python)
        let result = try ShellCommand.run("\(python) -c '\(Self.comparison)'", input: "\(text)=====\n\(open)")
        let series = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count
        #expect(result.code == 0 && result.output == "\(series)\n", "seed \(seed): \(result.output)")
    }

    @Test("the buckets are 1, 2.5 and 5 of each decade")
    func buckets() {
        #expect(
            DurationBuckets.latency.buckets.uppers == [
                0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
            ])
        #expect(
            DurationBuckets.age.buckets.uppers == [
                0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000,
            ])
    }

    @Test("both formats hold the same series")
    func formats() async {
        let harness = Harness()
        func series(_ text: String) -> Set<Substring> {
            Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").first })
        }
        let text = await harness.send("GET", "/metrics").text
        let reply = await harness.send("GET", "/metrics", Self.openMetrics)
        #expect(reply.field("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(reply.text.hasSuffix("\n# EOF\n"))
        #expect(series(reply.text) == series(text))
    }

    @Test("no series is there twice, and each has its family's lines before it")
    func unique() async {
        let text = await Harness().send("GET", "/metrics").text
        var seen: Set<Substring> = []
        var types = 0
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE") { types += 1 }
            if line.hasPrefix("#") { continue }
            guard let end = line.lastIndex(of: " ") else { continue }
            #expect(seen.insert(line[..<end]).inserted, "\(line)")
        }
        #expect(types > 25)
    }

    @Test("this process is described")
    func process() {
        let figures = ProcessFigures.read()
        #expect((figures.cpuSeconds ?? -1) >= 0)
        #expect((figures.residentBytes ?? 0) > 1 << 20)
        #expect((figures.virtualBytes ?? 0) >= (figures.residentBytes ?? 1))
        #expect((figures.openDescriptors ?? 0) >= 3)
        #expect((figures.descriptorsMax ?? 0) >= (figures.openDescriptors ?? 1))
        #expect(abs((figures.startSeconds ?? 0) - Date().timeIntervalSince1970) < 86_400)
    }

    @Test("the process' figures are written as numbers, not as their bits")
    func processLines() async throws {
        let text = await Harness().send("GET", "/metrics").text
        for name in ["process_open_fds", "process_max_fds", "process_resident_memory_bytes"] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
            #expect((Double(line.split(separator: " ")[1]) ?? 0) >= 3, "\(line)")
        }
    }

    @Test("a hundred agents are written in little time")
    func cheap() async {
        let harness = Harness()
        harness.control.fake.withLock { state in
            let agent = state.agents[0]
            state.agents = (0..<100).map { number in
                var copy = agent
                copy.name = "agent-\(number)"
                return copy
            }
        }
        var best = Duration.seconds(100)
        for _ in 0..<3 {
            let start = ContinuousClock.now
            _ = await harness.send("GET", "/metrics")
            best = min(best, start.duration(to: .now))
        }
        // Some ten times what a debug build takes; release builds take a few milliseconds.
        #expect(best < .seconds(2), "\(best)")
        print("metrics of 100 agents: \(best)")
    }
}
