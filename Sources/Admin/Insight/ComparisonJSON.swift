import Control
import Insight

/// A comparison as the API shows it.
enum ComparisonJSON {
    /// All of it; what was not measured is null.
    static func full(_ comparison: Comparison, of agent: AgentSnapshot) -> JSONValue {
        [
            "agent": .string(agent.name), "mode": .string(agent.settings.mode.rawValue),
            "split": .integer(UInt64(clamping: agent.settings.split)),
            "verdict": .string(comparison.verdict.rawValue), "sentence": .string(comparison.sentence),
            "modes": comparison.modes.map { ["keepalive": mode($0.keepalive), "normal": mode($0.normal)] } ?? .null,
            "difference": quantiles(comparison.difference), "saved": comparison.saved.map(saved) ?? .null,
        ]
    }

    private static func mode(_ mode: Comparison.Mode) -> JSONValue {
        [
            "requests": .integer(mode.requests), "errors": .integer(mode.errors), "sockets": .integer(mode.sockets),
            "latency": quantiles(mode.latency),
            "connect": [
                "count": .integer(mode.sockets), "p50": .figure(mode.connectMedian), "mean": .figure(mode.connectMean),
            ],
            "bytesReceived": .integer(mode.bytesReceived), "bytesSent": .integer(mode.bytesSent),
        ]
    }

    private static func quantiles(_ quantiles: Comparison.Quantiles) -> JSONValue {
        ["p50": interval(quantiles.p50), "p90": interval(quantiles.p90), "p99": interval(quantiles.p99)]
    }

    private static func interval(_ interval: Interval?) -> JSONValue {
        guard let interval else { return .null }
        return ["value": .figure(interval.value), "lower": .figure(interval.lower), "upper": .figure(interval.upper)]
    }

    private static func saved(_ saved: Comparison.Saved) -> JSONValue {
        [
            "connectTime": .figure(saved.connectTime), "handshakes": .integer(saved.handshakes),
            "of": .integer(saved.of),
        ]
    }
}
