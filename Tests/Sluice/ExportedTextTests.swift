import Control
import Testing
import TestSupport
import Yams

@testable import sluice

@Suite("Exported files")
struct ExportedTextTests {
    private func deployment(_ text: String, environment: [String: String] = [:]) throws -> Deployment {
        try Deployment.read(file: "/etc/sluice/sluice.yaml", text: text, environment: environment).get()
    }

    private static let two = """
        listen: 127.0.0.1:1985
        agents:
          k: {upstream: "http://10.0.0.1:80"}
          a.b: {upstream: "http://10.0.0.2:80", mode: normal}
        routes: [{prefix: /k, agent: k}, {prefix: /, agent: a.b}]
        """

    @Test("every file of public/ is built in", arguments: [ExportedFile.dashboard, .rules, .openAPI])
    func builtIn(file: ExportedFile) { #expect(file.bytes.count > 1000) }

    @Test("a file written for a configuration says the same again")
    func configurationText() throws {
        let text = """
            client: {headTimeout: 3s, maxBodySize: 2MiB, maxConnections: 50}
            trustedProxies: [10.0.0.0/8, "::1"]
            upgrade: [websocket, chat]
            via: "edge"
            grace: 3s
            logFormat: json
            agents:
              k: {upstream: "http://[::1]:80", freeSocketTimeout: 1500ms, socketActiveTTL: 1m, split: 7, retry: off}
              "0": {upstream: "unix:/run/x y.sock", mode: normal, maxRequestsPerSocket: 9, scheduling: fifo}
            routes:
              - {prefix: /k, stripPrefix: true, agent: k}
              - {host: api.example, prefix: "/a,b}", agent: "0"}
            """
        let before = try read(text).get().configuration
        let again = try read(ConfigurationText(before).lines.joined(separator: "\n")).get().configuration
        #expect(again == before)
    }

    @Test("an access log goes along when it is no file")
    func accessLog() throws {
        let agents = "agents: {default: {upstream: \"http://h:1\"}}"
        for (word, isKept) in [("stdout", true), ("/var/log/x", false), ("off", false)] {
            let configuration = try deployment("accessLog: \(word)\n\(agents)").configuration
            #expect(ConfigurationText(configuration).lines.contains("accessLog: \(word)") == isKept)
        }
    }

    @Test("what is a default is left out")
    func defaults() throws {
        let configuration = try deployment("agents: {default: {upstream: \"http://h:1\"}}").configuration
        #expect(
            ConfigurationText(configuration).lines == [
                "agents:", "  default:", "    upstream: http://h:1", "    mode: keepalive",
            ])
    }

    @Test("rules are held to the agents in use")
    func rules() throws {
        let rules = """
            groups:
              - rules:
                  - alert: A
                    expr: |
                      sum(rate(sluice_agent_errors_total[5m])) / sluice_agent_sockets{state="free"}
                      + up{job=~".*sluice.*"}
                    for: 1m
                    annotations: {description: "see sluice_agent_errors_total"}
            """
        let text = AlertRules.text(try deployment(Self.two), job: "edge", rules: rules)
        #expect(text.contains(#"rate(sluice_agent_errors_total{agent=~"k|a[.]b"}[5m])"#))
        #expect(text.contains(#"sluice_agent_sockets{agent=~"k|a[.]b",state="free"}"#))
        #expect(text.contains(#"up{job="edge"}"#))
        #expect(text.contains("\"see sluice_agent_errors_total\""))
        #expect(AlertRules.text(.unknown, job: nil, rules: rules) == rules)
    }

    @Test("the dashboard lists the agents in use")
    func dashboard() throws {
        let text = Dashboard.text(try deployment(Self.two))
        let dashboard = try #require(APIValue(json: Array(text.utf8)))
        #expect(dashboard.title.string == "Sluice: k, a.b")
        let agent = dashboard.templating.list.elements.first { $0.name.string == "agent" }
        #expect(agent?.regex.string == "/^(k|a[.]b)$/")
        let whole = try #require(APIValue(json: ExportedFile.dashboard.bytes))
        #expect(dashboard.panels == whole.panels)
        #expect(Dashboard.text(.unknown) == ExportedFile.dashboard.text)
    }

    @Test("what is scraped is the admin server, with a token and TLS where it has them")
    func scrape() throws {
        let plain = try ScrapeConfiguration.text(try deployment(Self.two), job: "sluice")
        #expect(plain.contains("targets: [\"127.0.0.1:1986\"]") && plain.contains("scheme: http\n"))
        #expect(!plain.contains("authorization"))
        let secure = try deployment(
            """
            admin: {listen: "[::]:9", changeTokenFile: /t, tls: {certificateFile: /c, keyFile: /k, clientCAFile: /a}}
            \(Self.two)
            """)
        let text = try ScrapeConfiguration.text(secure, job: "edge")
        for part in ["targets: [\"[::1]:9\"]", "scheme: https", "credentials_file:", "ca_file:", "cert_file:"] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(try deployment(Self.two, environment: ["SLUICE_READ_TOKEN": "x"]).hasToken)
        let socket = try deployment("admin: {listen: \"unix:/run/s\"}\n\(Self.two)")
        #expect(throws: SettingFault.self) { try ScrapeConfiguration.text(socket, job: "sluice") }
    }

    @Test("a unit has the rights that its addresses and files need, and no others")
    func unit() throws {
        func unit(_ text: String) throws -> String {
            SystemdUnit(deployment: try deployment(text), binary: "/b", file: "/f").text
        }
        let plain = try unit(Self.two)
        #expect(plain.contains("CapabilityBoundingSet=\n") && plain.contains("TimeoutStopSec=15s"))
        #expect(!plain.contains("RuntimeDirectory") && !plain.contains("LogsDirectory"))
        let more = try unit(
            """
            listen: ["0.0.0.0:80", "unix:/run/sluice/s"]
            grace: 1m
            accessLog: /var/log/sluice/access.log
            agents: {default: {upstream: "http://h:1"}}
            """)
        for line in [
            "CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "RuntimeDirectory=sluice", "LogsDirectory=sluice",
            "TimeoutStopSec=65s", "ExecStart=/b serve --config /f", "DynamicUser=yes",
        ] { #expect(more.contains(line + "\n"), "\(line)") }
    }

    @Test("manifests are YAML, and their ConfigMap is a file that serve takes", arguments: [true, false])
    func kubernetes(isKnown: Bool) throws {
        let deployment = isKnown ? try deployment(Self.two) : .unknown
        let manifests = KubernetesManifests(
            deployment: deployment, name: "edge", image: "registry.example/sluice:1", tokens: ("r", "c"))
        let documents = try Yams.load_all(yaml: manifests.text(.all)).map { try #require($0 as? [String: Any]) }
        #expect(
            documents.compactMap { $0["kind"] as? String } == [
                "ConfigMap", "Secret", "Deployment", "Service", "Deployment",
            ])
        let data = try #require(documents[0]["data"] as? [String: String])
        let text = try #require(data["sluice.yaml"])
        let configuration = try read(text).get().configuration
        #expect(configuration.agents == deployment.configuration.agents)
        #expect(configuration.routes == deployment.configuration.routes && configuration.program.watch)
        let kinds = { try Yams.load_all(yaml: manifests.text($0)).map { ($0 as? [String: Any])?["kind"] as? String } }
        #expect(try kinds(.gateway) == ["ConfigMap", "Secret", "Deployment", "Service"])
        #expect(try kinds(.sidecar) == ["ConfigMap", "Secret", "Deployment"])
    }

    @Test("what a running server says becomes the same deployment")
    func running() throws {
        var tree = try read(Self.two).get().configuration.tree
        tree["status"] = .object(["file": .string("/etc/x.yaml")])
        let server = try AdminURL("http://127.0.0.1:5")
        let deployment = try Deployment.read(APIValue(.object(tree)), from: server, hasToken: true).get()
        #expect(Set(deployment.names) == ["k", "a.b"] && deployment.admin == server && deployment.hasToken)
        #expect(deployment.configuration.listen == [.tcp(host: "127.0.0.1", port: 1985)])
        #expect(deployment.file == "/etc/x.yaml")
        #expect(throws: Problems.self) { try Deployment.read(APIValue(.null), from: server, hasToken: false).get() }
    }
}
