import Foundation
import Glibc
import Testing
import TestSupport

/// Reading the configuration file again (product.md "Configuration").
@Suite("Reload on SIGHUP", .bounded)
struct ReloadTests {
    private static func agent(_ upstream: ScriptedUpstream, _ settings: String = "maxSockets: 10") -> String {
        "agents: {default: {upstream: \"\(upstream.url)\", \(settings)}}"
    }

    @Test("a good file is in force, and said to be")
    func good() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.agent(upstream), upstream: upstream)
            try served.reload(
                """
                agents:
                  default: {upstream: "\(upstream.url)", maxSockets: 20, timeout: 3s}
                  new: {upstream: "\(upstream.url)", mode: normal}
                routes: [{prefix: /new, agent: new}, {agent: default}]
                """)
            try served.expect("maxSockets", 20)
            #expect(try served.sluice.agent().timeout.number == 3)
            #expect(try served.sluice.get("/new/x").status == 200)
            #expect(try served.sluice.agent("new").status.totals.requests.int == 1)
            served.expectLog("info \(served.file.path) was read again: it is in force")
            served.expectLog("SIGHUP changed agent default: maxSockets from 10 to 20")
            served.expectLog("SIGHUP added agent new")
            // And away again.
            try served.reload(Self.agent(upstream, "maxSockets: 20, timeout: 3s"))
            served.expectLog("SIGHUP removed agent new")
            #expect(try served.sluice.admin("GET", "/api/v1/agents/new").status == 404)
            #expect(try served.sluice.get("/new/x").status == 200)
        }
    }

    @Test("a file that says the same changes nothing and tells nobody")
    func same() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.agent(upstream), upstream: upstream)
            let tag = try served.sluice.admin("GET", "/api/v1/agents/default").value("ETag")
            served.sluice.child.signal(SIGHUP)
            served.expectLog("\(served.file.path) was read again: nothing has changed")
            #expect(try served.sluice.admin("GET", "/api/v1/agents/default").value("ETag") == tag)
            #expect(!served.sluice.errorText.contains("SIGHUP"))
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        /// What stands before the agents.
        let text: String
        let lines: [String]

        var testDescription: String { text }
    }

    @Test("a bad file is refused whole, each fault with its place, and the old one goes on", arguments: bad)
    func refused(_ bad: Bad) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.agent(upstream), upstream: upstream)
            try served.reload(bad.text + "\n" + Self.agent(upstream, "maxSockets: 30"))
            for line in bad.lines { served.expectLog(" error \(served.file.path):\(line)\n") }
            served.expectLog(
                " error \(served.file.path) was read again and is not put in force; the configuration stays as it was")
            #expect(try served.sluice.agent().maxSockets.int == 10)
            #expect(try served.sluice.get("/").status == 200)
            // It is well again as soon as the file is.
            try served.reload(Self.agent(upstream, "maxSockets: 40"))
            try served.expect("maxSockets", 40)
        }
    }

    static let bad: [Bad] = [
        Bad(
            text: "grace: soon\nlistn: x",
            lines: [
                "3:8: grace: must be a duration such as \"500ms\", \"4s\" or \"2m\", not \"soon\"",
                "4:1: listn: unknown key; did you mean listen?",
            ]),
        Bad(
            text: "via: [",
            lines: ["5:1: is not YAML: did not find expected ',' or ']' (while parsing a flow sequence, line 3)"]),
        Bad(text: "threads: 7", lines: ["3:10: threads: cannot change without a restart; it is auto"]),
        Bad(
            text: "accessLog: /nonexistent/log",
            lines: ["3:12: accessLog: /nonexistent/log cannot be opened: No such file or directory"]),
        Bad(
            text: "routes: [{agent: nobody}]", lines: ["3:18: routes[0].agent: no agent is named \"nobody\""]),
    ]

    @Test("addresses cannot change", arguments: ["listen", "admin"])
    func addresses(key: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.agent(upstream), upstream: upstream)
            let other = key == "listen" ? "listen: 127.0.0.1:1" : "admin: {listen: 127.0.0.1:1}"
            let same = key == "listen" ? "admin: {listen: 127.0.0.1:0}" : "listen: 127.0.0.1:0"
            try ConfiguredProcess.overwrite(served.file, "\(same)\n\(other)\n\(Self.agent(upstream, "maxSockets: 1"))")
            served.sluice.child.signal(SIGHUP)
            let path = key == "listen" ? "2:9: listen" : "2:17: admin.listen"
            served.expectLog("\(served.file.path):\(path): cannot change without a restart; it is 127.0.0.1:0")
            #expect(try served.sluice.agent().maxSockets.int == 10)
        }
    }

    @Test("a file that is gone is refused, and is read when it is back")
    func gone() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.agent(upstream), upstream: upstream)
            try FileManager.default.removeItem(at: served.file)
            served.sluice.child.signal(SIGHUP)
            served.expectLog("\(served.file.path): cannot be read: No such file or directory")
            #expect(try served.sluice.get("/").status == 200)
            let text = ConfiguredProcess.text(Self.agent(upstream, "maxSockets: 11"))
            try Data(text.utf8).write(to: served.file)
            served.sluice.child.signal(SIGHUP)
            try served.expect("maxSockets", 11)
        }
    }

    @Test("without a file the signal changes nothing and stops nothing")
    func noFile() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            sluice.child.signal(SIGHUP)
            #expect(
                sluice.child.record.wait { $0.errorText.contains("SIGHUP: there is no configuration file to read") })
            #expect(try sluice.get("/").status == 200)
            #expect(try sluice.stop() == .exit(0))
        }
    }

    @Test("twenty reloads under load lose no request, and neither do bad ones among them")
    func underLoad() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            func configuration(_ number: Int) -> String {
                """
                grace: \(10 + number)s
                agents:
                  default: {upstream: "\(upstream.url)", maxSockets: \(4 + number % 3), \
                mode: \(number % 2 == 0 ? "keepalive" : "normal"), pendingTimeout: 30s}
                  \(number % 2 == 0 ? "even" : "odd"): {upstream: "\(upstream.url)"}
                routes: [{prefix: /x, stripPrefix: true, agent: \(number % 2 == 0 ? "even" : "odd")}, {agent: default}]
                """
            }
            let served = try ConfiguredProcess(configuration(0), upstream: upstream)
            let isOver = Watched(false)
            let load = Watched<Load.Result?>(nil)
            let port = served.sluice.port
            Background.run {
                let result = Load.run(
                    port: port, clients: 8, requests: 100_000, path: { $1 % 2 == 0 ? "/x/\($0)" : "/\($0)" },
                    while: { !isOver.current })
                load.update { $0 = result }
            }
            for number in 1...20 {
                try served.reload(configuration(number))
                try served.expect("maxSockets", Double(4 + number % 3))
                if number % 5 == 0 {
                    try served.reload("nonsense: 1\n" + configuration(0))
                    let count = number / 5
                    let isRefused = served.sluice.child.record.wait {
                        $0.errorText.components(separatedBy: "is not put in force").count == count + 1
                    }
                    #expect(isRefused)
                }
            }
            isOver.update { $0 = true }
            #expect(load.wait { $0 != nil })
            let result = try #require(load.current)
            #expect(result.failures.isEmpty, "\(result.failures.prefix(5))")
            #expect(result.answered > 100)
            #expect(served.sluice.errorText.components(separatedBy: ": it is in force").count == 21)
            try served.sluice.expectQuiet()
        }
    }

    @Test("the log's level and format, the status lines and the access log change too")
    func program() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess("logLevel: error\n" + Self.agent(upstream), upstream: upstream)
            let log = served.folder.appending(path: "access.log")
            func requests() -> Int {
                let text = try? String(contentsOf: log, encoding: .utf8)
                return text?.split(separator: "\n").count ?? 0
            }
            #expect(try served.sluice.get("/").status == 200)
            try served.reload(
                "logFormat: json\nstatusInterval: 100ms\naccessLog: \(log.path)\n" + Self.agent(upstream))
            served.expectLog("\"level\":\"info\",\"message\":\"\(served.file.path) was read again: it is in force\"}")
            served.expectLog("\"message\":\"SIGHUP changed the configuration: accessLog from")
            served.expectLog("\n[sluice] keepalive, 1 created")
            #expect(try served.sluice.get("/").status == 200)
            try served.reload("logLevel: error\n" + Self.agent(upstream, "maxSockets: 11"))
            try served.expect("maxSockets", 11)
            // Quiet again: what it says is a fault.
            try served.reload("logLevel: error\nnonsense: 1\n" + Self.agent(upstream))
            served.expectLog(" error \(served.file.path):4:1: nonsense: unknown key")
            #expect(try served.sluice.get("/").status == 200)
            #expect(try served.sluice.stop() == .exit(0))
            #expect(requests() == 1)
            #expect(served.sluice.errorText.components(separatedBy: "it is in force").count == 2)
        }
    }
}
