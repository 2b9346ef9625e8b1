import Foundation
import Testing
import TestSupport

/// `sluice export`: each file is checked by the program that it is for, where that is there.
@Suite("sluice export", .bounded)
struct ExportTests {
    private static let file = """
        listen: [127.0.0.1:1985, "unix:/run/sluice/proxy.sock"]
        admin: {listen: "127.0.0.1:1986"}
        grace: 20s
        accessLog: /var/log/sluice/access.log
        agents:
          orders: {upstream: "http://10.0.0.1:80", maxSockets: 20}
          images.v2: {upstream: "http://10.0.0.2:80", mode: normal}
        routes: [{prefix: /orders, agent: orders}, {prefix: /, agent: images.v2}]
        """

    /// What `sluice export what` prints for the file.
    private func export(_ what: String..., environment: [String: String] = [:]) throws -> String {
        try Command.withFile(Self.file) { path in
            let outcome = try Command.run(["export"] + what + ["--config", path], environment: environment)
            try #require(outcome.ending == .exit(0), "\(outcome.errorText)")
            return outcome.outputText
        }
    }

    /// Runs a program that checks `text`, which it gets as a file.
    private func check(_ text: String, suffix: String, _ arguments: [String]) throws -> ChildProcess.Record {
        try Command.withFile(text, suffix: suffix) { path in
            try ChildProcess.run("/usr/bin/env", arguments + [path])
        }
    }

    @Test("prometheus-rules: promtool takes them, and they are about the agents in use")
    func rules() async throws {
        try await onThread {
            let text = try export("prometheus-rules", "--job", "edge")
            #expect(text.contains(#"{agent=~"orders|images[.]v2","#) && text.contains(#"up{job="edge"}"#))
            let checked = try check(text, suffix: "yml", ["promtool", "check", "rules"])
            #expect(checked.ending == .exit(0), "\(checked.outputText)\(checked.errorText)")
        }
    }

    @Test("prometheus-scrape: promtool takes it", arguments: [true, false])
    func scrape(hasToken: Bool) async throws {
        try await onThread {
            let text = try export(
                "prometheus-scrape", environment: hasToken ? ["SLUICE_READ_TOKEN": "read-0123456789abcdef"] : [:])
            #expect(text.contains("127.0.0.1:1986") && text.contains("credentials_file") == hasToken)
            #expect(!text.contains("0123456789"))
            // The files with tokens are not on this machine.
            let checked = try check(text, suffix: "yml", ["promtool", "check", "config", "--syntax-only"])
            #expect(checked.ending == .exit(0), "\(checked.outputText)\(checked.errorText)")
        }
    }

    @Test("grafana-dashboard and openapi are JSON for what is in use")
    func json() async throws {
        try await onThread {
            let dashboard = try JSON(export("grafana-dashboard"))
            #expect(dashboard.title.string == "Sluice: orders, images.v2")
            #expect(dashboard.panels.elements.count > 5)
            let document = try JSON(export("openapi"))
            #expect(document.servers[0].url.string == "http://127.0.0.1:1986")
            #expect(document.openapi.string?.hasPrefix("3.1") == true)
            #expect(!document.paths.members.isEmpty)
        }
    }

    @Test("systemd-unit: systemd takes it and finds little that is exposed")
    func unit() async throws {
        try await onThread {
            let text = try export("systemd-unit", "--binary", "/bin/true")
            for line in ["RuntimeDirectory=sluice", "LogsDirectory=sluice", "TimeoutStopSec=25s", "LimitNOFILE=65536"] {
                #expect(text.contains("\(line)\n"), "\(line)")
            }
            guard FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze") else { return }
            let checked = try check(text, suffix: "service", ["systemd-analyze", "verify"])
            #expect(checked.ending == .exit(0) && checked.errors.isEmpty, "\(checked.errorText)")
            let exposed = try check(
                text, suffix: "service", ["systemd-analyze", "security", "--offline=true", "--threshold=25"])
            #expect(exposed.ending == .exit(0), "\(exposed.outputText)")
        }
    }

    @Test("kubernetes: the ConfigMap's file is one that serve takes, and no two exports share a token")
    func kubernetes() async throws {
        try await onThread {
            let text = try export("kubernetes")
            let kinds = text.split(separator: "\n").filter { $0.hasPrefix("kind: ") }
            #expect(
                kinds == ["kind: ConfigMap", "kind: Secret", "kind: Deployment", "kind: Service", "kind: Deployment"])
            for part in ["path: /healthz", "path: /readyz", "prometheus.io/scrape", "secretKeyRef", "watch: on"] {
                #expect(text.contains(part), "\(part)")
            }
            let documents = text.split(separator: "\n---\n")
            let lines = (documents.first ?? "").split(separator: "\n")
            let start = try #require(lines.firstIndex { $0.hasSuffix("sluice.yaml: |") })
            let file = lines[(start + 1)...].map { $0.dropFirst(4) }.joined(separator: "\n")
            try Command.withFile(file) { path in
                let checked = try Command.run(["check", path])
                #expect(checked.ending == .exit(0), "\(checked.errorText)")
                #expect(checked.outputText.contains("agents.orders.maxSockets"))
            }
            let again = try export("kubernetes").split(separator: "\n---\n")
            #expect(documents.count == 5 && again.count == 5 && documents[1] != again[1])
            let gateway = try export("kubernetes", "--only", "gateway", "--name", "edge")
            #expect(gateway.contains("kind: Service\n") && !gateway.contains("sidecar"))
        }
    }

    @Test("completions: the shell takes them", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        try await onThread {
            let outcome = try Command.run(["export", "completions", "--shell", shell])
            #expect(outcome.ending == .exit(0) && outcome.outputText.contains("grafana-dashboard"))
            guard shell == "bash" else { return }
            let checked = try check(outcome.outputText, suffix: "bash", ["bash", "-n"])
            #expect(checked.ending == .exit(0), "\(checked.errorText)")
        }
    }

    @Test("a shell completes the names of the agents that run")
    func completedNames() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let arguments = ["---completion", "agents", "show", "--", "positional@0", "0", "0"]
            let outcome = try Command.run(arguments, asking: sluice)
            #expect(outcome.outputText.split(separator: "\n") == ["k", "default"])
            #expect(try Command.run(arguments, environment: ["SLUICE_ADMIN": "unix:/nonexistent/s"]).output.isEmpty)
        }
    }

    @Test("--admin asks the running server for its agents")
    func running() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let url = "http://127.0.0.1:\(sluice.adminPort)"
            for what in [
                "grafana-dashboard", "prometheus-rules", "prometheus-scrape", "systemd-unit", "kubernetes", "openapi",
            ] {
                let outcome = try Command.run(["export", what, "--admin", url])
                #expect(outcome.ending == .exit(0), "\(what): \(outcome.errorText)")
                #expect(outcome.outputText.contains(what == "openapi" ? url : "default"), "\(what)")
                #expect(try Command.run(["export", what]).ending == .exit(0), "\(what), without any")
                let named = try Command.run(["export", what], asking: sluice)
                #expect(named.outputText.contains(what == "openapi" ? url : "default"), "\(what), by SLUICE_ADMIN")
                let gone = try Command.run(["export", what, "--admin", "unix:/nonexistent/s"])
                #expect(gone.ending == .exit(69) && gone.output.isEmpty)
                let bad = try Command.withFile("agents: {}") { try Command.run(["export", what, "--config", $0]) }
                #expect(bad.ending == .exit(78) && bad.output.isEmpty)
            }
        }
    }
}
