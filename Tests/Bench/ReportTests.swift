import Control
import Foundation
import Testing

@testable import Bench

@Suite("the benchmark's figures")
struct ReportTests {
    private static func result() -> LoadResult {
        var result = LoadResult()
        for number in 1...100 { result.record(seconds: Double(number) / 1000, bytes: 1_048_576) }
        result.failed = 25
        result.elapsed = 2
        return result
    }

    @Test("are those of siege's report, by the same names")
    func siege() {
        let lines = SiegeReport.text(Self.result())
        #expect(
            lines == [
                "Transactions:                      100 hits", "Availability:                    80.00 %",
                "Elapsed time:                     2.00 secs", "Data transferred:               100.00 MB",
                "Response time:                  0.0505 secs", "Transaction rate:                50.00 trans/sec",
                "Throughput:                      50.00 MB/sec", "Concurrency:                      2.53",
                "Successful transactions:           100", "Failed transactions:                25",
                "Longest transaction:            0.1000 secs", "Shortest transaction:           0.0010 secs",
            ])
    }

    @Test("quantiles are exact", arguments: [(0.5, 0.05), (0.9, 0.09), (0.99, 0.099), (1, 0.1), (0, 0.001)])
    func quantile(share: Double, seconds: Double) {
        #expect(Self.result().quantiles([share]) == [seconds])
        #expect(LoadResult().quantiles([share]) == [0])
    }

    @Test("users' results add up")
    func sum() {
        var sum = LoadResult()
        sum.add(LoadResult())
        #expect(sum.shortest == 0 && sum.availability == 0)
        sum.add(Self.result())
        sum.add(Self.result())
        #expect(sum.transactions == 200 && sum.failed == 50)
        #expect(sum.shortest == 0.001 && sum.longest == 0.1)
        #expect(sum.histogram(edges: BenchReport.edges) == [20, 10, 10, 20, 20, 20, 100, 0, 0, 0])
    }

    @Test("both runs stand side by side with what was published")
    func comparison() throws {
        let runs = [
            BenchRun(mode: .keepalive, result: Self.result(), socketsCreated: 10, cpuPerRequest: 0.0000115),
            BenchRun(mode: .normal, result: Self.result(), socketsCreated: nil, cpuPerRequest: nil),
        ]
        let lines = BenchReport.comparison(runs)
        #expect(lines.first?.split(separator: " ") == ["keepalive", "normal"])
        #expect(lines.contains { $0.hasPrefix("Requests per socket") && $0.hasSuffix("10.00     not known") })
        #expect(lines.contains { $0.hasPrefix("Proxy CPU") && $0.hasSuffix("11.5     not known") })
        #expect(lines.contains { $0.hasPrefix("Published sockets") && $0.hasSuffix("100        114412") })
        #expect(Set(lines.map(\.count)) == [58])
    }

    @Test("the JSON has the documented members")
    func json() throws {
        let plan = BenchPlan(
            users: 120, requests: 1000, delay: .milliseconds(5), maxSockets: 100, threads: nil, against: nil,
            executable: "")
        let runs = [BenchRun(mode: .keepalive, result: Self.result(), socketsCreated: 10, cpuPerRequest: 0.0000115)]
        let object = try JSONSerialization.jsonObject(with: Data(try BenchJSON(plan, runs: runs).text().utf8))
        let json = try #require(object as? [String: Any])
        #expect(Set(json.keys) == ["users", "requestsPerUser", "delay", "maxSockets", "runs", "published"])
        #expect(json["delay"] as? Double == 0.005)
        let run = try #require((json["runs"] as? [[String: Any]])?.first)
        #expect(
            Set(run.keys) == [
                "mode", "transactions", "availability", "failed", "elapsed", "transactionRate", "throughput",
                "concurrency", "dataTransferred", "responseTime", "longest", "shortest", "latency", "socketsCreated",
                "requestsPerSocket", "proxyCPUPerRequest",
            ])
        #expect(Set((run["latency"] as? [String: Double] ?? [:]).keys) == ["p50", "p90", "p99"])
    }

    @Test("status lines are as published")
    func statusLines() {
        #expect(
            StatusLine(mode: .keepalive, created: 100, pending: 0, open: 100, free: 12).text
                == "[sluice] keepalive, 100 created, 0 requests, 100 sockets, 12 unusedSockets")
        #expect(
            StatusLine(mode: .normal, created: 1441, pending: 3, open: 94, free: 0).text
                == "[sluice] normal   , 1441 created, 3 requests, 94 sockets")
    }

    @Test(
        "the ready line names the addresses, once it is whole",
        arguments: [
            ("x\nready: proxy http://127.0.0.1:1, admin http://127.0.0.1:2\n", ["127.0.0.1:1", "127.0.0.1:2"]),
            ("ready: sleep-server http://[::1]:1984\n", ["[::1]:1984"]),
            ("ready: proxy unix:/a, admin unix:/b\n", ["unix:/a", "unix:/b"]),
            ("ready: proxy http://127.0.0.1:1, admin http://127.0.0.1", nil), ("sluice 0.1.0\n", nil), ("", nil),
        ] as [(String, [String]?)])
    func readyLine(text: String, addresses: [String]?) {
        #expect(ReadyLine.addresses(in: text)?.map(\.description) == addresses)
    }
}

@Suite("the sleep server")
struct SleepServerTests {
    @Test(
        "waits as long as the path says",
        arguments: [
            ("/5", 5), ("/", 1), ("/x", 1), ("/post/5", 5), ("/0", 0), ("/a/7/9", 7), ("/5?x=9", 5), ("/-5", 1),
            ("/99999999999999999999", 1), ("/90000", 60_000),
        ])
    func path(target: String, milliseconds: Int) { #expect(SleepPath.milliseconds(in: target) == milliseconds) }

    @Test("is loaded by users who count every answer")
    func load() async throws {
        let server = try await SleepServer(listen: .tcp(host: "127.0.0.1", port: 0))
        let generator = LoadGenerator(address: server.address, path: "/2", users: 7, requestsPerUser: 30)
        let progress = LoadProgress()
        let result = try await generator.run(progress: progress)
        #expect(result.transactions == 210 && result.failed == 0)
        #expect(progress.now == (210, 0))
        #expect(result.shortest >= 0.002)
    }

    @Test("nobody there: every request fails, and the load ends")
    func refused() async throws {
        // A port that was bound a moment ago and is free again.
        let port = try await SleepServer(listen: .unix(path: "/tmp/sluice-bench-test-\(UInt32.random(in: 0 ... .max))"))
        guard case .unix(let path) = port.address else { return }
        unlink(path)
        let generator = LoadGenerator(
            address: .unix(path: path), path: "/", users: 3, requestsPerUser: 5, timeout: .seconds(2))
        let result = try await generator.run(progress: LoadProgress())
        #expect(result.transactions == 0 && result.failed == 15)
    }
}
