import Foundation
import Glibc
import Testing
import TestSupport

/// The access log, end to end.
@Suite("Access log", .bounded)
struct AccessLogTests {
    /// A file in a folder of its own, which is removed with this object.
    private final class LogFile: Sendable {
        let folder: URL
        let file: URL
        var path: String { file.path }

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "sluice-log-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            file = folder.appending(path: "access.log")
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func lines(_ url: URL? = nil) -> [String] {
            let text = (try? String(contentsOf: url ?? file, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        /// Waits until there are `count` lines.
        func lines(count: Int) -> [String] {
            let deadline = ContinuousClock.now + .seconds(10)
            while lines().count < count, ContinuousClock.now < deadline {
                // Only paces the looking; the condition is what is waited for.
                Thread.sleep(forTimeInterval: 0.01)
            }
            return lines()
        }
    }

    @Test("a request is one line with all that happened to it", arguments: ["keepalive", "normal"])
    func text(mode: String) async throws {
        try await onThread {
            let log = try LogFile()
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: \(mode)", more: "accessLog: \(log.path)")
            let client = try sluice.connect()
            for number in 1...2 {
                try client.send(
                    "GET /\(number)?q=a%20b HTTP/1.1\r\nHost: a.example:80\r\nAuthorization: secret\r\n\r\n")
                #expect(try client.readResponse().status == 200)
            }
            let lines = log.lines(count: 2)
            #expect(lines.count == 2)
            let pattern = try Regex(
                #"127\.0\.0\.1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "GET /(\d)\?q=a%20b HTTP/1\.1" a\.example:80 200 "#
                    + #"\d+/\d+ default/(\w+) \d+\.\d{3}/\d+\.\d{3}/\d+\.\d{3}/\d+\.\d{3} \d+ (\w+) ok"#)
            let matches = try lines.map { try #require(try pattern.wholeMatch(in: $0), "\($0)") }
            #expect(matches.map { $0[1].substring.map(String.init) } == ["1", "2"])
            #expect(matches.map { $0[2].substring.map(String.init) } == [mode, mode])
            let reuse = matches.map { $0[3].substring.map(String.init) }
            #expect(reuse == (mode == "keepalive" ? ["new", "reused"] : ["new", "new"]))
            #expect(!lines.joined().contains("secret"))
        }
    }

    @Test("as JSON on standard output, which has nothing else on it")
    func json() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc"))
            let sluice = try SluiceProcess.forwarding(
                to: upstream, ["--access-log", "stdout", "--log-format", "json"])
            let start = Date()
            let body = String(repeating: "x", count: 1_000)
            let response = try sluice.exchange(
                "POST /p HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000\r\n\r\n\(body)")
            #expect(response.status == 404)
            #expect(sluice.child.record.wait { $0.outputText.contains("\n") })
            let line = try JSON(sluice.child.record.current.output)
            #expect(line.method.string == "POST" && line.target.string == "/p" && line.host.string == "a.example")
            #expect(line.client.string == "127.0.0.1" && line.version.string == "1.1")
            #expect(line.status.int == 404 && line.agent.string == "default" && line.mode.string == "keepalive")
            #expect((line.bytesFromClient.int ?? 0) > 1_000 && (line.bytesToUpstream.int ?? 0) > 1_000)
            #expect((line.bytesToClient.int ?? 0) > 3 && (line.bytesFromUpstream.int ?? 0) > 3)
            let (total, firstByte) = (line.total.number ?? -1, line.firstByte.number ?? -1)
            #expect(firstByte > 0 && total >= firstByte && total < 10)
            #expect((line.connecting.number ?? -1) >= 0 && (line.waiting.number ?? -1) >= 0)
            #expect(line.reused == .bool(false) && line.retried == .bool(false))
            #expect(line.termination.string == "ok")
            #expect(line.socket.string != nil)
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            let time = try style.parse(try #require(line.time.string))
            #expect(abs(time.timeIntervalSince(start)) < 20)
        }
    }

    @Test("what the proxy answers itself, and what comes to nothing, are lines too")
    func failures() async throws {
        try await onThread {
            let log = try LogFile()
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.waitForEnd()
            }
            let sluice = try SluiceProcess.configured(
                """
                accessLog: \(log.path)
                logFormat: json
                agents:
                  slow: {upstream: "\(upstream.url)", timeout: 200ms}
                  none: {upstream: "http://127.0.0.1:9"}
                routes: [{prefix: /slow, agent: slow}, {prefix: /none, agent: none}]
                """)
            #expect(try sluice.get("/slow").status == 504)
            #expect(try sluice.get("/none").status == 502)
            #expect(try sluice.get("/other").status == 404)
            #expect(try sluice.exchange("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status == 400)
            let lines = try log.lines(count: 4).map { try JSON($0) }
            // In no order: each thread of the proxy has its own requests.
            #expect(Set(lines.map(\.status.int)) == [504, 502, 404, 400])
            #expect(lines.first { $0.agent.string == "slow" }?.status.int == 504)
            #expect(lines.first { $0.agent.string == "none" }?.status.int == 502)
            #expect(lines.count { $0.agent == .null } == 2)
            #expect(lines.allSatisfy { $0.termination.string?.isEmpty == false && $0.termination.string != "ok" })
        }
    }

    @Test("nothing that a client sends makes another line")
    func injection() async throws {
        try await onThread {
            let log = try LogFile()
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "", more: "accessLog: \(log.path)")
            let targets = [
                "/\"x", "/a\\b", "/a\u{1}b", "/\u{1b}[2J", "/%0d%0aGET", "/ü", "/a\tb",
                "/" + String(repeating: "y", count: 9_000),
            ]
            for target in targets {
                let client = try sluice.connect()
                try client.send("GET \(target) HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
                _ = try? client.readResponse()
            }
            try sluice.stop()
            let lines = log.lines()
            #expect(lines.count == targets.count, "\(lines)")
            #expect(
                lines.allSatisfy { $0.hasPrefix("127.0.0.1 2") && $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
            #expect(lines.allSatisfy { $0.utf8.count < 2_500 })
        }
    }

    @Test("every request of a load is one line", arguments: ["text", "json"])
    func load(format: String) async throws {
        try await onThread {
            let log = try LogFile()
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "maxSockets: 4", more: "accessLog: \(log.path)\nlogFormat: \(format)")
            let result = Load.run(port: sluice.port, clients: 8, requests: 100, path: { "/\($0)-\($1)" })
            #expect(result.answered == 800 && result.failures.isEmpty)
            #expect(try sluice.stop() == .exit(0))
            let lines = log.lines()
            #expect(lines.count == 800)
            let targets = Set(lines.compactMap { $0.firstMatch(of: /\/(\d+-\d+)/).map { String($0.1) } })
            #expect(targets.count == 800)
            if format == "json" { #expect(throws: Never.self) { try lines.forEach { _ = try JSON($0) } } }
        }
    }

    @Test("after a rotation and SIGHUP the new file goes on, with no line lost")
    func rotation() async throws {
        try await onThread {
            let log = try LogFile()
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            // Without a configuration file: the signal is for the access log alone.
            let sluice = try SluiceProcess.forwarding(to: upstream, ["--access-log", log.path])
            var rotated: [URL] = []
            for round in 0..<5 {
                let result = Load.run(port: sluice.port, clients: 2, requests: 10, path: { "/\(round)-\($0)-\($1)" })
                #expect(result.answered == 20)
                let old = log.folder.appending(path: "access.log.\(round)")
                #expect(rename(log.path, old.path) == 0)
                rotated.append(old)
                sluice.child.signal(SIGHUP)
                let isThere = sluice.child.record.wait {
                    $0.errorText.components(separatedBy: "SIGHUP").count == round + 2
                }
                #expect(isThere && FileManager.default.fileExists(atPath: log.path))
            }
            #expect(try sluice.get("/last").status == 200)
            #expect(try sluice.stop() == .exit(0))
            let all = (rotated + [log.file]).map { log.lines($0) }
            #expect(all.reduce(0) { $0 + $1.count } == 101)
            #expect(all.last?.contains { $0.contains("GET /last ") } == true)
            let mode = try FileManager.default.attributesOfItem(atPath: log.path)[.posixPermissions] as? Int
            #expect((mode ?? 0) & 0o007 == 0, "others may not read it")
        }
    }

    @Test("a full disk costs lines, not requests, and is told")
    func full() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, ["--access-log", "/dev/full"])
            for _ in 0..<20 { #expect(try sluice.get("/").status == 200) }
            #expect(
                sluice.child.record.wait {
                    $0.errorText.contains("were not written: /dev/full: No space left on device")
                })
            #expect(try sluice.stop() == .exit(0))
        }
    }

    @Test(
        "a place that cannot be written to is told at the start: 78",
        arguments: [
            ("/nonexistent/access.log", "No such file or directory"), ("/proc/version/x", "Not a directory"),
        ])
    func unwritable(path: String, words: String) async throws {
        try await onThread {
            let outcome = try ChildProcess.run(
                SluiceBinary.path,
                ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--upstream", "http://127.0.0.1:9"]
                    + ["--access-log", path])
            #expect(outcome.ending == .exit(78))
            #expect(outcome.errorText == "--access-log: \(path) cannot be opened: \(words)\n")
        }
    }
}
