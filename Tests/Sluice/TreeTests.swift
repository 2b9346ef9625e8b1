import Control
import Testing

@testable import sluice

/// The configuration as a tree: what the API shows, and what it takes in the place of a file.
@Suite("The configuration as a tree")
struct TreeTests {
    private func object(_ value: SettingValue) throws -> [String: SettingValue] {
        guard case .object(let members) = value else { throw SettingFault("no object: \(value)") }
        return members
    }

    /// What a tree with `members` beside one agent means, or the faults of it.
    private func replaced(
        _ members: [String: SettingValue], running: Configuration
    ) -> Result<EffectiveConfiguration, Problems> {
        let agent: [String: SettingValue] = ["upstream": .string("http://127.0.0.1:1")]
        let tree = ["agents": SettingValue.object(["default": .object(agent)])].merging(members) { $1 }
        return ConfigurationReader.read(tree: .object(tree), running: running)
    }

    private func lines(_ result: Result<EffectiveConfiguration, Problems>) -> [String] {
        guard case .failure(let problems) = result else { return [] }
        return problems.all.map { "\($0.path): \($0.message)" }
    }

    @Test("written back, it is the same configuration", arguments: CheckTableTests.files)
    func roundTrip(yaml: String?) throws {
        let first = try read(yaml).get().configuration
        let again = try ConfigurationReader.read(tree: .object(first.tree), running: first).get()
        #expect(again.configuration == first)
    }

    @Test("it has every key of a file and nothing else")
    func complete() throws {
        let tree = try read(GoodFileTests.manual).get().configuration.tree
        let roots = ConfigurationKey.all.compactMap { $0.path.split(separator: ".").first.map(String.init) }
        #expect(Set(tree.keys) == Set(roots + ["agents", "routes"]))
        let client = try object(try #require(tree["client"]))
        let keys = ConfigurationKey.all.map(\.path).filter { $0.hasPrefix("client.") }.map { String($0.dropFirst(7)) }
        #expect(Set(client.keys) == Set(keys))
        let agents = try object(try #require(tree["agents"]))
        #expect(Set(try object(try #require(agents["k"])).keys) == Set(AgentSettings.keys.map(\.name)))
    }

    @Test("durations are seconds, sizes are bytes, what is unlimited is null")
    func types() throws {
        let yaml = withAgent("client: {headTimeout: 1500ms, maxHeadSize: 4KiB}\naccessLog: stdout\nstatusInterval: 1m")
        let configuration = try read(yaml).get().configuration
        #expect(configuration.value(at: "client.headTimeout") == .number(1.5))
        #expect(configuration.value(at: "client.maxHeadSize") == .number(4096))
        #expect(configuration.value(at: "client.maxBodySize") == .null)
        #expect(configuration.value(at: "accessLog") == .string("stdout"))
        #expect(configuration.value(at: "statusInterval") == .number(60))
        #expect(configuration.value(at: "watch") == .bool(false))
        #expect(configuration.value(at: "listen") == .list([.string("127.0.0.1:1985")]))
        #expect(configuration.value(at: "client.none") == .null)
    }

    @Test("what is left out has its default, but for what only a restart can change")
    func leftOut() throws {
        let yaml =
            "listen: 127.0.0.1:7\nadmin: {listen: 127.0.0.1:8}\nthreads: 3\nio: epoll\ngrace: 1s\nagents: {default: "
        let running = try read(yaml + "{upstream: http://h, maxSockets: 3}}").get().configuration
        let wanted = try replaced([:], running: running).get().configuration
        #expect(wanted.listen == running.listen && wanted.admin == running.admin && wanted.threads == 3)
        #expect(wanted.io == .epoll)
        #expect(wanted.grace == .seconds(10))
        #expect(wanted.settings(of: "default")?.maxSockets == 256)
    }

    @Test("faults are those of a file, with their paths")
    func faults() throws {
        let running = try read(withAgent("")).get().configuration
        let result = replaced(
            [
                "via": .string("a b"), "colour": .null, "client": .object(["headTimeout": .string("x")]),
                "listen": .list([.string("127.0.0.1:2000")]), "threads": .number(3),
                "admin": .object(["listen": .string("127.0.0.1:2001")]),
                "routes": .list([.object(["agent": .string("none")]), .null]),
            ], running: running)
        #expect(
            Set(lines(result)) == [
                "via: must be a name without spaces of at most 255 characters, or \"\", not \"a b\"",
                "colour: unknown key; allowed are listen, admin, threads, io, client, forwarded, trustedProxies, "
                    + "upgrade, connect, via, grace, agents, routes, accessLog, logLevel, logFormat, statusInterval, watch",
                "client.headTimeout: must be a duration such as \"500ms\", \"4s\" or \"2m\", not \"x\"",
                "listen: cannot change without a restart; it is 127.0.0.1:1985",
                "threads: cannot change without a restart; it is auto",
                "admin.listen: cannot change without a restart; it is 127.0.0.1:1986",
                "routes[0].agent: no agent is named \"none\"",
                "routes[1]: must be keys with values, not null",
            ])
    }

    @Test(
        "what is no tree of agents",
        arguments: [
            (SettingValue.null, "agents: must name at least one agent"),
            (.object([:]), "agents: must name at least one agent"),
            (.list([]), ": must be keys with values, not a list"),
            (.object(["agents": .object([:])]), "agents: must name at least one agent"),
            (.object(["agents": .list([])]), "agents: must be keys with values, not a list"),
        ])
    func noAgents(tree: SettingValue, line: String) throws {
        let running = try read(withAgent("")).get().configuration
        #expect(lines(ConfigurationReader.read(tree: tree, running: running)) == [line])
    }

    @Test("agents that run keep their order, new ones come behind them")
    func order() throws {
        let agents = ["z", "default", "a"].map { "\($0): {upstream: http://h}" }.joined(separator: ", ")
        let running = try read("agents: {\(agents)}").get().configuration
        let names = ["b", "a", "z", "default", "0"].map { ($0, SettingValue.object(["upstream": .string("http://h")])) }
        let tree = SettingValue.object(["agents": .object(Dictionary(uniqueKeysWithValues: names))])
        let wanted = try ConfigurationReader.read(tree: tree, running: running).get().configuration
        #expect(wanted.agents.map(\.name) == ["z", "default", "a", "0", "b"])
    }

    @Test("a reload must not change what only a restart can, and says where it was said")
    func reload() throws {
        let running = try read(withAgent("threads: 2")).get().configuration
        func reload(_ yaml: String) -> Result<EffectiveConfiguration, Problems> {
            ConfigurationReader.read(
                file: .init(name: "sluice.yaml", text: yaml), environment: [:], flags: [:], running: running)
        }
        #expect(try reload(withAgent("threads: 2\ngrace: 1s")).get().configuration.grace == .seconds(1))
        guard case .failure(let problems) = reload(withAgent("grace: 1s\nlisten: [127.0.0.1:7, unix:/x]")) else {
            Issue.record("it was taken")
            return
        }
        #expect(
            problems.lines == [
                "sluice.yaml: threads: cannot change without a restart; it is 2",
                "sluice.yaml:2:9: listen: cannot change without a restart; it is 127.0.0.1:1985",
            ])
    }

    @Test("sources say what file, variables and flags said, and what was changed since")
    func sources() throws {
        let loaded = try read(
            GoodFileTests.manual, environment: ["SLUICE_GRACE": "1s"], flags: ["--timeout": ["3s"]]
        ).get()
        var current = loaded.configuration
        let before = loaded.sources(of: current)
        #expect(before["/grace"] == "SLUICE_GRACE")
        #expect(before["/agents/k/timeout"] == "--timeout")
        #expect(before["/agents/k/maxSockets"] == "sluice.yaml:18")
        #expect(before["/agents/k/retry"] == "default")
        #expect(before["/client/maxFields"] == "sluice.yaml:10")
        #expect(before["/routes/2/host"] == "sluice.yaml:23")
        #expect(before["/routes/0/host"] == nil && before["/routes/1/stripPrefix"] == "default")
        current.grace = .seconds(2)
        current.agents[0].settings.maxSockets = 7
        current.routes.removeLast()
        var settings = AgentSettings(upstream: try UpstreamURL("http://new"))
        settings.split = 10
        current.agents.append(.init(name: "a.b", settings: settings))
        let after = loaded.sources(of: current)
        #expect(after["/grace"] == "api" && after["/agents/k/maxSockets"] == "api")
        #expect(after["/agents/default/maxSockets"] == "sluice.yaml:19")
        #expect(after["/routes/0/prefix"] == "api" && after["/routes/2/host"] == nil)
        #expect(after["/agents/a.b/upstream"] == "api" && after["/agents/a.b/split"] == "api")
        #expect(after["/agents/a.b/mode"] == "default")
    }

    @Test("a huge tree of nothing known is refused in no time")
    func huge() throws {
        let running = try read(withAgent("")).get().configuration
        let members = Dictionary(uniqueKeysWithValues: (0..<20_000).map { ("zz\($0)", SettingValue.null) })
        let start = ContinuousClock.now
        guard case .failure(let problems) = ConfigurationReader.read(tree: .object(members), running: running) else {
            Issue.record("it was taken")
            return
        }
        #expect(problems.all.count >= 20_000)
        #expect(start.duration(to: .now) < .seconds(20))
    }
}
