import Testing
import TestSupport

/// `sluice bench` (product.md, seed-benchmark.md).
@Suite("Bench", .bounded)
struct BenchTests {
    @Test(
        "--json prints one object with the documented members; one socket for each request, or one for each user",
        .timeLimit(.minutes(2)))
    func json() async throws {
        try await onThread {
            let outcome = try ChildProcess.run(
                SluiceBinary.path, ["bench", "--users", "20", "--requests", "50", "--max-sockets", "20", "--json"])
            #expect(outcome.ending == .exit(0), "\(outcome.errorText)")
            #expect(!outcome.errors.isEmpty, "progress stands on standard error")
            let json = try JSON(outcome.output)
            #expect(json.names == ["users", "requestsPerUser", "delay", "maxSockets", "runs", "published"])
            #expect(json.users.int == 20 && json.requestsPerUser.int == 50)
            #expect(json.delay.number == 0.005 && json.maxSockets.int == 20)
            #expect(json.published.keepalive.transactionRate.number == 2228)
            #expect(json.published.normal.socketsCreated.int == 114_412)
            #expect(json.runs.elements.map(\.mode.string) == ["keepalive", "normal"])
            for run in json.runs.elements {
                #expect(
                    run.names.isSuperset(of: [
                        "mode", "transactions", "availability", "failed", "elapsed", "transactionRate", "throughput",
                        "concurrency", "dataTransferred", "responseTime", "longest", "shortest", "latency",
                        "socketsCreated", "requestsPerSocket", "proxyCPUPerRequest",
                    ]))
                #expect(run.transactions.int == 1000 && run.failed.int == 0 && run.availability.number == 100)
                let (shortest, mean, longest) = (run.shortest.number, run.responseTime.number, run.longest.number)
                #expect((shortest ?? 0) >= 0.005)
                #expect((shortest ?? 9) <= (mean ?? 0) && (mean ?? 9) <= (longest ?? 0))
                let rate = (run.transactions.number ?? 0) / (run.elapsed.number ?? 1)
                #expect(abs(rate - (run.transactionRate.number ?? 0)) <= rate * 0.02)
                #expect((run.concurrency.number ?? 0) > 0 && (run.concurrency.number ?? 99) <= 20.01)
                let quantiles = ["p50", "p90", "p99"].map { run.latency[$0].number ?? 0 }
                #expect(quantiles == quantiles.sorted() && (quantiles.first ?? 0) >= 0.004)
            }
            let (keepAlive, normal) = (json.runs[0], json.runs[1])
            #expect(keepAlive.socketsCreated.int == 20 && keepAlive.requestsPerSocket.number == 50)
            #expect(normal.socketsCreated.int == 1000 && normal.requestsPerSocket.number == 1)
        }
    }

    @Test("fewer sockets than users: exactly maxSockets, and both reports side by side")
    func text() async throws {
        try await onThread {
            let outcome = try ChildProcess.run(
                SluiceBinary.path,
                ["bench", "--users", "12", "--requests", "20", "--max-sockets", "4", "--delay", "1ms"])
            #expect(outcome.ending == .exit(0), "\(outcome.errorText)")
            let text = outcome.outputText
            for line in [
                "Transactions", "Availability", "Elapsed time", "Data transferred", "Response time",
                "Transaction rate", "Throughput", "Concurrency", "Successful transactions", "Failed transactions",
                "Longest transaction", "Shortest transaction",
            ] { #expect(text.contains(line), "\(line)") }
            let row = text.split(separator: "\n").first { $0.hasPrefix("Sockets created") }
            #expect(row?.split(separator: " ").suffix(2) == ["4", "240"])
        }
    }

    @Test("--against loads some other proxy")
    func against() async throws {
        try await onThread {
            let server = try SluiceProcess(["sleep-server", "--listen", "127.0.0.1:0"])
            let outcome = try ChildProcess.run(
                SluiceBinary.path,
                ["bench", "--users", "4", "--requests", "5", "--json", "--against", "http://127.0.0.1:\(server.port)"])
            #expect(outcome.ending == .exit(0), "\(outcome.errorText)")
            #expect(try JSON(outcome.output).runs[0].transactions.int == 20)
        }
    }

    @Test("--rtt holds back the first request of each new socket, and nothing else; both reports say so")
    func roundTrip() async throws {
        try await onThread {
            let arguments = ["bench", "--users", "4", "--requests", "10", "--max-sockets", "4", "--rtt", "50ms"]
            let outcome = try ChildProcess.run(SluiceBinary.path, arguments + ["--json"])
            #expect(outcome.ending == .exit(0), "\(outcome.errorText)")
            let json = try JSON(outcome.output)
            #expect(json.rtt.number == 0.05)
            let (keepAlive, normal) = (json.runs[0], json.runs[1])
            #expect(keepAlive.socketsCreated.int == 4 && normal.socketsCreated.int == 40)
            // Each of the four sockets is new once: a tenth of the requests. In normal mode it is new every time.
            #expect((keepAlive.longest.number ?? 0) >= 0.055 && (keepAlive.latency.p50.number ?? 9) < 0.05)
            #expect((normal.shortest.number ?? 0) >= 0.055)
            let text = try ChildProcess.run(SluiceBinary.path, arguments).outputText
            #expect(text.contains("keepalive, 50ms for each new socket's handshake:"))
            #expect(text.contains("normal, 50ms for each new socket's handshake:"))
            #expect(text.contains("Handshake round trip (ms)              50.00         50.00"))
        }
    }
}
