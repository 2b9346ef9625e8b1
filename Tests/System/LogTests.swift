import Foundation
import Glibc
import Testing
import TestSupport

/// What the log tells an operator.
@Suite("The log", .bounded)
struct LogTests {
    @Test("an upstream that is lost is told once, and when it is back")
    func upstream() async throws {
        try await onThread {
            let first = try ScriptedUpstream()
            let port = first.port
            let sluice = try SluiceProcess.forwarding(to: first, settings: "mode: normal, connectTimeout: 500ms")
            #expect(try sluice.get("/").status == 200)
            first.stop()
            #expect(first.record.wait { $0.open == 0 })
            let lost = "agent default: http://127.0.0.1:\(port) does not answer ("
            let deadline = ContinuousClock.now + .seconds(10)
            // A failure right behind an answer is no loss yet; one later is.
            while !sluice.errorText.contains("warning \(lost)"), ContinuousClock.now < deadline {
                _ = try sluice.get("/")
                // Only paces the asking; the line is what is waited for.
                Thread.sleep(forTimeInterval: 0.02)
            }
            #expect(sluice.errorText.contains("warning \(lost)"), "\(sluice.errorText)")
            let second = try ScriptedUpstream(port: port)
            #expect(try sluice.get("/").status == 200)
            let back = "notice agent default: http://127.0.0.1:\(port) answers again\n"
            #expect(sluice.child.record.wait { $0.errorText.contains(back) }, "\(sluice.errorText)")
            #expect(sluice.errorText.components(separatedBy: lost).count == 2)
            second.stop()
        }
    }

    @Test("agents that have fewer sockets than they were told are told")
    func descriptors() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.configured(
                "agents: {default: {upstream: \"\(upstream.url)\", maxSockets: 5000}}", descriptorsMax: 200)
            let line = try Regex(
                #" warning agent default may have \d+ sockets and not 5000: the process may have 200 files open"#)
            #expect(sluice.child.record.wait { $0.errorText.contains(line) }, "\(sluice.errorText)")
        }
    }

    @Test("a start says three lines and nothing more; a stop says when it begins and when it is done")
    func startAndStop() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            #expect(try sluice.get("/").status == 200)
            #expect(sluice.errorText.split(separator: "\n").count == 3)
            #expect(try sluice.stop() == .exit(0))
            let lines = sluice.errorText.split(separator: "\n").dropFirst(3)
            #expect(lines.count == 2)
            #expect(lines.first?.hasSuffix(" info stops: no new clients; running requests have 10s") == true)
            #expect(lines.last?.hasSuffix(" info stopped") == true)
        }
    }

    @Test("changes are told with who made them, as JSON too", arguments: ["text", "json"])
    func changes(format: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, ["--log-format", format])
            #expect(try sluice.patch("default", "{\"mode\":\"normal\"}").status == 200)
            #expect(sluice.child.record.wait { $0.errorText.split(separator: "\n").count == 4 })
            let line = try #require(sluice.errorText.split(separator: "\n").last)
            // Behind the client's address and port.
            let message = " changed agent default: mode from \"keepalive\" to \"normal\""
            if format == "json" {
                let json = try JSON(String(line))
                #expect(json.level.string == "info")
                let text = try #require(json.message.string)
                #expect(text.hasPrefix("127.0.0.1:") && text.hasSuffix(message))
            } else {
                #expect(line.contains(" info 127.0.0.1:") && line.hasSuffix(message))
            }
        }
    }

    private static let script = "/usr/bin/script"

    @Test("the end of its terminal is its end", .enabled(if: FileManager.default.isExecutableFile(atPath: script)))
    func terminal() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let command =
                [SluiceBinary.path, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
                + ["--upstream", upstream.url]
            let terminal = try ChildProcess(
                Self.script, ["-q", "-f", "-c", "exec " + command.joined(separator: " "), "/dev/null"])
            #expect(terminal.record.wait { $0.outputText.contains("ready: ") })
            let text = terminal.record.current.outputText
            let port = try #require(text.firstMatch(of: /proxy http:\/\/127\.0\.0\.1:(\d+)/).flatMap { UInt16($0.1) })
            let client = try RawClient(port: port)
            terminal.kill()
            // It stops as on SIGTERM: an idle connection ends.
            #expect(client.endsCleanly(within: .seconds(10)))
        }
    }
}
