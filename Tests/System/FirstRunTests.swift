import Foundation
import Testing
import TestSupport

/// The first run, with no set-up at all (product.md, seed-benchmark.md).
///
/// One after the other: the built-in upstream has one port.
@Suite("First run", .bounded, .serialized)
struct FirstRunTests {
    private let arguments = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]

    @Test(
        "plain sluice and sluice serve announce themselves in three lines, the last of which says ready",
        arguments: [
            [], ["serve"],
        ])
    func announcement(command: [String]) async throws {
        try await onThread {
            let sluice = try SluiceProcess(command + arguments)
            let lines = sluice.errorText.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(
                lines.last == "ready: proxy http://127.0.0.1:\(sluice.port), admin http://127.0.0.1:\(sluice.adminPort)"
            )
            #expect(lines.first?.contains("sleep server") == true)
            // The curl line can be pasted.
            let line = try #require(lines.first { $0.contains("curl ") })
            let url = try #require(line.firstMatch(of: /http:\/\/127\.0\.0\.1:\d+\/k\/5/)).0
            let outcome = try ChildProcess.run("/bin/sh", ["-c", "exec curl -sf \(url)"])
            #expect(outcome.ending == .exit(0))
            #expect(try JSON(outcome.output).delay.int == 5)
            #expect(sluice.child.record.current.output.isEmpty, "standard output is for results")
        }
    }

    @Test(
        "the built-in upstream answers through both agents",
        arguments: [
            ("/5", "default", 5), ("/k/5", "k", 5), ("/", "default", 1), ("/k", "k", 1), ("/k/", "k", 1),
            ("/30", "default", 30),
        ])
    func paths(path: String, agent: String, delay: Int) async throws {
        try await onThread {
            let sluice = try SluiceProcess(arguments)
            let start = ContinuousClock.now
            let response = try sluice.get(path, fields: "X-Mine: 1\r\n")
            #expect(ContinuousClock.now - start >= .milliseconds(delay))
            #expect(response.status == 200)
            #expect(response.value("content-type")?.hasPrefix("application/json") == true)
            let json = try JSON(response.body)
            #expect(json.delay.int == delay)
            #expect(json.headers["X-Mine"].string == "1" || json.headers["x-mine"].string == "1")
            let totals = try sluice.status(of: agent) { $0.totals.requests.int == 1 }.totals
            #expect(totals.requests.int == 1 && totals.created.int == 1)
            #expect(try sluice.agent("k").mode.string == "keepalive")
            #expect(try sluice.agent("default").mode.string == "normal")
        }
    }

    @Test("a body comes back with its size", arguments: ["/5", "/k/5"])
    func body(path: String) async throws {
        try await onThread {
            let sluice = try SluiceProcess(arguments)
            let text = "{\"a\": \"é\"}"
            let response = try sluice.exchange(
                "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
            let json = try JSON(response.body)
            #expect(json.size.int == text.utf8.count)
            #expect(json.body.string == text)
        }
    }

    @Test("the sleep server alone, on the address it is told")
    func sleepServer() async throws {
        try await onThread {
            let server = try SluiceProcess(["sleep-server", "--listen", "127.0.0.1:0"])
            #expect(server.readyLine == "ready: sleep-server http://127.0.0.1:\(server.port)")
            #expect(try JSON(server.get("/3").body).delay.int == 3)
            #expect(try server.stop() == .exit(0))
        }
    }

    @Test("with --upstream there is one agent, default, in the mode asked for", arguments: ["keepalive", "normal"])
    func upstream(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, ["--agent", mode, "--max-sockets", "7"])
            #expect(try sluice.get("/k/5").text.hasPrefix("GET /k/5 "))
            let agents = try sluice.json("/api/v1/agents").agents.elements
            #expect(agents.map(\.name.string) == ["default"])
            #expect(agents.first?.mode.string == mode)
            #expect(agents.first?.maxSockets.int == 7)
        }
    }

    @Test("a Unix socket is an address too")
    func unixSocket() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let path = "/tmp/sluice-\(UUID().uuidString.prefix(8)).sock"
            defer { unlink(path) }
            // Twice: what the first one leaves behind is not in the way of the second.
            for _ in 0..<2 {
                let sluice = try SluiceProcess(
                    ["serve", "--listen", "unix:\(path)", "--admin", "127.0.0.1:0", "--upstream", upstream.url],
                    upstream: upstream)
                #expect(sluice.readyLine.contains("unix:\(path)"))
                let client = try RawClient(path: path)
                try client.send("GET /u HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().text.hasPrefix("GET /u "))
                #expect(try sluice.stop() == .exit(0))
            }
        }
    }

    @Test("variables stand for flags, and flags come first")
    func environment() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess(
                ["--max-sockets", "9"],
                environment: [
                    "SLUICE_LISTEN": "127.0.0.1:0", "SLUICE_ADMIN": "127.0.0.1:0", "SLUICE_UPSTREAM": upstream.url,
                    "SLUICE_MAX_SOCKETS": "5", "SLUICE_TIMEOUT": "3s",
                ], upstream: upstream)
            let agent = try sluice.agent()
            #expect(agent.maxSockets.int == 9)
            #expect(agent.timeout.number == 3)
        }
    }
}
