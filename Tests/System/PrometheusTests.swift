import Foundation
import Testing
import TestSupport

/// A real Prometheus scrapes a running sluice, and is asked what it found.
@Suite("Prometheus", .bounded)
struct PrometheusTests {
    /// A Prometheus with a folder of its own, which scrapes every second; ended with this object.
    private final class Server {
        private let child: ChildProcess
        private let folder: URL
        private let port: UInt16

        init(target: UInt16, rules: URL) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "sluice-prometheus-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let configuration = """
                global: {scrape_interval: 500ms, evaluation_interval: 500ms}
                rule_files: ["\(rules.path)"]
                scrape_configs:
                  - job_name: sluice
                    static_configs: [{targets: ["127.0.0.1:\(target)"]}]
                """
            try Data(configuration.utf8).write(to: folder.appending(path: "prometheus.yml"))
            port = try LoopbackPort.free()
            child = try ChildProcess(
                "/usr/bin/env",
                [
                    "prometheus", "--config.file=\(folder.path)/prometheus.yml", "--storage.tsdb.path=\(folder.path)",
                    "--web.listen-address=127.0.0.1:\(port)",
                ])
        }

        deinit {
            child.kill()
            _ = try? child.waitForEnd()
            try? FileManager.default.removeItem(at: folder)
        }

        /// The API's answer to `path`; nil while it is not up.
        private func get(_ path: String) -> JSON? {
            guard let client = try? RawClient(port: port),
                (try? client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) != nil,
                let response = try? client.readResponse(), response.status == 200
            else { return nil }
            return try? JSON(response.body)
        }

        /// The vector that `expression` is, as soon as `isTrue` holds for it: the labels and the value of each element.
        func ask(
            _ expression: String, until isTrue: ([(labels: JSON, value: Double)]) -> Bool
        ) throws -> [(labels: JSON, value: Double)] {
            let safe = CharacterSet.alphanumerics
            let query = expression.addingPercentEncoding(withAllowedCharacters: safe) ?? ""
            let deadline = ContinuousClock.now + .seconds(30)
            while true {
                let result = get("/api/v1/query?query=\(query)")?.data.result.elements ?? []
                let vector = result.map { ($0.metric, $0.value[1].string.flatMap { Double($0) } ?? .nan) }
                if isTrue(vector) || ContinuousClock.now > deadline { return vector }
                // Only paces the asking; the condition is what is waited for.
                Thread.sleep(forTimeInterval: 0.05)
            }
        }

        /// The names of the rules that are loaded and well.
        func rules() -> [String] {
            (get("/api/v1/rules")?.data.groups.elements ?? []).flatMap { $0.rules.elements }
                .filter { $0.health.string == "ok" }.compactMap { $0.name.string }
        }
    }

    @Test("it finds the figures that the traffic had, and loads the rules")
    func scraped() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents(["--threads", "2"])
            let prometheus = try Server(
                target: sluice.adminPort, rules: SluiceBinary.root.appending(path: "public/prometheus-rules.yml"))
            let up = try prometheus.ask("up") { $0.first?.value == 1 }
            try #require(up.first?.value == 1)
            // A free socket is there to be seen, however slow this machine is.
            #expect(try sluice.patch("k", #"{"freeSocketTimeout":600}"#).status == 200)

            for _ in 0..<30 { #expect(try sluice.get("/k/0").status == 200) }
            for _ in 0..<20 { #expect(try sluice.get("/0").status == 200) }
            func one(_ expression: String, is value: Double) throws {
                let found = try prometheus.ask(expression) { $0.map(\.value) == [value] }.map(\.value)
                #expect(found == [value], "\(expression)")
            }
            try one("sum(sluice_agent_requests_total)", is: 50)
            try one(#"sum(sluice_agent_requests_total{agent="k",mode="keepalive",code="2xx"})"#, is: 30)
            try one(#"sum(sluice_agent_sockets_created_total{agent="default",mode="normal"})"#, is: 20)
            try one(#"sluice_agent_mode{agent="k",mode="keepalive"}"#, is: 1)
            // Each loop may have opened one.
            let open = try #require(try sluice.agent("k").status.sockets.open.number)
            #expect((1...2).contains(open))
            try one(#"sum by (agent) (sluice_agent_sockets{agent="k"})"#, is: open)
            try one(#"sluice_agent_sockets_limit{agent="k"}"#, is: 256)
            try one("sum(sluice_client_requests_total)", is: 50)
            try one(
                #"histogram_quantile(1, sum by (le) (sluice_agent_request_duration_seconds_bucket)) < bool 10"#, is: 1)

            // The counters were zero when it began to scrape, so that it sees all of them in the increase.
            let rate = try prometheus.ask(#"sum(rate(sluice_agent_requests_total{agent="k"}[2m]))"#) {
                ($0.first?.value ?? 0) > 0
            }
            #expect((rate.first?.value ?? 0) > 0)

            #expect(try sluice.patch("k", #"{"mode":"normal"}"#).status == 200)
            try one(#"sluice_agent_mode{agent="k",mode="normal"}"#, is: 1)
            try one(#"sluice_agent_split_ratio{agent="k",mode="keepalive"}"#, is: 0)
            try one(#"sum(sluice_agent_sockets_closed_total{agent="k",reason="modeSwitch"})"#, is: open)
            _ = try prometheus.ask("up") { _ in prometheus.rules().count >= 8 }
            #expect(prometheus.rules().contains("SluicePoolExhausted"))
        }
    }
}
