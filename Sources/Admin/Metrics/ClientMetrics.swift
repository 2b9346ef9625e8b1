import Control
import Prometheus

/// The families of the clients.
enum ClientMetrics {
    private static let connections = MetricFamily(
        .gauge, "sluice_client_connections", "Client connections that are open.")
    private static let accepted = MetricFamily(
        .counter, "sluice_client_connections_accepted", "Client connections that were accepted.")
    private static let requests = MetricFamily(
        .counter, "sluice_client_requests", "Answered requests, by status code.")
    private static let duration = MetricFamily(
        .histogram, "sluice_client_request_duration_seconds",
        "From the first byte of a request to the last byte of its answer.")
    private static let bytes = MetricFamily(.counter, "sluice_client_bytes", "Bytes received from and sent to clients.")

    /// All clients' samples, by listener.
    static func write(to text: inout Exposition, _ listeners: [ListenerSnapshot]) {
        let rows = listeners.map { (labels: Labels.none.adding("listener", $0.address.description), figures: $0) }
        text.begin(connections)
        for row in rows { text.sample(row.labels, row.figures.connections) }
        text.begin(accepted)
        for row in rows { text.sample(row.labels, row.figures.accepted) }
        text.begin(requests)
        for row in rows {
            // The usual code is there from the start: the rate of a series that begins with its first event misses it.
            let responses = row.figures.responses.merging([200: 0]) { count, _ in count }
            for (code, count) in responses.sorted(by: { $0.key < $1.key }) {
                text.sample(row.labels.adding("code", "\(code)"), count)
            }
        }
        text.begin(duration)
        for row in rows { DurationBuckets.latency.write(to: &text, row.labels, row.figures.duration) }
        text.begin(bytes)
        for row in rows {
            text.sample(row.labels.adding("direction", "received"), row.figures.bytesReceived)
            text.sample(row.labels.adding("direction", "sent"), row.figures.bytesSent)
        }
    }
}

/// The families of the loops.
enum ThreadMetrics {
    private static let threads = MetricFamily(.gauge, "sluice_threads", "Event loops, a thread each.")
    private static let busy = MetricFamily(
        .gauge, "sluice_thread_busy_ratio", "Share of the last ten seconds that a loop was at work, 0 to 1.")

    /// All loops' samples.
    static func write(to text: inout Exposition, threads count: Int, busy ratios: [Double]) {
        text.begin(threads)
        text.sample(.none, UInt64(clamping: count))
        text.begin(busy)
        for (index, ratio) in ratios.enumerated() { text.sample(Labels.none.adding("thread", "\(index)"), ratio) }
    }
}

/// The families of the program and its admin server.
enum BuildMetrics {
    private static let build = MetricFamily(.info, "sluice_build", "The program's version.")
    private static let admin = MetricFamily(
        .counter, "sluice_admin_requests", "Requests that the admin server answered, by status code.")

    /// The version, and the admin server's requests.
    static func write(to text: inout Exposition, version: String, admin counts: [(status: Int, count: UInt64)]) {
        text.begin(build)
        text.sample(Labels.none.adding("version", version), UInt64(1))
        text.begin(admin)
        for (status, count) in counts { text.sample(Labels.none.adding("code", "\(status)"), count) }
    }
}

/// The families of the configuration.
enum ConfigurationMetrics {
    private static let successful = MetricFamily(
        .gauge, "sluice_config_last_reload_successful",
        "1 when the configuration that was read last, at the start or since, is in force; 0 when it had faults.")
    private static let time = MetricFamily(
        .gauge, "sluice_config_last_reload_timestamp_seconds",
        "When the configuration was last read, in seconds since 1970.")

    /// How the last reading went.
    ///
    /// - Parameters:
    ///   - outcome: Nil without a file: what was said at the start is in force.
    ///   - started: When that was, in seconds since 1970.
    static func write(to text: inout Exposition, _ outcome: ReloadOutcome?, started: Double) {
        text.begin(successful)
        text.sample(.none, UInt64(outcome?.isSuccess ?? true ? 1 : 0))
        text.begin(time)
        text.sample(.none, outcome?.time ?? started)
    }
}
