import Control
import FoundationEssentials

/// The benchmark's result as one JSON object, in the form that product.md documents. Times are seconds.
package struct BenchJSON: Encodable {
    private struct Run: Encodable {
        let mode: String
        let transactions: Int
        let availability: Double
        let failed: Int
        let elapsed: Double
        let transactionRate: Double
        let throughput: Double
        let concurrency: Double
        let dataTransferred: Double
        let responseTime: Double
        let longest: Double
        let shortest: Double
        let latency: [String: Double]
        let socketsCreated: Int?
        let requestsPerSocket: Double?
        let proxyCPUPerRequest: Double?

        init(_ run: BenchRun) {
            let quantiles = run.result.quantiles([0.5, 0.9, 0.99])
            mode = run.mode.rawValue
            transactions = run.result.transactions
            availability = run.result.availability
            failed = run.result.failed
            elapsed = run.result.elapsed
            transactionRate = run.result.transactionRate
            throughput = run.result.throughput
            concurrency = run.result.concurrency
            dataTransferred = run.result.dataTransferred
            responseTime = run.result.responseTime
            longest = run.result.longest
            shortest = run.result.shortest
            latency = ["p50": quantiles[0], "p90": quantiles[1], "p99": quantiles[2]]
            socketsCreated = run.socketsCreated
            requestsPerSocket = run.requestsPerSocket
            proxyCPUPerRequest = run.cpuPerRequest
        }
    }

    private let users: Int
    private let requestsPerUser: Int
    private let delay: Double
    private let maxSockets: Int
    // Left out when no network was modeled.
    private let rtt: Double?
    private let runs: [Run]
    private let published: [String: PublishedRun]

    /// The result of `runs` under `plan`.
    package init(_ plan: BenchPlan, runs: [BenchRun]) {
        users = plan.users
        requestsPerUser = plan.requests
        delay = plan.delay.seconds
        maxSockets = plan.maxSockets
        rtt = plan.roundTrip == .zero ? nil : plan.roundTrip.seconds
        self.runs = runs.map(Run.init)
        published = Dictionary(
            uniqueKeysWithValues: AgentMode.allCases.map { ($0.rawValue, PublishedRun.of($0)) })
    }

    /// The object as text.
    package func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
