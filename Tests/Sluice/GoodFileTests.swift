import Control
import Testing

@testable import sluice

@Suite("Files that are right")
struct GoodFileTests {
    @Test("the file of the manual says what the manual says")
    func manual() throws {
        let effective = try read(Self.manual).get()
        let configuration = effective.configuration
        var expected = Configuration()
        expected.threads = 2
        let upstream = try UpstreamURL("http://127.0.0.1:1984")
        var keepalive = AgentSettings(upstream: upstream)
        keepalive.maxSockets = 100
        keepalive.freeSocketTimeout = .seconds(30)
        var normal = AgentSettings(upstream: upstream)
        normal.mode = .normal
        normal.maxSockets = 100
        expected.agents = [.init(name: "k", settings: keepalive), .init(name: "default", settings: normal)]
        expected.routes = [
            Route(prefix: "/k", stripPrefix: true, agent: "k"), Route(prefix: "/", agent: "default"),
            Route(host: "api.example", prefix: "/", agent: "k"),
        ]
        #expect(configuration == expected)
        #expect(!effective.usesBuiltInUpstream)
        #expect(effective.notes.isEmpty)
        #expect(effective.origin(of: "threads").label == "sluice.yaml:4")
        #expect(effective.origin(of: "agents.k.maxSockets").label == "sluice.yaml:18")
        #expect(effective.origin(of: "agents.k.timeout") == .default)
    }

    static let manual = """
        listen: 127.0.0.1:1985              # or a list; unix:/path too
        admin:
          listen: 127.0.0.1:1986            # tokens, TLS: admin.md
        threads: 2                          # default: one per core
        client:                             # limits of client connections, with their defaults
          headTimeout: 10s                  # a whole request head, from its first byte (408)
          bodyTimeout: 30s                  # between two pieces of a body, either way
          idleTimeout: 60s                  # between requests
          maxHeadSize: 32KiB                # 431; the request line alone: 414
          maxFields: 100                    # 431
          maxBodySize: unlimited            # 413
          maxConnections: unlimited         # past it, accepting waits
          maxRequestsPerConnection: unlimited
        forwarded: append
        via: sluice                         # the name in Via; "" for none
        grace: 10s                          # how long a stop waits for running requests
        agents:
          k:       {upstream: "http://127.0.0.1:1984", mode: keepalive, maxSockets: 100, freeSocketTimeout: 30s}
          default: {upstream: "http://127.0.0.1:1984", mode: normal, maxSockets: 100}
        routes:                             # longest prefix wins; without routes, all goes to the agent named default
          - {prefix: /k, stripPrefix: true, agent: k}
          - {prefix: /, agent: default}
          - {host: api.example, prefix: /, agent: k}
        accessLog: off
        """

    struct Case: Sendable {
        let yaml: String
        let path: String
        let text: String

        init(_ yaml: String, _ path: String, _ text: String) {
            self.yaml = yaml
            self.path = path
            self.text = text
        }
    }

    @Test("a value is understood", arguments: cases)
    func value(_ good: Case) throws {
        let effective = try read(good.yaml).get()
        let row = try #require(effective.rows.first { $0.path == good.path })
        #expect(row.value == good.text)
    }

    static let cases: [Case] = [
        Case(withAgent("listen: [127.0.0.1:1, 'unix:/run/x']"), "listen", "[127.0.0.1:1, unix:/run/x]"),
        Case(withAgent("listen: [127.0.0.1:0, 127.0.0.1:0]"), "listen", "[127.0.0.1:0, 127.0.0.1:0]"),
        Case(withAgent("listen: ['[::1]:80']"), "listen", "\"[::1]:80\""),
        Case(withAgent("listen: :80"), "listen", "0.0.0.0:80"),
        Case(withAgent("admin:"), "admin.listen", "127.0.0.1:1986"),
        Case(withAgent("admin: {socketMode: 0660}"), "admin.socketMode", "\"0660\""),
        Case(withAgent("admin: {socketMode: '777'}"), "admin.socketMode", "\"0777\""),
        Case(withAgent("admin: {tls: }"), "admin.tls.keyFile", "none"),
        Case(withAgent("admin: {tls: {certificateFile: a, keyFile: /b c}}"), "admin.tls.keyFile", "\"/b c\""),
        Case(withAgent("admin: {hosts: Box.example}"), "admin.hosts", "[box.example]"),
        Case(withAgent("admin: {hosts: [a, '[::1]', 10.0.0.1]}"), "admin.hosts", "[a, \"::1\", 10.0.0.1]"),
        Case(withAgent("client: ~"), "client.headTimeout", "10s"),
        Case(withAgent("threads: auto"), "threads", "auto"),
        Case(withAgent("threads: 0x10"), "threads", "16"),
        Case(withAgent("threads: 0o10"), "threads", "8"),
        Case(withAgent("threads: 1024"), "threads", "1024"),
        Case(withAgent("threads: !!int '3'"), "threads", "3"),
        Case(withAgent("client: {headTimeout: 1.5}"), "client.headTimeout", "1500ms"),
        Case(withAgent("client: {headTimeout: 1h}"), "client.headTimeout", "1h"),
        Case(withAgent("client: {maxHeadSize: 4096}"), "client.maxHeadSize", "4KiB"),
        Case(withAgent("client: {maxBodySize: 0}"), "client.maxBodySize", "0B"),
        Case(withAgent("client: {maxBodySize: 2GiB}"), "client.maxBodySize", "2GiB"),
        Case(withAgent("client: {maxConnections: 7}"), "client.maxConnections", "7"),
        Case(withAgent("client: {maxConnections: null}"), "client.maxConnections", "unlimited"),
        Case(withAgent("forwarded: leave"), "forwarded", "leave"),
        Case(withAgent(""), "trustedProxies", "everyone"),
        Case(withAgent("trustedProxies: everyone"), "trustedProxies", "everyone"),
        Case(withAgent("trustedProxies: []"), "trustedProxies", "[]"),
        Case(withAgent("trustedProxies: 10.0.0.0/8"), "trustedProxies", "[10.0.0.0/8]"),
        Case(
            withAgent("trustedProxies: [127.0.0.1, '::1', FD00::/8]"), "trustedProxies",
            "[127.0.0.1, \"::1\", fd00::/8]"),
        Case(withAgent(""), "upgrade", "[websocket]"), Case(withAgent("upgrade: []"), "upgrade", "[]"),
        Case(withAgent("upgrade: IRC/6.9"), "upgrade", "[irc/6.9]"),
        Case(withAgent("upgrade: [a, 'b!']"), "upgrade", "[a, \"b!\"]"),
        Case(withAgent(""), "connect", "refuse"), Case(withAgent("connect: forward"), "connect", "forward"),
        Case(withAgent(""), "client.continueTimeout", "1s"), Case(withAgent(""), "client.tunnelTimeout", "1h"),
        Case(withAgent("client: {continueTimeout: 250ms, tunnelTimeout: 24h}"), "client.tunnelTimeout", "24h"),
        Case(withAgent("via: ''"), "via", "\"\""),
        Case(withAgent("via: edge-1:80"), "via", "edge-1:80"),
        Case(withAgent("grace: 0"), "grace", "0s"),
        Case(withAgent("accessLog: false"), "accessLog", "off"),
        Case(withAgent("logLevel: debug"), "logLevel", "debug"),
        Case(withAgent("logFormat: json"), "logFormat", "json"),
        Case(agent("retry: off"), "agents.k.retry", "false"),
        Case(agent("socketActiveTTL: none"), "agents.k.socketActiveTTL", "none"),
        Case(agent("socketActiveTTL: 1m"), "agents.k.socketActiveTTL", "1m"),
        Case(agent("maxRequestsPerSocket: 5"), "agents.k.maxRequestsPerSocket", "5"),
        Case(agent("scheduling: fifo"), "agents.k.scheduling", "fifo"),
        Case("agents: {default: {upstream: ['http://h:1']}}", "agents.default.upstream", "http://h:1"),
        Case("agents: {default: {upstream: 'unix:/run/x'}}", "agents.default.upstream", "unix:/run/x"),
        Case("{\"agents\": {\"default\": {\"upstream\": \"http://h\"}}}", "agents.default.upstream", "http://h:80"),
        Case("\u{FEFF}agents: {default: {upstream: http://h}}", "agents.default.upstream", "http://h:80"),
        Case("%YAML 1.2\n---\nagents: {default: {upstream: http://h}}\n...", "agents.default.mode", "keepalive"),
        Case("agents:\r\n  default:\r\n    upstream: http://h\r\n", "agents.default.upstream", "http://h:80"),
        Case(agent("") + "  # nothing more", "routes[0].prefix", "/"),
        Case("routes: [{host: A.Example, agent: default}]\n" + withAgent(""), "routes[0].host", "a.example"),
        Case("routes: []\n" + withAgent(""), "agents.default.mode", "keepalive"),
        // Anchors, and what << brings in.
        Case(
            "agents: {a: &a {upstream: http://h, maxSockets: 7}, default: *a}", "agents.default.maxSockets", "7"),
        Case(
            "agents: {a: &a {upstream: http://h, maxSockets: 7}, default: {<<: *a, maxSockets: 8}}",
            "agents.default.maxSockets", "8"),
        Case(
            "agents: {a: &a {upstream: http://h, timeout: 1s}, b: &b {upstream: http://i}, default: {<<: [*b, *a]}}",
            "agents.default.upstream", "http://i:80"),
    ]
}
