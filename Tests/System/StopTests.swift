import Foundation
import Glibc
import Testing
import TestSupport

/// Stopping, and the exit codes (product.md "Command line", architecture.md "Start, stop, replace").
@Suite("Stop and exit codes", .bounded)
struct StopTests {
    private static let held: ScriptedUpstream.Script = { peer in
        while try peer.readRequest() != nil {
            try peer.waitForRelease()
            try peer.answer(text: "ok")
        }
    }

    @Test(
        "one signal: running and waiting requests finish, new clients are refused, exit 0",
        arguments: [SIGTERM, SIGINT])
    func graceful(signal: Int32) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.held)
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "maxSockets: 1, pendingTimeout: 30s")
            let running = try sluice.connect()
            try running.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            let waiting = try sluice.connect()
            try waiting.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try sluice.status { $0.pending.int == 1 }
            let idle = try sluice.connect()
            sluice.child.signal(signal)
            // A connection without a request ends at once: that is how the test knows that the signal has come.
            #expect(idle.endsCleanly(within: .seconds(5)))
            // Refused, not left waiting.
            do {
                let late = try sluice.connect(patience: .seconds(5))
                try late.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try late.readResponse()
                Issue.record("a new client was answered: \(response.statusLine)")
            } catch RawClient.Failure.timedOut {
                Issue.record("a new client was left waiting")
            } catch {}
            #expect(sluice.child.record.current.ending == nil)
            upstream.release(2)
            let response = try running.readResponse()
            #expect(response.status == 200)
            #expect(response.value("connection") == "close")
            #expect(try waiting.readResponse().status == 200)
            #expect(try sluice.child.waitForEnd(.seconds(10)) == .exit(0))
        }
    }

    @Test("a second signal ends it at once")
    func twice() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.held)
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "timeout: 60s", more: "grace: 60s")
            let running = try sluice.connect()
            try running.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            let idle = try sluice.connect()
            sluice.child.signal(SIGTERM)
            #expect(idle.endsCleanly(within: .seconds(5)))
            let start = ContinuousClock.now
            sluice.child.signal(SIGTERM)
            try sluice.child.waitForEnd(.seconds(5))
            #expect(ContinuousClock.now - start < .seconds(3))
            upstream.release()
        }
    }

    @Test("grace: a request that takes longer is cut")
    func grace() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.held)
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "timeout: 60s", more: "grace: 500ms")
            let running = try sluice.connect()
            try running.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            let start = ContinuousClock.now
            #expect(try sluice.stop(patience: .seconds(10)) == .exit(0))
            let took = ContinuousClock.now - start
            #expect(took >= .milliseconds(450) && took < .seconds(5))
            upstream.release()
        }
    }

    @Test("an idle one stops at once, with sockets free", arguments: [1, 2, 4])
    func idle(threads: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "", more: "threads: \(threads)")
            #expect(try sluice.get("/").status == 200)
            let start = ContinuousClock.now
            #expect(try sluice.stop() == .exit(0))
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(upstream.record.wait { $0.open == 0 })
        }
    }

    @Test("an address that is taken: 69, and the message names it", arguments: ["--listen", "--admin"])
    func taken(flag: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let other = try SluiceProcess.forwarding(to: upstream)
            let address = "127.0.0.1:\(flag == "--admin" ? other.adminPort : upstream.port)"
            let outcome = try ChildProcess.run(
                SluiceBinary.path,
                [flag, address, flag == "--admin" ? "--listen" : "--admin", "127.0.0.1:0", "--upstream", upstream.url],
                patience: .seconds(20))
            #expect(outcome.ending == .exit(69))
            #expect(outcome.errorText.contains(address))
            #expect(outcome.errorText.contains(flag) || outcome.errorText.contains(flag.dropFirst(2)))
            #expect(!outcome.errorText.contains("ready:"))
        }
    }

    struct Usage: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let code: Int32
        let names: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let usages: [Usage] = [
        Usage(arguments: ["--max-sockets", "0"], code: 64, names: "--max-sockets"),
        Usage(arguments: ["--max-sockets", "-1"], code: 64, names: "--max-sockets"),
        Usage(arguments: ["--max-sockets", "many"], code: 64, names: "--max-sockets"),
        Usage(arguments: ["--max-free-sockets", "-1"], code: 64, names: "--max-free-sockets"),
        Usage(arguments: ["--timeout", "soon"], code: 64, names: "--timeout"),
        Usage(arguments: ["--timeout", "-4s"], code: 64, names: "--timeout"),
        Usage(arguments: ["--free-socket-timeout", "1x"], code: 64, names: "--free-socket-timeout"),
        Usage(arguments: ["--socket-active-ttl", ""], code: 64, names: "--socket-active-ttl"),
        Usage(arguments: ["--agent", "sometimes"], code: 64, names: "--agent"),
        Usage(arguments: ["--upstream", "localhost"], code: 64, names: "--upstream"),
        Usage(arguments: ["--upstream", "ftp://a"], code: 64, names: "--upstream"),
        Usage(arguments: ["--upstream", "http://a:99999"], code: 64, names: "--upstream"),
        Usage(arguments: ["--listen", "nowhere"], code: 64, names: "--listen"),
        Usage(arguments: ["--listen", "127.0.0.1:99999"], code: 64, names: "--listen"),
        Usage(arguments: ["--listen", "127.0.0.1"], code: 64, names: "--listen"),
        Usage(arguments: ["--admin", "x:y"], code: 64, names: "--admin"),
        Usage(arguments: ["--threads", "0"], code: 64, names: "--threads"),
        Usage(arguments: ["--threads", "100000"], code: 64, names: "--threads"),
        Usage(arguments: ["--log-level", "loud"], code: 64, names: "--log-level"),
        Usage(arguments: ["--log-format", "xml"], code: 64, names: "--log-format"),
        Usage(arguments: ["--status-interval", "x"], code: 64, names: "--status-interval"),
        Usage(arguments: ["--nonsense"], code: 64, names: "--nonsense"),
        Usage(arguments: ["nonsense"], code: 64, names: "nonsense"),
        Usage(arguments: ["check"], code: 64, names: "file"),
        Usage(arguments: ["bench", "--users", "0"], code: 64, names: "--users"),
        Usage(arguments: ["bench", "--requests", "x"], code: 64, names: "--requests"),
        Usage(arguments: ["bench", "--delay", "never"], code: 64, names: "--delay"),
        Usage(arguments: ["sleep-server", "--listen", "x"], code: 64, names: "--listen"),
        Usage(arguments: ["--config", "/nonexistent/sluice.yaml"], code: 78, names: "/nonexistent/sluice.yaml"),
        Usage(arguments: ["check", "/nonexistent/sluice.yaml"], code: 78, names: "/nonexistent/sluice.yaml"),
        // Another address needs a token or an explicit word (admin.md).
        Usage(arguments: ["--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0"], code: 64, names: "--admin"),
    ]

    @Test("wrong words: their exit code, and a message that names them", arguments: usages)
    func usage(test: Usage) async throws {
        try await onThread {
            let outcome = try ChildProcess.run(SluiceBinary.path, test.arguments, patience: .seconds(20))
            #expect(outcome.ending == .exit(test.code) || (test.names == "--admin" && outcome.ending == .exit(78)))
            #expect(outcome.errorText.contains(test.names))
            #expect(outcome.output.isEmpty)
        }
    }

    @Test(
        "--help and --version end with 0 on standard output",
        arguments: [
            ["--help"], ["--version"], ["help", "serve"], ["bench", "--help"], ["check", "--help"],
            ["sleep-server", "--help"],
        ])
    func help(arguments: [String]) async throws {
        try await onThread {
            let outcome = try ChildProcess.run(SluiceBinary.path, arguments)
            #expect(outcome.ending == .exit(0))
            #expect(outcome.errors.isEmpty)
            #expect(!outcome.output.isEmpty)
        }
    }

    @Test("a bad configuration: 78, and every error with its line", arguments: ["serve", "check"])
    func configuration(command: String) async throws {
        try await onThread {
            let file = "/tmp/sluice-\(UUID().uuidString).yaml"
            defer { unlink(file) }
            try Data(
                """
                listen: 127.0.0.1:0
                thread: 2
                client: {headTimeout: soon}
                agents:
                  k: {upstream: "http://127.0.0.1:1", maxSockets: 0, maxSocket: 3}
                routes: [{prefix: /k, agent: nobody}]
                """.utf8
            ).write(to: URL(filePath: file))
            let outcome = try ChildProcess.run(
                SluiceBinary.path, command == "serve" ? ["serve", "--config", file] : ["check", file])
            #expect(outcome.ending == .exit(78))
            for word in [":2:", ":3:", ":5:", "thread", "headTimeout", "maxSockets", "maxSocket", "nobody"] {
                #expect(outcome.errorText.contains(word), "\(word)")
            }
        }
    }

    @Test("check prints what a file means")
    func check() async throws {
        try await onThread {
            let file = "/tmp/sluice-\(UUID().uuidString).yaml"
            defer { unlink(file) }
            try Data("agents: {default: {upstream: \"http://127.0.0.1:1\", timeout: 3s}}\n".utf8)
                .write(to: URL(filePath: file))
            let outcome = try ChildProcess.run(
                SluiceBinary.path, ["check", file], environment: ["SLUICE_MAX_SOCKETS": "11"])
            #expect(outcome.ending == .exit(0))
            #expect(outcome.errors.isEmpty)
            let rows = outcome.outputText.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(
                rows.contains { $0.prefix(2) == ["agents.default.timeout", "3s"] && $0.last?.contains(file) == true })
            #expect(
                rows.contains {
                    $0.prefix(2) == ["agents.default.maxSockets", "11"] && $0.last == "SLUICE_MAX_SOCKETS"
                })
            #expect(rows.contains { $0.prefix(3) == ["grace", "10s", "default"] })
        }
    }
}
