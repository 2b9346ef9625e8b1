import Foundation
import Testing
import TestSupport

/// Events, metrics, and the commands of the README.
@Suite("Events, metrics, README", .bounded)
struct ObservationTests {
    @Test("the event stream brings samples and changes, and resumes")
    func events() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let stream = try RawClient(port: sluice.adminPort)
            try stream.send(
                "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:\(sluice.adminPort)\r\n"
                    + "Accept: text/event-stream\r\n\r\n"
            )
            let head = try stream.read(until: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200 "))
            #expect(head.lowercased().contains("content-type: text/event-stream"))
            let sample = try Self.event("sample", in: stream)
            #expect(try JSON(sample.data) != .null)
            #expect(try sluice.patch("k", #"{"mode":"normal"}"#).status == 200)
            let change = try Self.event("change", in: stream)
            #expect(change.data.contains("normal") && change.data.contains("keepalive"), "before and after: \(change)")
            _ = try JSON(change.data)

            // Only what was asked for.
            let other = try RawClient(port: sluice.adminPort)
            try other.send(
                "GET /api/v1/events?types=change HTTP/1.1\r\nHost: 127.0.0.1:\(sluice.adminPort)\r\n\r\n")
            _ = try other.read(until: "\r\n\r\n")
            #expect(try sluice.patch("k", #"{"mode":"keepalive"}"#).status == 200)
            let text = try other.read(until: "event: change")
            #expect(!text.contains("event: sample"))
        }
    }

    /// Reads up to the first event of `type`.
    private static func event(_ type: String, in stream: RawClient) throws -> (id: String?, data: String) {
        _ = try stream.read(until: "event: \(type)\n")
        let rest = try stream.read(until: "\n\n")
        let lines = rest.split(separator: "\n")
        return (
            lines.first { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) },
            lines.filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) }.joined(separator: "\n")
        )
    }

    @Test("65 streams: the last gets 503, and the API goes on")
    func manyStreams() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            var streams: [RawClient] = []
            for number in 1...65 {
                let stream = try RawClient(port: sluice.adminPort)
                try stream.send("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:\(sluice.adminPort)\r\n\r\n")
                let head = try stream.read(until: "\r\n\r\n")
                #expect(head.hasPrefix(number <= 64 ? "HTTP/1.1 200 " : "HTTP/1.1 503 "), "\(number)")
                streams.append(stream)
            }
            #expect(try sluice.json("/api/v1/agents").agents.elements.count == 2)
            #expect(try sluice.get("/k/0").status == 200)
        }
    }

    @Test("promtool has no complaint about the metrics, in traffic and without", arguments: [true, false])
    func promtool(hasTraffic: Bool) async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            if hasTraffic {
                #expect(
                    Load.run(port: sluice.port, clients: 5, requests: 20) { client, _ in client % 2 == 0 ? "/k/1" : "/1"
                    }
                    .failures.isEmpty)
                _ = try sluice.exchange("GET / HTTP/9.9\r\n\r\n")
            }
            let response = try sluice.admin("GET", "/metrics")
            #expect(response.status == 200)
            #expect(response.value("content-type")?.hasPrefix("text/plain; version=0.0.4") == true)
            let file = "/tmp/sluice-\(UUID().uuidString).prom"
            defer { unlink(file) }
            try Data(response.body).write(to: URL(filePath: file))
            let outcome = try ChildProcess.run("/bin/sh", ["-c", "exec promtool check metrics < \(file)"])
            #expect(outcome.ending == .exit(0))
            #expect(outcome.errorText + outcome.outputText == "")
        }
    }

    @Test("the metrics say what the API says")
    func metrics() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents(["--threads", "2"])
            for _ in 0..<7 { #expect(try sluice.get("/0").status == 200) }
            for _ in 0..<5 { #expect(try sluice.get("/k/0").status == 200) }
            _ = try sluice.status(of: "default") { $0.sockets.open.int == 0 }
            let text = try sluice.admin("GET", "/metrics").text
            func sum(_ name: String, _ label: String) -> Double {
                text.split(separator: "\n").filter { $0.hasPrefix(name + "{") && $0.contains(label) }
                    .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
            }
            #expect(sum("sluice_agent_sockets_created_total", "agent=\"default\"") == 7)
            #expect(sum("sluice_agent_sockets_closed_total", "reason=\"normalMode\"") == 7)
            #expect(sum("sluice_agent_requests_total", "agent=\"k\"") == 5)
            #expect(
                sum("sluice_agent_sockets_created_total", "agent=\"k\"")
                    + sum("sluice_agent_sockets_reused_total", "agent=\"k\"") == 5)
            for name in [
                "sluice_build_info", "sluice_threads", "process_cpu_seconds_total", "sluice_agent_sockets_limit",
                "sluice_agent_pending_requests", "sluice_client_requests_total",
                "sluice_agent_request_duration_seconds_bucket",
                "sluice_agent_mode", "sluice_agent_socket_requests_bucket", "sluice_client_connections",
            ] { #expect(text.contains("\n\(name)"), "\(name)") }
            let open = try sluice.admin(
                "GET", "/metrics", fields: "Accept: application/openmetrics-text; version=1.0.0\r\n")
            #expect(open.value("content-type")?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
            #expect(open.text.hasSuffix("# EOF\n"))
        }
    }

    @Test("the README's commands run, against a sluice as the README starts it")
    func readme() async throws {
        try await onThread {
            let text = try String(contentsOf: SluiceBinary.root.appending(path: "README.md"), encoding: .utf8)
            var commands: [String] = []
            var isShell = false
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if line.hasPrefix("```") {
                    isShell = line == "```sh"
                } else if isShell, line.hasPrefix("$ ") {
                    commands.append(String(line.dropFirst(2)))
                }
            }
            #expect(!commands.isEmpty)
            let sluice = try SluiceProcess.twoAgents()
            // The same commands, on this test's own ports; an answer of 400 or more is a failure.
            let script =
                (["set -e", "cd '\(SluiceBinary.root.path)'", "curl() { command curl --fail --show-error \"$@\"; }"]
                + commands).joined(separator: "\n")
                .replacing("127.0.0.1:1985", with: "127.0.0.1:\(sluice.port)")
                .replacing("127.0.0.1:1986", with: "127.0.0.1:\(sluice.adminPort)")
                .replacing("localhost:1985", with: "localhost:\(sluice.port)")
                .replacing("localhost:1986", with: "localhost:\(sluice.adminPort)")
            let folder = URL(filePath: SluiceBinary.path).deletingLastPathComponent().path
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let outcome = try ChildProcess.run(
                "/bin/bash", ["-c", script], environment: ["PATH": "\(folder):\(path)"], patience: .seconds(120))
            #expect(outcome.ending == .exit(0), "\(outcome.errorText)")
        }
    }
}
