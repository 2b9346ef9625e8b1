import Foundation
import Glibc
import Testing
import TestSupport

/// The configuration as a whole over the API (admin.md "Resources").
@Suite("The configuration over the API", .bounded)
struct ConfigurationTests {
    private static func file(_ upstream: ScriptedUpstream, maxSockets: Int = 10) -> String {
        """
        grace: 5s
        agents:
          k: {upstream: "\(upstream.url)", maxSockets: \(maxSockets)}
          default: {upstream: "\(upstream.url)", mode: normal}
        routes: [{prefix: /k, stripPrefix: true, agent: k}, {agent: default}]
        """
    }

    private static let path = "/api/v1/config"

    @Test("it shows what is in force and where it came from")
    func shown() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(
                Self.file(upstream), ["--timeout", "3s", "--log-level", "debug"], upstream: upstream)
            let config = try served.sluice.json(Self.path)
            #expect(config.grace.number == 5 && config.agents.k.maxSockets.int == 10)
            #expect(config.agents.k.timeout.number == 3 && config.client.maxBodySize == .null)
            #expect(config.listen == .array([.string("127.0.0.1:0")]))
            #expect(config.accessLog.string == "off" && config.logLevel.string == "debug")
            #expect(config.statusInterval == .null && config.watch == .bool(false))
            #expect(config.routes[0] == (try JSON(#"{"prefix":"/k","stripPrefix":true,"agent":"k"}"#)))
            let status = config.status
            #expect(status.file.string == served.file.path)
            #expect(status.sources["/grace"].string == "\(served.file.path):3")
            #expect(status.sources["/agents/k/maxSockets"].string == "\(served.file.path):5")
            #expect(status.sources["/agents/k/timeout"].string == "--timeout")
            #expect(status.sources["/agents/k/retry"].string == "default")
            #expect(status.lastReload.successful == .bool(true) && status.lastReload.errors == .array([]))
            #expect(try served.sluice.patch("k", "{\"maxSockets\":11}").status == 200)
            #expect(try served.sluice.json(Self.path).status.sources["/agents/k/maxSockets"].string == "api")
        }
    }

    @Test("what was read can be written back and changes nothing")
    func writtenBack() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.file(upstream), upstream: upstream)
            let before = try served.sluice.admin("GET", Self.path)
            let tag = try #require(before.value("ETag"))
            let body = String(decoding: before.body, as: UTF8.self)
            let reply = try served.sluice.admin("PUT", Self.path, fields: "If-Match: \(tag)\r\n", body: body)
            #expect(reply.status == 200)
            #expect(try JSON(reply.body) == JSON(before.body))
            #expect(reply.value("ETag") == tag)
            #expect(!served.sluice.errorText.contains("changed"))
        }
    }

    @Test("another one takes its place, what only a restart can change left out")
    func replaced() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.file(upstream), upstream: upstream)
            let body = """
                {"agents": {"default": {"upstream": "\(upstream.url)", "maxSockets": 7, "timeout": "1500ms"}},
                 "logLevel": "debug", "accessLog": "stdout"}
                """
            let reply = try served.sluice.admin("PUT", Self.path, body: body)
            #expect(reply.status == 200, "\(reply.text)")
            let config = try JSON(reply.body)
            #expect(config.agents.names == ["default"] && config.routes == .array([]))
            #expect(config.agents.default.timeout.number == 1.5)
            #expect(config.grace.number == 10 && config.logLevel.string == "debug")
            #expect(config.status.sources["/grace"].string == "api")
            #expect(try served.sluice.get("/k/x").status == 200)
            #expect(try served.sluice.admin("GET", "/api/v1/agents/k").status == 404)
            #expect(upstream.requests.last?.target == "/k/x")
            // The file's comes back when it is read again.
            let reload = try served.sluice.admin("POST", Self.path + "/reload")
            #expect(reload.status == 200, "\(reload.text)")
            let outcome = try JSON(reload.body)
            #expect(outcome.successful == .bool(true) && outcome.errors == .array([]))
            #expect(outcome.changes.elements.contains { $0.agent.string == "default" && $0.setting.string == "mode" })
            #expect(try served.sluice.json(Self.path).grace.number == 5)
            #expect(try served.sluice.stop() == .exit(0))
            #expect(served.sluice.child.record.current.outputText.split(separator: "\n").count == 1)
        }
    }

    @Test("all faults are told at once, and nothing changes")
    func faults() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.file(upstream), upstream: upstream)
            let body = """
                {"agents": {"a.b": {"upstream": "\(upstream.url)", "maxSockets": 0, "nothing": 1}}, "via": "a b",
                 "routes": [{"prefix": "/", "agent": "other"}], "listen": "127.0.0.1:1", "threads": 3,
                 "admin": {"listen": "127.0.0.1:2"}, "accessLog": "/nonexistent/x"}
                """
            let reply = try served.sluice.admin("PUT", Self.path, body: body)
            #expect(reply.status == 422)
            let pointers = try JSON(reply.body).errors.elements.compactMap(\.pointer.string)
            #expect(
                Set(pointers) == [
                    "/agents/a.b/maxSockets", "/agents/a.b/nothing", "/via", "/routes/0/agent", "/listen", "/threads",
                    "/admin/listen",
                ])
            #expect(try served.sluice.json(Self.path).agents.names == ["k", "default"])
        }
    }

    @Test("the API cannot write to files: the access log goes only where the file says, or nowhere, or to stdout")
    func accessLog() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(
                Self.file(upstream), ["--access-log", "/dev/null"], upstream: upstream)
            func put(_ place: String) throws -> RawResponse {
                try served.sluice.admin(
                    "PUT", Self.path,
                    body: "{\"agents\":{\"default\":{\"upstream\":\"\(upstream.url)\"}},\"accessLog\":\"\(place)\"}")
            }
            let other = served.folder.appending(path: "other").path
            let reply = try put(other)
            #expect(reply.status == 422)
            let fault = try JSON(reply.body).errors[0]
            #expect(fault.pointer.string == "/accessLog")
            #expect(fault.detail.string?.hasPrefix("must be off, stdout or /dev/null: ") == true)
            #expect(!FileManager.default.fileExists(atPath: other))
            for place in ["off", "/dev/null", "stdout", "/dev/null"] {
                #expect(try put(place).status == 200)
                #expect(try served.sluice.json(Self.path).accessLog.string == place)
            }
        }
    }

    @Test("who may use the API is for the file to say, not for the API; a reload reads tokens and names again")
    func access() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let configuration = Self.file(upstream)
            let served = try ConfiguredProcess(configuration, upstream: upstream) { folder, text in
                let token = folder.appending(path: "token")
                try Data("first-token-0123456789\n".utf8).write(to: token)
                let text = text.replacing(
                    "admin: {", with: "admin: {changeTokenFile: \(token.path), hosts: [a.example], ")
                try Data(text.utf8).write(to: folder.appending(path: "sluice.yaml"))
            }
            func status(_ token: String, host: String? = nil) throws -> Int {
                try served.sluice.admin(
                    "GET", Self.path, fields: "Authorization: Bearer \(token)\r\n", host: host
                ).status
            }
            #expect(try status("first-token-0123456789", host: "a.example") == 200)
            #expect(try status("second-token-0123456789") == 401)
            let own = "Authorization: Bearer first-token-0123456789\r\n"
            let refused = try served.sluice.admin(
                "PUT", Self.path, fields: own,
                body:
                    "{\"agents\":{\"default\":{\"upstream\":\"\(upstream.url)\"}},\"admin\":{\"hosts\":[\"b.example\"]}}"
            )
            #expect(refused.status == 422)
            #expect(try JSON(refused.body).errors[0].detail.string == "cannot change over the API; it is [a.example]")
            try Data("second-token-0123456789\n".utf8).write(to: served.folder.appending(path: "token"))
            let text = try String(contentsOf: served.file, encoding: .utf8).replacing("a.example", with: "b.example")
            try ConfiguredProcess.overwrite(served.file, text)
            served.sluice.child.signal(SIGHUP)
            served.expectLog("was read again: it is in force")
            #expect(try status("first-token-0123456789") == 401)
            #expect(try status("second-token-0123456789", host: "b.example") == 200)
            #expect(try status("second-token-0123456789", host: "a.example") != 200)
        }
    }

    @Test("a version that is gone is not overwritten")
    func precondition() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.file(upstream), upstream: upstream)
            let before = try served.sluice.admin("GET", Self.path)
            let tag = try #require(before.value("ETag"))
            #expect(try served.sluice.patch("k", "{\"maxSockets\":11}").status == 200)
            let body = String(decoding: before.body, as: UTF8.self)
            let reply = try served.sluice.admin("PUT", Self.path, fields: "If-Match: \(tag)\r\n", body: body)
            #expect(reply.status == 412)
            #expect(try served.sluice.agent("k").maxSockets.int == 11)
        }
    }

    @Test("a bad file is told with its places, and remembered until a good one is read")
    func badReload() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.file(upstream), upstream: upstream)
            try ConfiguredProcess.overwrite(served.file, ConfiguredProcess.text(Self.file(upstream, maxSockets: 0)))
            let reply = try served.sluice.admin("POST", Self.path + "/reload")
            #expect(reply.status == 422)
            let problem = try JSON(reply.body)
            #expect(problem.type.string?.hasSuffix("/invalid-configuration") == true)
            let fault = problem.errors[0]
            #expect(fault.pointer.string == "/agents/k/maxSockets")
            #expect(fault.line.int == 5 && (fault.column.int ?? 0) > 1)
            #expect(fault.detail.string == "must be 1 to 1000000, not 0")
            let last = try served.sluice.json(Self.path).status.lastReload
            #expect(last.successful == .bool(false) && last.errors[0].line.int == 5)
            served.expectLog(" error \(served.file.path):5:")
            try ConfiguredProcess.overwrite(served.file, ConfiguredProcess.text(Self.file(upstream, maxSockets: 12)))
            #expect(try served.sluice.admin("POST", Self.path + "/reload").status == 200)
            let good = try served.sluice.json(Self.path)
            #expect(good.status.lastReload.successful == .bool(true) && good.agents.k.maxSockets.int == 12)
        }
    }

    @Test("without a file there is nothing to read: 409")
    func noFile() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let reply = try sluice.admin("POST", Self.path + "/reload")
            #expect(try expectProblem(reply, 409).hasSuffix("/no-file"))
            let status = try sluice.json(Self.path).status
            #expect(status.file == .null && status.lastReload == .null)
            #expect(status.sources["/agents/default/upstream"].string == "--upstream")
        }
    }

    @Test("a reload is an event for each part, with SIGHUP as who; a bad one is a problem")
    func events() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.file(upstream), upstream: upstream)
            let stream = try RawClient(port: served.sluice.adminPort)
            try stream.send(
                "GET /api/v1/events?types=change,problem HTTP/1.1\r\nHost: 127.0.0.1:\(served.sluice.adminPort)\r\n\r\n"
            )
            _ = try stream.read(until: "\r\n\r\n")
            func event(_ kind: String) throws -> JSON {
                _ = try stream.read(until: "event: \(kind)\ndata: ")
                return try JSON(String(try stream.read(until: "\n\n").dropLast(2)))
            }
            try served.reload(Self.file(upstream, maxSockets: 11).replacing("grace: 5s", with: "grace: 6s"))
            let agent = try event("change")
            #expect(agent.who.string == "SIGHUP" && agent.what.string == "settings" && agent.agent.string == "k")
            let expected = try JSON(#"[{"setting":"maxSockets","before":10,"after":11}]"#)
            #expect(agent.changes == expected)
            let rest = try event("change")
            #expect(rest.what.string == "configuration" && rest.agent == .null)
            #expect(rest.changes == (try JSON(#"[{"setting":"grace","before":5,"after":6}]"#)))
            try served.reload("nonsense: 1\n" + Self.file(upstream))
            let problem = try event("problem")
            #expect(problem.kind.string == "reload" && problem.errors[0].pointer.string == "/nonsense")
        }
    }
}
