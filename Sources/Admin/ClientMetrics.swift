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

    /// All clients' samples.
    static func write(to text: inout Exposition, _ clients: ClientSnapshot) {
        text.begin(connections)
        text.sample(.none, clients.connections)
        text.begin(accepted)
        text.sample(.none, clients.accepted)
        text.begin(requests)
        for (code, count) in clients.responses.sorted(by: { $0.key < $1.key }) {
            text.sample(Labels.none.adding("code", "\(code)"), count)
        }
        text.begin(duration)
        DurationBuckets.latency.write(to: &text, .none, clients.duration)
        text.begin(bytes)
        text.sample(Labels.none.adding("direction", "received"), clients.bytesReceived)
        text.sample(Labels.none.adding("direction", "sent"), clients.bytesSent)
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
