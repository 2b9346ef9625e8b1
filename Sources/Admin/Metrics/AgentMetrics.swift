import Control
import Prometheus

/// The families of the agents.
enum AgentMetrics {
    private static let mode = MetricFamily(.gauge, "sluice_agent_mode", "1 for the mode in force, 0 for the other.")
    private static let split = MetricFamily(
        .gauge, "sluice_agent_split_ratio", "Share of an agent's requests that go in each mode, 0 to 1.")
    private static let draining = MetricFamily(
        .gauge, "sluice_agent_draining", "1 while the agent refuses new requests because it drains, else 0.")
    private static let sockets = MetricFamily(.gauge, "sluice_agent_sockets", "Open upstream sockets by state.")
    private static let limit = MetricFamily(
        .gauge, "sluice_agent_sockets_limit",
        "Upstream sockets that may be open at once: maxSockets, or less for want of file descriptors.")
    private static let up = MetricFamily(
        .gauge, "sluice_agent_upstream_up",
        "1 while the upstream answers; 0 once several requests in a row could not connect or timed out.")
    private static let created = MetricFamily(
        .counter, "sluice_agent_sockets_created", "Upstream sockets opened, by the mode that wanted them.")
    private static let reused = MetricFamily(
        .counter, "sluice_agent_sockets_reused", "Requests that went out on a socket that had served one before.")
    private static let closed = MetricFamily(
        .counter, "sluice_agent_sockets_closed", "Upstream sockets closed, by reason.")
    private static let socketRequests = MetricFamily(
        .histogram, "sluice_agent_socket_requests", "Requests that sockets had served when they closed.")
    private static let age = MetricFamily(
        .histogram, "sluice_agent_socket_age_seconds", "How old sockets were when they closed.")
    private static let pending = MetricFamily(
        .gauge, "sluice_agent_pending_requests", "Requests that wait for a socket.")
    private static let waited = MetricFamily(
        .histogram, "sluice_agent_pending_duration_seconds", "How long requests waited for a socket.")
    private static let connect = MetricFamily(
        .histogram, "sluice_agent_connect_duration_seconds", "How long connects to the upstream took.")
    private static let requests = MetricFamily(
        .counter, "sluice_agent_requests", "Answered requests, by mode and class of status.")
    private static let duration = MetricFamily(
        .histogram, "sluice_agent_request_duration_seconds",
        "From a request's head to the last byte of its response; to the first byte: "
            + "sluice_agent_request_first_byte_duration_seconds.")
    // A family of its own, not a label: a sum over a label that holds both would count each request twice.
    private static let firstByte = MetricFamily(
        .histogram, "sluice_agent_request_first_byte_duration_seconds",
        "From a request's head to the first byte of its response.")
    private static let bytes = MetricFamily(
        .counter, "sluice_agent_bytes", "Bytes received from and sent to the upstream.")
    private static let retries = MetricFamily(
        .counter, "sluice_agent_retries", "Requests sent again on a new socket, by what had become of the first.")
    private static let timeouts = MetricFamily(
        .counter, "sluice_agent_timeouts", "Deadlines that ran out, by what was waited for.")
    private static let errors = MetricFamily(
        .counter, "sluice_agent_errors", "Requests without an answer of the upstream, by kind.")

    private static let requestBuckets = Buckets(uppers: AgentCounters.requestEdges.map { Double($0) })
    private static let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    /// An agent with its labels, made once for all families.
    private struct Row {
        let agent: AgentSnapshot
        let name: Labels
        let upstream: Labels
        let modes: [Labels]

        init(_ agent: AgentSnapshot) {
            self.agent = agent
            name = Labels.none.adding("agent", agent.name)
            upstream = name.adding("upstream", agent.settings.upstream.description)
            modes = AgentMode.allCases.map { [name] in name.adding("mode", $0.rawValue) }
        }
    }

    /// All agents' samples, family by family.
    static func write(to text: inout Exposition, _ agents: [AgentSnapshot]) {
        let rows = agents.map(Row.init)
        writeSockets(to: &text, rows)
        writeClosed(to: &text, rows)
        writeRequests(to: &text, rows)
        writeFaults(to: &text, rows)
    }

    private static func writeSockets(to text: inout Exposition, _ rows: [Row]) {
        text.begin(mode)
        for row in rows {
            for (mode, labels) in zip(AgentMode.allCases, row.modes) {
                text.sample(labels, UInt64(row.agent.settings.mode == mode ? 1 : 0))
            }
        }
        text.begin(split)
        for row in rows {
            let settings = row.agent.settings
            for (mode, labels) in zip(AgentMode.allCases, row.modes) {
                text.sample(labels, Double(settings.mode == mode ? 100 - settings.split : settings.split) / 100)
            }
        }
        text.begin(draining)
        for row in rows { text.sample(row.name, UInt64(row.agent.state == .draining ? 1 : 0)) }
        text.begin(sockets)
        for row in rows {
            text.sample(row.upstream.adding("state", "connecting"), row.agent.figures.connecting)
            text.sample(row.upstream.adding("state", "active"), row.agent.figures.active)
            text.sample(row.upstream.adding("state", "free"), row.agent.figures.free)
        }
        text.begin(limit)
        for row in rows {
            let limit = min(row.agent.settings.maxSockets, row.agent.limitedTo ?? .max)
            text.sample(row.upstream, UInt64(clamping: limit))
        }
        text.begin(up)
        for row in rows { text.sample(row.upstream, UInt64(row.agent.isAnswering ? 1 : 0)) }
        for (family, path) in [(created, \AgentFigures.created), (reused, \AgentFigures.reused)] {
            text.begin(family)
            for row in rows {
                for (mode, count) in zip(AgentMode.allCases, row.agent.figures[keyPath: path]) {
                    text.sample(row.upstream.adding("mode", mode.rawValue), count)
                }
            }
        }
    }

    private static func writeClosed(to text: inout Exposition, _ rows: [Row]) {
        text.begin(closed)
        for row in rows {
            for (reason, count) in zip(CloseReason.allCases, row.agent.figures.closed) {
                text.sample(row.upstream.adding("reason", reason.name), count)
            }
        }
        text.begin(socketRequests)
        for row in rows {
            let figures = row.agent.figures
            text.histogram(
                row.name, requestBuckets, counts: figures.requestsOfClosed, sum: Double(figures.requestsOfClosedSum))
        }
        text.begin(age)
        for row in rows { DurationBuckets.age.write(to: &text, row.name, row.agent.figures.age) }
    }

    private static func writeRequests(to text: inout Exposition, _ rows: [Row]) {
        text.begin(pending)
        for row in rows { text.sample(row.name, row.agent.figures.pending) }
        text.begin(waited)
        for row in rows { DurationBuckets.latency.write(to: &text, row.name, row.agent.figures.waited) }
        text.begin(connect)
        for row in rows { DurationBuckets.latency.write(to: &text, row.name, row.agent.figures.connect) }
        text.begin(requests)
        for row in rows {
            for (index, count) in row.agent.figures.responses.enumerated() where index < row.modes.count * 5 {
                text.sample(row.modes[index / 5].adding("code", classes[index % 5]), count)
            }
        }
        for (family, path) in [(duration, \AgentFigures.lastByte), (firstByte, \AgentFigures.firstByte)] {
            text.begin(family)
            for row in rows {
                for (labels, value) in zip(row.modes, row.agent.figures[keyPath: path]) {
                    DurationBuckets.latency.write(to: &text, labels, value)
                }
            }
        }
        text.begin(bytes)
        for row in rows {
            text.sample(row.name.adding("direction", "received"), row.agent.figures.bytesReceived)
            text.sample(row.name.adding("direction", "sent"), row.agent.figures.bytesSent)
        }
    }

    private static func writeFaults(to text: inout Exposition, _ rows: [Row]) {
        text.begin(retries)
        for row in rows { text.sample(row.name.adding("kind", "staleSocket"), row.agent.figures.retries) }
        text.begin(timeouts)
        for row in rows {
            for (kind, count) in zip(AgentTimeoutKind.allCases, row.agent.figures.timeouts) {
                text.sample(row.name.adding("kind", kind.name), count)
            }
        }
        text.begin(errors)
        for row in rows {
            for (kind, count) in zip(AgentErrorKind.allCases, row.agent.figures.errors) {
                text.sample(row.name.adding("kind", kind.name), count)
            }
        }
    }
}
