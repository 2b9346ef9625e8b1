import Control
import Testing

@testable import sluice

@Suite("Flags override the environment, that the file, that the defaults")
struct PrecedenceTests {
    /// A key, what it is by default, and a value of its own for each other source.
    struct Case: Sendable {
        let flag: String
        let path: String
        let byDefault: String
        let file: String
        let environment: String
        let flagged: String
        var fileKey: String?

        var override: Override? { Override.all.first { $0.flag == flag } }
    }

    static let keys: [Case] = [
        Case(
            flag: "--listen", path: "listen", byDefault: "127.0.0.1:1985", file: "127.0.0.1:1",
            environment: "127.0.0.1:2", flagged: "127.0.0.1:3", fileKey: "listen: 127.0.0.1:1"),
        Case(
            flag: "--admin", path: "admin.listen", byDefault: "127.0.0.1:1986", file: "127.0.0.1:1",
            environment: "127.0.0.1:2", flagged: "unix:/run/a", fileKey: "admin: {listen: '127.0.0.1:1'}"),
        Case(
            flag: "--admin-unprotected", path: "admin.unprotected", byDefault: "false", file: "true",
            environment: "false", flagged: "true", fileKey: "admin: {unprotected: on}"),
        Case(
            flag: "--threads", path: "threads", byDefault: "auto", file: "1", environment: "2", flagged: "3",
            fileKey: "threads: 1"),
        Case(
            flag: "--io", path: "io", byDefault: "auto", file: "epoll", environment: "io_uring", flagged: "auto",
            fileKey: "io: epoll"),
        Case(
            flag: "--grace", path: "grace", byDefault: "10s", file: "1s", environment: "2s", flagged: "3s",
            fileKey: "grace: 1s"),
        Case(
            flag: "--log-level", path: "logLevel", byDefault: "info", file: "debug", environment: "error",
            flagged: "trace", fileKey: "logLevel: debug"),
        Case(
            flag: "--log-format", path: "logFormat", byDefault: "text", file: "json", environment: "text",
            flagged: "json", fileKey: "logFormat: json"),
        Case(
            flag: "--access-log", path: "accessLog", byDefault: "off", file: "stdout", environment: "/a/b",
            flagged: "./c", fileKey: "accessLog: stdout"),
        Case(
            flag: "--status-interval", path: "statusInterval", byDefault: "off", file: "1s", environment: "2s",
            flagged: "500ms", fileKey: "statusInterval: 1s"),
        Case(
            flag: "--watch", path: "watch", byDefault: "off", file: "on", environment: "off", flagged: "on",
            fileKey: "watch: on"),
    ]

    @Test("of a key of the whole", arguments: keys)
    func whole(_ key: Case) throws {
        let override = try #require(key.override)
        let file = withAgent(key.fileKey ?? "")
        let environment = [override.variable: key.environment]
        let flags = [key.flag: [key.flagged]]
        func expect(_ value: String, _ source: String, _ result: Result<EffectiveConfiguration, Problems>) throws {
            let row = try #require(try result.get().rows.first { $0.path == key.path })
            #expect(row == .init(path: key.path, value: value, source: source))
        }
        try expect(key.byDefault, "default", read(withAgent("")))
        try expect(key.file, key.fileKey == nil ? "default" : "sluice.yaml:1", read(file))
        try expect(key.environment, override.variable, read(file, environment: environment))
        try expect(key.flagged, key.flag, read(file, environment: environment, flags: flags))
        try expect(key.flagged, key.flag, read(nil, environment: environment, flags: flags))
    }

    static let agentKeys: [Case] = [
        Case(
            flag: "--upstream", path: "upstream", byDefault: "", file: "http://a:1", environment: "http://b:2",
            flagged: "unix:/c"),
        Case(
            flag: "--agent", path: "mode", byDefault: "keepalive", file: "normal", environment: "keepalive",
            flagged: "normal"),
        Case(
            flag: "--max-sockets", path: "maxSockets", byDefault: "256", file: "1", environment: "2", flagged: "3"),
        Case(
            flag: "--max-free-sockets", path: "maxFreeSockets", byDefault: "256", file: "1", environment: "2",
            flagged: "0"),
        Case(
            flag: "--free-socket-timeout", path: "freeSocketTimeout", byDefault: "4s", file: "1s",
            environment: "2s", flagged: "1500ms"),
        Case(flag: "--timeout", path: "timeout", byDefault: "8s", file: "1s", environment: "2s", flagged: "3m"),
        Case(
            flag: "--socket-active-ttl", path: "socketActiveTTL", byDefault: "none", file: "1s", environment: "2s",
            flagged: "1h"),
    ]

    @Test("of an agent's default, which the agent's own value in the file overrides", arguments: agentKeys)
    func agentDefault(_ key: Case) throws {
        let override = try #require(key.override)
        let upstream = key.path == "upstream" ? "" : "upstream: http://a:1, "
        let own = "agents:\n  default: {\(upstream)\(key.path): '\(key.file)'}\n"
            .replacing("'\(key.file)'", with: Int(key.file) == nil ? "'\(key.file)'" : key.file)
        let silent = "agents:\n  default: {\(upstream.dropLast(2))}\n"
        let environment = [override.variable: key.environment]
        let flags = [key.flag: [key.flagged]]
        func expect(_ value: String, _ source: String, _ result: Result<EffectiveConfiguration, Problems>) throws {
            let row = try #require(try result.get().rows.first { $0.path == "agents.default.\(key.path)" })
            #expect(row.value == value)
            #expect(row.source == source)
        }
        if !key.byDefault.isEmpty { try expect(key.byDefault, "default", read(silent)) }
        try expect(key.environment, override.variable, read(silent, environment: environment))
        try expect(key.flagged, key.flag, read(silent, environment: environment, flags: flags))
        try expect(key.file, "sluice.yaml:2", read(own))
        try expect(key.file, "sluice.yaml:2", read(own, environment: environment, flags: flags))
    }

    @Test("every flag and every variable is in one of the tables, but for the file's own")
    func complete() {
        let tested = (Self.keys + Self.agentKeys).map(\.flag) + ["--config"]
        #expect(Set(tested) == Set(Override.all.map(\.flag)))
    }

    @Test("a flag that changes nothing is noted")
    func note() throws {
        let effective = try read(agent("maxSockets: 3"), flags: ["--max-sockets": ["4"], "--timeout": ["1s"]]).get()
        #expect(effective.notes == ["--max-sockets changes nothing: every agent in sluice.yaml sets maxSockets itself"])
    }

    @Test("without an upstream and a file the benchmark's agents run on the built-in one")
    func builtIn() throws {
        let effective = try read(nil).get()
        let configuration = effective.configuration
        #expect(effective.usesBuiltInUpstream)
        #expect(configuration.agents.map(\.name) == ["k", "default"])
        let k = try #require(configuration.settings(of: "k"))
        let other = try #require(configuration.settings(of: "default"))
        #expect(k.mode == .keepalive && other.mode == .normal)
        #expect(k.maxSockets == 100 && other.maxSockets == 100)
        #expect(k.freeSocketTimeout == .seconds(30))
        #expect(k.timeout == .seconds(2) && other.timeout == .seconds(2))
        #expect(
            configuration.routes == [
                Route(prefix: "/k", stripPrefix: true, agent: "k"), Route(prefix: "/", agent: "default"),
            ])
        let moved = effective.withBuiltInUpstream(at: .tcp(host: "127.0.0.1", port: 7))
        #expect(moved.configuration.agents.allSatisfy { $0.settings.upstream.description == "http://127.0.0.1:7" })
        let capped = try read(nil, environment: ["SLUICE_MAX_SOCKETS": "7"]).get()
        #expect(capped.configuration.agents.map(\.settings.maxSockets) == [7, 7])
        #expect(capped.origin(of: "agents.k.maxSockets") == .environment("SLUICE_MAX_SOCKETS"))
    }

    @Test(
        "with an upstream there is one agent",
        arguments: [nil, "threads: 1", "agents: {}", "routes: [{agent: default}]"])
    func oneAgent(yaml: String?) throws {
        let effective = try read(yaml, flags: ["--upstream": ["http://h:7"]]).get()
        #expect(!effective.usesBuiltInUpstream)
        #expect(effective.configuration.agents.map(\.name) == ["default"])
        #expect(effective.configuration.agents[0].settings.upstream.description == "http://h:7")
    }

    @Test("several addresses", arguments: ["--listen", "SLUICE_LISTEN"])
    func severalAddresses(source: String) throws {
        let isFlag = source.hasPrefix("--")
        let effective = try read(
            nil, environment: isFlag ? [:] : [source: "127.0.0.1:1, unix:/run/x"],
            flags: isFlag ? [source: ["127.0.0.1:1", "unix:/run/x"]] : [:]
        ).get()
        #expect(effective.configuration.listen == [.tcp(host: "127.0.0.1", port: 1), .unix(path: "/run/x")])
    }

    @Test("a fault of the whole names the flag or the variable that made it")
    func wholeFaults() {
        #expect(
            problems(nil, flags: ["--admin": ["0.0.0.0:1"]]) == [
                "--admin: \(AdminProtection.missing)"
            ])
        #expect(
            problems(nil, environment: ["SLUICE_ADMIN": "127.0.0.1:1985"]) == [
                "SLUICE_ADMIN: 127.0.0.1:1985 is in listen too"
            ])
    }

    @Test("one fault of an agent's default is told once, however many agents there are")
    func toldOnce() {
        #expect(
            problems(nil, flags: ["--max-sockets": ["0"]]) == ["--max-sockets: must be 1 to 1000000, not 0"])
    }
}

/// What is told of an admin address that anyone can reach.
enum AdminProtection {
    static let missing =
        "0.0.0.0:1 can be reached from outside, and nothing protects it: give admin.changeTokenFile (or "
        + "SLUICE_CHANGE_TOKEN), or admin.tls with clientCAFile, or say admin.unprotected: true (or "
        + "--admin-unprotected)"
}
