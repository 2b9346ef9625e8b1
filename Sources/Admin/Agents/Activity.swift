import Control

/// What an agent did between two moments.
struct Activity: Sendable {
    /// Per second.
    var requests = 0.0
    var created = 0.0
    var closed = 0.0
    /// From a request's head to the response's last byte.
    var latency = HistogramValue()

    /// Below this there is too little time to divide by.
    static let secondsMin = 0.05

    /// Nothing.
    init() {}

    /// What happened from `earlier` to `now`; nothing when there is no earlier figure.
    init(from earlier: AgentFigures?, to now: AgentFigures, seconds: Double) {
        guard let earlier, seconds >= Self.secondsMin else { return }
        func rate(_ now: UInt64, _ earlier: UInt64) -> Double { now > earlier ? Double(now - earlier) / seconds : 0 }
        requests = rate(now.requests, earlier.requests)
        created = rate(now.createdTotal, earlier.createdTotal)
        closed = rate(now.closedTotal, earlier.closedTotal)
        latency = Self.total(now.lastByte) - Self.total(earlier.lastByte)
    }

    private static func total(_ modes: [HistogramValue]) -> HistogramValue { modes.reduce(HistogramValue(), +) }

    /// `{"requests": …, "created": …, "closed": …}`, per second.
    var ratesJSON: JSONValue {
        ["requests": .figure(requests), "created": .figure(created), "closed": .figure(closed)]
    }

    /// `{"p50": …, "p90": …, "p99": …, "max": …}` in seconds; null where there was no request.
    var latencyJSON: JSONValue {
        // To the microsecond; the histogram's cells are wider than that.
        func quantile(_ share: Double) -> JSONValue {
            .figure(latency.quantile(share).map { ($0 * 1e6).rounded() / 1e6 })
        }
        return ["p50": quantile(0.5), "p90": quantile(0.9), "p99": quantile(0.99), "max": quantile(1)]
    }
}
