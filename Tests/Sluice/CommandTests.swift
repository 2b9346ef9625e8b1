import ArgumentParser
import Control
import Testing

@testable import sluice

@Suite("The command line")
struct CommandTests {
    @Test("plain sluice is serve", arguments: [[], ["serve"]])
    func serveIsDefault(name: [String]) throws {
        let command = try Sluice.parseAsRoot(
            name + ["--max-sockets", "7", "--listen", "127.0.0.1:0", "--listen", ":0"])
        let serve = try #require(command as? ServeCommand)
        #expect(serve.options.flags == ["--max-sockets": ["7"], "--listen": ["127.0.0.1:0", ":0"]])
    }

    @Test("every flag of the table is a flag of serve and reaches its key", arguments: Override.all.map(\.flag))
    func everyFlag(flag: String) throws {
        let words = [
            "--config": "x.yaml", "--listen": "127.0.0.1:1", "--admin": "127.0.0.1:2", "--upstream": "http://h",
            "--agent": "normal", "--log-level": "debug", "--log-format": "json", "--access-log": "off",
            "--threads": "1", "--io": "epoll", "--max-sockets": "1", "--max-free-sockets": "1",
        ]
        let isSwitch = ["--watch", "--admin-unprotected"].contains(flag)
        let word = isSwitch ? "true" : words[flag] ?? "1s"
        let command = try Sluice.parseAsRoot(["serve", flag] + (isSwitch ? [] : [word]))
        let serve = try #require(command as? ServeCommand)
        #expect(serve.options.flags == [flag: [word]])
        guard flag != "--config" else { return }
        let other = try Sluice.parseAsRoot(["check", "x.yaml", flag] + (isSwitch ? [] : [word]))
        let check = try #require(other as? CheckCommand)
        #expect(check.file == "x.yaml")
        #expect(check.settings.flags == serve.options.flags)
    }

    struct Usage: Sendable {
        let arguments: [String]
        let message: String

        init(_ arguments: String..., says message: String) {
            self.arguments = arguments
            self.message = message
        }
    }

    @Test("wrong usage exits with 64 and says what is allowed", arguments: wrong)
    func usage(_ usage: Usage) {
        let error = #expect(throws: (any Error).self) { try Sluice.parseAsRoot(usage.arguments) }
        guard let error else { return }
        #expect(Sluice.exitCode(for: error).rawValue == 64)
        #expect(Sluice.message(for: error).contains(usage.message))
    }

    static let wrong: [Usage] = [
        Usage("--max-sockets", "0", says: "--max-sockets: must be 1 to 1000000, not 0"),
        Usage("--max-sockets", "-1", says: "--max-sockets: must be 1 to 1000000, not -1"),
        Usage("--max-sockets", "many", says: "--max-sockets: must be a whole number from 1 to 1000000, not \"many\""),
        Usage("--max-free-sockets=1.5", says: "--max-free-sockets: must be a whole number from 0 to 1000000, not 1.5"),
        Usage("--agent", "keep", says: "--agent: must be keepalive or normal, not \"keep\""),
        Usage("--io", "kqueue", says: "--io: must be auto or io_uring or epoll, not \"kqueue\""),
        Usage("--timeout", "0", says: "--timeout: must be 1ms to 24h, not 0s"),
        Usage("--timeout", "x", says: "--timeout: must be a duration such as \"500ms\", \"4s\" or \"2m\", not \"x\""),
        Usage("--status-interval", "1ms", says: "--status-interval: must be 100ms to 1h, not 1ms"),
        Usage("--threads", "0", says: "--threads: must be 1 to 1024, not 0"),
        Usage("--listen", "1985", says: "--listen: must be host:port or unix:/path, not \"1985\""),
        Usage("--admin", "h:x", says: "--admin: the port must be a number from 0 to 65535, not \"x\""),
        Usage("--upstream", "h:80", says: "--upstream: must be http://host:port or unix:/path, not \"h:80\""),
        Usage("--log-format", "xml", says: "--log-format: must be text or json, not \"xml\""),
        Usage("--access-log", "stderr", says: "--access-log: must be off, stdout or a path such as"),
        Usage("check", "x.yaml", "--threads", "0", says: "--threads: must be 1 to 1024, not 0"),
        Usage(
            "--threads", "0", "--grace", "x", says: "--threads: must be 1 to 1024, not 0\n--grace: must be a duration"),
        Usage("--colour", says: "Unknown option '--colour'"),
        Usage("nonsense", says: "Unexpected argument 'nonsense'"),
        Usage("check", says: "Missing expected argument '<file>'"),
        Usage("sleep-server", "--listen", "1984", says: "--listen: must be host:port or unix:/path, not \"1984\""),
        Usage("bench", "--users", "0", says: "--users: must be 1 to 10000, not 0"),
        Usage("bench", "--requests", "x", says: "--requests: must be a whole number from 1 to 10000000, not \"x\""),
        Usage("bench", "--delay", "5", says: "--delay: must be a duration such as \"500ms\", \"4s\" or \"2m\""),
        Usage("bench", "--delay", "1.5ms", says: "--delay: must be whole milliseconds, not 1500us"),
        Usage("bench", "--max-sockets", "-5", says: "--max-sockets: must be 1 to 1000000, not -5"),
        Usage("bench", "--threads", "2000", says: "--threads: must be 1 to 1024, not 2000"),
        Usage("bench", "--rtt", "2s", says: "--rtt: must be 0s to 1s, not 2s"),
        Usage("bench", "--rtt", "20ms", "--against", "http://h:1", says: "--rtt: goes with the benchmark's own"),
        Usage("sleep-server", "--rtt", "x", says: "--rtt: must be a duration such as"),
        Usage("agents", "list", "--admin", "x", says: "--admin: must be http://host:port, https://host:port"),
        Usage("agents", "list", "--key-file", "x", says: "--certificate-file and --key-file belong together"),
        Usage("agents", "list", "--token", "x", says: "Unknown option '--token'"),
        Usage("agents", "show", says: "Missing expected argument '<name>'"),
        Usage("agents", "switch", "k", "fast", says: "mode: must be keepalive or normal, not \"fast\""),
        Usage("agents", "set", "k", says: "Missing expected argument '<key=value> ...'"),
        Usage("agents", "set", "k", "split", says: "split: must be a setting and its value"),
        Usage("agents", "set", "k", "=5", says: "=5: must be a setting and its value"),
        Usage("agents", "set", "k", "split=1", "split=2", says: "split: is there twice"),
        Usage("agents", "sockets", "k", "--state", "idle", says: "--state: must be connecting, active or free"),
        Usage("agents", "watch", "--interval", "1ms", says: "--interval: must be 100ms to 1h, not 1ms"),
        Usage("agents", "watch", "--count", "0", says: "--count: must be 1 to 1000000000, not 0"),
        Usage("export", "completions", "--shell", "tcsh", says: "--shell: must be bash, zsh or fish, not \"tcsh\""),
        Usage("export", "prometheus-rules", "--job", "a b", says: "--job: must be 1 to 64 letters"),
        Usage("export", "openapi", "--config", "x", "--admin", "h:1", says: "two answers to one question"),
        Usage("export", "systemd-unit", "--binary", "sluice", says: "--binary: must be an absolute path"),
        Usage("export", "kubernetes", "--only", "x", says: "--only: must be gateway or sidecar, not \"x\""),
        Usage("export", "kubernetes", "--name", "A", says: "--name: must be 1 to 40 small letters"),
        Usage("export", "kubernetes", "--image", "a b", says: "--image: must be the name of a container image"),
        Usage("bench", "--against", "h:1", says: "--against: must be http://host:port or unix:/path, not \"h:1\""),
    ]

    @Test("bench has the benchmark's figures")
    func benchDefaults() throws {
        let plain = try #require(try Sluice.parseAsRoot(["bench"]) as? BenchCommand)
        #expect(try plain.options() == BenchOptions())
        let arguments = [
            "bench", "--users", "60", "--requests", "10", "--delay", "1s", "--max-sockets", "50", "--threads", "1",
            "--json", "--against", "http://127.0.0.1:9",
        ]
        let full = try #require(try Sluice.parseAsRoot(arguments) as? BenchCommand)
        let against = try UpstreamURL("http://127.0.0.1:9")
        let expected = BenchOptions(
            users: 60, requests: 10, delay: .seconds(1), maxSockets: 50, threads: 1, json: true, against: against)
        #expect(try full.options() == expected)
    }

    @Test("the sleep server listens where the benchmark wants it")
    func sleepServerDefault() throws {
        let command = try #require(try Sluice.parseAsRoot(["sleep-server"]) as? SleepServerCommand)
        #expect(command.listen == "127.0.0.1:1984")
    }

    @Test("each help has an example")
    func help() {
        for command in Self.all([Sluice.self]) {
            let help = Sluice.helpMessage(for: command, columns: 80)
            #expect(help.contains("Example:\n  sluice "), "\(command)")
        }
    }

    private static func all(_ commands: [any ParsableCommand.Type]) -> [any ParsableCommand.Type] {
        commands + commands.flatMap { all($0.configuration.subcommands) }
    }

    @Test("set takes values as the configuration file has them")
    func settings() throws {
        let command = try Sluice.parseAsRoot(
            [
                "agents", "set", "k", "maxSockets=50", "freeSocketTimeout=3s", "retry=off", "socketActiveTTL=none",
                "x=a=b",
            ])
        let patch = try #require(command as? AgentsSet).patch()
        #expect(patch.map(\.name) == ["maxSockets", "freeSocketTimeout", "retry", "socketActiveTTL", "x"])
        let expected: [SettingValue] = [.number(50), .string("3s"), .string("off"), .string("none"), .string("a=b")]
        #expect(patch.map(\.value) == expected)
    }

    @Test("the server and the token come from flags, then from the environment")
    func client() throws {
        let none = try ClientOptions.parse([])
        #expect(try none.server(environment: [:]).description == "http://127.0.0.1:1986")
        #expect(try none.server(environment: ["SLUICE_ADMIN": "127.0.0.1:5"]).description == "http://127.0.0.1:5")
        #expect(throws: ValidationError.self) { try none.server(environment: ["SLUICE_ADMIN": "x"]) }
        let flag = try ClientOptions.parse(["--admin", "https://h:1"])
        #expect(try flag.server(environment: ["SLUICE_ADMIN": "x"]).description == "https://h:1")
        let both = ["SLUICE_TOKEN": "a", "SLUICE_CHANGE_TOKEN": "b", "SLUICE_READ_TOKEN": "c"]
        #expect(try none.token(environment: both) == "a")
        #expect(try none.token(environment: ["SLUICE_TOKEN": "", "SLUICE_READ_TOKEN": "c"]) == "c")
        #expect(try none.token(environment: [:]) == nil)
        #expect(throws: ValidationError.self) { try none.token(environment: ["SLUICE_TOKEN": "a\r\nX: y"]) }
    }
}
