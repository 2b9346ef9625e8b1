import Foundation
import Testing
import TestSupport

/// `sluice agents`: a client of the REST API for people and for scripts (product.md, "Command line").
@Suite("sluice agents", .bounded)
struct AgentsCommandTests {
    @Test("list is a table of all agents, without colors where nobody looks, and --json is the API's own")
    func list() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            #expect(try sluice.get("/k/x").status == 200)
            for arguments in [["agents", "list"], ["agents"]] {
                let list = try Command.run(arguments, asking: sluice)
                #expect(list.ending == .exit(0), "\(list.errorText)")
                let lines = list.outputText.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
                #expect(lines.map(\.first) == ["AGENT", "k", "default"])
                #expect(lines[1].prefix(4) == ["k", "keepalive", "running", "1/256"])
                #expect(lines[2].prefix(4) == ["default", "normal", "running", "0/256"])
                #expect(!list.outputText.contains("\u{1B}"))
            }
            let json = try JSON(Command.run(["agents", "list", "--json"], asking: sluice).output)
            #expect(json.agents.elements.map(\.name.string) == ["k", "default"])
            #expect(json.agents[0].status.totals.requests.int == 1)
        }
    }

    @Test("show has every setting by name, and its figures")
    func show() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let outcome = try Command.run(["agents", "show", "k"], asking: sluice)
            #expect(outcome.ending == .exit(0))
            let agent = try sluice.agent("k")
            let shown = Set(outcome.outputText.split(separator: "\n").compactMap { $0.split(separator: " ").first })
            for name in agent.names where name != "status" { #expect(shown.contains(Substring(name)), "\(name)") }
            #expect(outcome.outputText.contains("freeSocketTimeout     4s\n"))
            let json = try JSON(Command.run(["agents", "show", "k", "--json"], asking: sluice).output)
            #expect(json.names == agent.names && json.name.string == "k")
        }
    }

    @Test("switch and set change what runs; a set is all or nothing, and names each fault")
    func change() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let switched = try Command.run(["agents", "switch", "k", "normal"], asking: sluice)
            #expect(switched.ending == .exit(0) && switched.outputText == "k: mode is normal\n")
            #expect(try sluice.agent("k").mode.string == "normal")
            let set = try Command.run(
                ["agents", "set", "k", "maxSockets=7", "freeSocketTimeout=1500ms", "socketActiveTTL=2m"], asking: sluice
            )
            #expect(
                set.outputText == "k: maxSockets is 7\nk: freeSocketTimeout is 1500ms\nk: socketActiveTTL is 2m\n")
            let agent = try sluice.agent("k")
            #expect(agent.maxSockets.int == 7 && agent.freeSocketTimeout.number == 1.5)
            #expect(agent.socketActiveTTL.number == 120)
            let refused = try Command.run(
                ["agents", "set", "k", "maxSockets=8", "split=101", "timeout=x", "bogus=1"], asking: sluice)
            #expect(refused.ending == .exit(65) && refused.output.isEmpty)
            for key in ["  split: must be 0 to 100", "  timeout: must be a duration", "  bogus: "] {
                #expect(refused.errorText.contains(key), "\(key) in \(refused.errorText)")
            }
            #expect(try sluice.agent("k").maxSockets.int == 7)
            let json = try JSON(Command.run(["agents", "set", "k", "split=5", "--json"], asking: sluice).output)
            #expect(json.split.int == 5)
        }
    }

    @Test("drain and resume; sockets lists the open ones, in pages if need be")
    func drain() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "freeSocketTimeout: 60s")
            #expect(try sluice.get("/").status == 200)
            let free = try Command.run(["agents", "sockets", "default", "--state", "free"], asking: sluice)
            #expect(free.ending == .exit(0), "\(free.errorText)")
            let lines = free.outputText.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(lines.count == 2 && lines.first?.first == "ID" && lines.last?.dropFirst().first == "free")
            let json = try JSON(Command.run(["agents", "sockets", "default", "--json"], asking: sluice).output)
            #expect(json.sockets.elements.count == 1 && json.sockets[0].state.string == "free" && json.next == .null)
            let active = try Command.run(["agents", "sockets", "default", "--state", "active"], asking: sluice)
            #expect(active.outputText.split(separator: "\n").count == 1)

            let drained = try Command.run(["agents", "drain", "default"], asking: sluice)
            #expect(drained.ending == .exit(0), "\(drained.errorText)")
            #expect(drained.outputText.hasPrefix("default: draining"))
            #expect(try sluice.get("/").status == 503)
            let resumed = try Command.run(["agents", "resume", "default", "--json"], asking: sluice)
            #expect(try JSON(resumed.output).status.state.string == "running")
            #expect(try sluice.get("/").status == 200)
        }
    }

    @Test(
        "an unknown agent is 66, whatever is asked of it",
        arguments: [["show"], ["switch", "normal"], ["set", "split=1"], ["drain"], ["resume"], ["sockets"]])
    func unknownAgent(words: [String]) async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            for name in ["nobody", "a/b", "..", "k?x"] {
                let arguments = ["agents", words[0], name] + words.dropFirst()
                let outcome = try Command.run(arguments, asking: sluice)
                #expect(outcome.ending == .exit(66) && outcome.output.isEmpty, "\(arguments) \(outcome.errorText)")
                #expect(outcome.errorText.contains(name))
            }
        }
    }

    @Test("what is no Sluice, or not there, is 69 and named")
    func unreachable() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            // A port that nobody has: its listener is gone.
            let gone = try { try SluiceProcess.twoAgents().adminPort }()
            for (address, words) in [
                ("http://127.0.0.1:\(gone)", "nothing accepts a connection"), (upstream.url, "nothing that Sluice"),
                ("https://127.0.0.1:\(gone)", "nothing accepts a connection"),
                ("unix:/nonexistent/sluice.sock", "nothing accepts a connection"),
            ] {
                for command in [["list"], ["list", "--json"], ["watch", "--count", "3"]] {
                    let outcome = try Command.run(["agents"] + command + ["--admin", address])
                    #expect(outcome.ending == .exit(69) && outcome.output.isEmpty, "\(address) \(outcome.errorText)")
                    #expect(outcome.errorText.contains(words) && outcome.errorText.contains(address))
                }
            }
        }
    }

    @Test("a Unix socket is an address too")
    func unixSocket() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let path = FileManager.default.temporaryDirectory.appending(
                path: "sluice-\(UUID().uuidString.prefix(8)).sock"
            )
            .path
            let sluice = try SluiceProcess(
                ["serve", "--listen", "127.0.0.1:0", "--admin", "unix:\(path)", "--upstream", upstream.url],
                upstream: upstream)
            let list = try Command.run(["agents", "list", "--json", "--admin", "unix:\(path)"])
            #expect(try JSON(list.output).agents[0].name.string == "default", "\(list.errorText)")
            let byVariable = try Command.run(["agents", "list"], environment: ["SLUICE_ADMIN": "unix:\(path)"])
            #expect(byVariable.ending == .exit(0))
            try sluice.stop()
        }
    }
}

/// Tokens and TLS of the client.
@Suite("sluice agents, protected", .bounded)
struct ProtectedAgentsCommandTests {
    private static let read = "read-0123456789abcdef"
    private static let change = "change-0123456789abcdef"

    @Test("a token comes from the environment or a file; without one, or with the wrong one, it is 77")
    func tokens() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess(
                ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--upstream", upstream.url],
                environment: [
                    "SLUICE_READ_TOKEN": Self.read, "SLUICE_CHANGE_TOKEN": Self.change,
                    // A client's variable beside a server is no mistake.
                    "SLUICE_TOKEN": Self.read,
                ], upstream: upstream)
            func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ChildProcess.Record {
                try Command.run(["agents"] + arguments, asking: sluice, environment: environment)
            }
            let none = try run(["list"])
            #expect(none.ending == .exit(77) && none.errorText.contains("SLUICE_TOKEN"))
            #expect(try run(["list"], ["SLUICE_TOKEN": "wrong-0123456789abcdef"]).ending == .exit(77))
            for name in ["SLUICE_TOKEN", "SLUICE_CHANGE_TOKEN", "SLUICE_READ_TOKEN"] {
                #expect(try run(["list"], [name: Self.read]).ending == .exit(0), "\(name)")
            }
            let reading = try run(["switch", "default", "normal"], ["SLUICE_TOKEN": Self.read])
            #expect(reading.ending == .exit(77) && !reading.errorText.contains(Self.read))
            try Command.withFile("\(Self.change)\n", suffix: "token") { file in
                // The file was named on purpose, so that it wins over the environment.
                let changed = try run(
                    ["switch", "default", "normal", "--token-file", file], ["SLUICE_TOKEN": Self.read])
                #expect(changed.ending == .exit(0), "\(changed.errorText)")
            }
            #expect(try run(["list", "--token-file", "/nonexistent"]).ending == .exit(64))
        }
    }

    @Test("https: a certificate that is trusted, one that is not, and one of the client's own")
    func tls() async throws {
        try await onThread {
            let certificates = try Certificates()
            let upstream = try ScriptedUpstream()
            let text = """
                listen: 127.0.0.1:0
                admin:
                  listen: 127.0.0.1:0
                  tls:
                    certificateFile: \(certificates.path("server.pem"))
                    keyFile: \(certificates.path("server.key"))
                    clientCAFile: \(certificates.path("ca.pem"))
                agents: {default: {upstream: "\(upstream.url)"}}
                """
            let sluice = try Command.withFile(text) {
                try SluiceProcess(["serve", "--config", $0], upstream: upstream)
            }
            func run(_ arguments: [String], host: String = "127.0.0.1") throws -> ChildProcess.Record {
                let url = "https://\(host):\(sluice.adminPort)"
                return try Command.run(["agents", "list", "--json", "--admin", url] + arguments)
            }
            let (trusted, stranger) = (certificates.path("server.pem"), certificates.path("other.pem"))
            let own = [
                "--certificate-file", certificates.path("client.pem"), "--key-file", certificates.path("client.key"),
            ]
            for host in ["127.0.0.1", "localhost"] {
                let good = try run(["--ca-file", trusted] + own, host: host)
                #expect(good.ending == .exit(0), "\(good.errorText)")
                #expect(try JSON(good.output).agents[0].name.string == "default")
            }
            #expect(try run(["--ca-file", trusted]).ending == .exit(77), "no certificate of its own")
            for arguments in [[], ["--ca-file", stranger], ["--ca-file", "/nonexistent"]] {
                let bad = try run(arguments + own)
                #expect(bad.ending == .exit(69) && bad.output.isEmpty, "\(arguments)")
            }
            #expect(try run(own).errorText.contains("certificate is not trusted"))
            let plain = try Command.run(["agents", "list", "--admin", "http://127.0.0.1:\(sluice.adminPort)"])
            #expect(plain.ending == .exit(69))
        }
    }
}
