package import Control

/// One of the benchmark's two runs.
package struct BenchRun: Sendable {
    package var mode: AgentMode
    package var result: LoadResult
    /// Nil where another proxy was loaded, which does not say.
    package var socketsCreated: Int?
    /// The proxy's CPU time for each request, in seconds; nil where it is not known.
    package var cpuPerRequest: Double?

    /// What a run in `mode` measured.
    package init(mode: AgentMode, result: LoadResult, socketsCreated: Int?, cpuPerRequest: Double?) {
        self.mode = mode
        self.result = result
        self.socketsCreated = socketsCreated
        self.cpuPerRequest = cpuPerRequest
    }

    /// How many requests a socket served, on average.
    package var requestsPerSocket: Double? {
        guard let socketsCreated, socketsCreated > 0 else { return nil }
        return Double(result.transactions) / Double(socketsCreated)
    }
}

/// The published figures that the benchmark is compared with: 120 users, 1,000 requests each, 5 ms, 100 sockets.
package struct PublishedRun: Sendable, Encodable {
    package let transactionRate: Double
    package let socketsCreated: Int

    /// Of the run in `mode`.
    package static func of(_ mode: AgentMode) -> PublishedRun {
        switch mode {
        case .keepalive: PublishedRun(transactionRate: 2228.0, socketsCreated: 100)
        case .normal: PublishedRun(transactionRate: 1203.85, socketsCreated: 114_412)
        }
    }
}

/// Both runs side by side, with what was published.
package enum BenchReport {
    /// The latency histogram's upper edges, in seconds, as in the original.
    package static let edges = [0.010, 0.015, 0.020, 0.030, 0.040, 0.050, 0.100, 0.150, 0.200]

    private static let labelWidth = 30
    private static let columnWidth = 14

    /// The comparison, line by line.
    ///
    /// - Parameter roundTrip: What each new upstream connection's handshake took.
    package static func comparison(_ runs: [BenchRun], roundTrip: Duration = .zero) -> [String] {
        let reports = runs.map { SiegeReport.lines($0.result) }
        var lines = [row("", runs.map(\.mode.rawValue))]
        if roundTrip != .zero {
            lines.append(
                row("Handshake round trip (ms)", runs.map { _ in SiegeReport.fixed(roundTrip.seconds * 1000) }))
        }
        for (index, line) in (reports.first ?? []).enumerated() {
            let unit = line.unit.isEmpty ? "" : " (\(line.unit))"
            lines.append(row(line.label + unit, reports.map { $0[index].value }))
        }
        lines.append(row("Sockets created", runs.map { $0.socketsCreated.map { "\($0)" } ?? "not known" }))
        lines.append(
            row("Requests per socket", runs.map { $0.requestsPerSocket.map { SiegeReport.fixed($0) } ?? "not known" }))
        let shares = [0.5, 0.9, 0.99]
        let quantiles = runs.map { $0.result.quantiles(shares) }
        for (index, share) in shares.enumerated() {
            lines.append(
                row("Latency p\(Int(share * 100)) (ms)", quantiles.map { SiegeReport.fixed($0[index] * 1000) }))
        }
        lines.append(
            row(
                "Proxy CPU (us/request)",
                runs.map { $0.cpuPerRequest.map { SiegeReport.fixed($0 * 1e6, 1) } ?? "not known" }))
        let published = runs.map { PublishedRun.of($0.mode) }
        lines.append(
            row("Published rate (trans/sec)", published.map { SiegeReport.fixed($0.transactionRate) }))
        lines.append(row("Published sockets created", published.map { "\($0.socketsCreated)" }))
        return lines
    }

    /// How many answers took how long, line by line.
    package static func histogram(_ runs: [BenchRun]) -> [String] {
        let counts = runs.map { $0.result.histogram(edges: edges) }
        let labels = edges.map { "up to \(Int(($0 * 1000).rounded())) ms" } + ["longer"]
        return [row("Latency", runs.map(\.mode.rawValue))]
            + labels.indices.map { index in row(labels[index], counts.map { "\($0[index])" }) }
    }

    private static func row(_ label: String, _ values: [String]) -> String {
        label.padded(to: labelWidth) + values.map { $0.padded(to: columnWidth, right: true) }.joined()
    }
}
