import Foundation
import Testing
import TestSupport

/// Who may use the admin server of a running program: tokens, TLS, and starts that are refused.
@Suite("Admin security", .bounded)
struct AdminSecurityTests {
    private static let readToken = "read-0123456789abcdef"
    private static let changeToken = "change-0123456789abcdef"

    private func start(
        _ admin: String = "", environment: [String: String] = [:], listen: String = "127.0.0.1:0"
    ) throws -> SluiceProcess {
        let upstream = try ScriptedUpstream()
        let file = FileManager.default.temporaryDirectory.appending(path: "sluice-system-\(UUID().uuidString).yaml")
        let text = """
            listen: 127.0.0.1:0
            admin: {listen: "\(listen)", \(admin)}
            agents: {default: {upstream: "\(upstream.url)"}}
            """
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try SluiceProcess(["serve", "--config", file.path], environment: environment, upstream: upstream)
    }

    private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)\r\n" }

    @Test(
        "tokens of the environment: 401 without, 403 for a change with the one for reading, and never a trace of them")
    func tokens() async throws {
        try await onThread {
            let sluice = try start(environment: [
                "SLUICE_READ_TOKEN": Self.readToken, "SLUICE_CHANGE_TOKEN": Self.changeToken,
            ])
            var said = ""
            func send(_ method: String, _ path: String, _ fields: String = "", body: String? = nil) throws -> Int {
                let response = try sluice.admin(method, path, fields: fields, body: body)
                said += response.text
                if response.status == 401 {
                    #expect(response.value("www-authenticate")?.hasPrefix("Bearer") == true)
                }
                return response.status
            }
            let patch = #"{"mode":"normal"}"#
            for path in ["/api/v1/agents", "/api/v1/status", "/metrics", "/api/v1/events"] {
                #expect(try send("GET", path) == 401, "\(path)")
                #expect(try send("GET", path, bearer("wrong-0123456789abcdef")) == 401, "\(path)")
            }
            for path in ["/", "/app.js", "/healthz", "/readyz"] { #expect(try send("GET", path) == 200, "\(path)") }
            for token in [Self.readToken, Self.changeToken] {
                #expect(try send("GET", "/api/v1/status", bearer(token)) == 200)
                #expect(try send("HEAD", "/metrics", bearer(token)) == 200)
            }
            let agent = "/api/v1/agents/default"
            #expect(try send("PATCH", agent, body: patch) == 401)
            #expect(try send("PATCH", agent, bearer(Self.readToken), body: patch) == 403)
            #expect(try send("GET", agent, bearer(Self.readToken)) == 200 && !said.contains(#""mode":"normal""#))
            #expect(try send("PATCH", agent, bearer(Self.changeToken), body: patch) == 200)
            #expect(said.contains(#""mode":"normal""#))
            try sluice.stop()
            for token in [Self.readToken, Self.changeToken] {
                #expect(!(said + sluice.errorText + sluice.child.record.current.outputText).contains(token))
            }
        }
    }

    @Test("tokens out of files protect as well")
    func tokenFiles() async throws {
        try await onThread {
            let file = FileManager.default.temporaryDirectory.appending(path: "sluice-token-\(UUID().uuidString)")
            try Data("\(Self.changeToken)\n".utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let sluice = try start("changeTokenFile: \(file.path)")
            #expect(try sluice.admin("GET", "/api/v1/agents").status == 401)
            #expect(try sluice.admin("GET", "/api/v1/agents", fields: bearer(Self.changeToken)).status == 200)
        }
    }

    struct Refused: Sendable {
        let arguments: [String]
        var environment: [String: String] = [:]
        let says: [String]
    }

    static let refused: [Refused] = [
        Refused(
            arguments: ["--admin", "0.0.0.0:0"],
            says: ["--admin: ", "SLUICE_CHANGE_TOKEN", "admin.changeTokenFile", "clientCAFile", "--admin-unprotected"]),
        Refused(
            arguments: [], environment: ["SLUICE_ADMIN": "[::]:0"], says: ["SLUICE_ADMIN: ", "SLUICE_CHANGE_TOKEN"]),
        Refused(
            arguments: ["--admin", "0.0.0.0:0"], environment: ["SLUICE_READ_TOKEN": "too-short"],
            says: ["SLUICE_READ_TOKEN: a token has 16 to 512 characters"]),
    ]

    @Test("open to others and unprotected, it does not start: exit code 78", arguments: refused)
    func unprotected(_ refused: Refused) async throws {
        try await onThread {
            let record = try ChildProcess.run(
                SluiceBinary.path, ["serve", "--listen", "127.0.0.1:0"] + refused.arguments,
                environment: refused.environment)
            #expect(record.ending == .exit(78))
            for word in refused.says { #expect(record.errorText.contains(word), "\(record.errorText)") }
            #expect(!record.errorText.contains("too-short"))
        }
    }

    @Test("TLS: the ready line says https, and a client certificate counts as the token for changes")
    func tls() async throws {
        try await onThread {
            let made = try Certificates()
            let files = "certificateFile: \(made.path("server.pem")), keyFile: \(made.path("server.key"))"
            let sluice = try start("tls: {\(files), clientCAFile: \(made.path("ca.pem"))}")
            let url = "https://127.0.0.1:\(sluice.adminPort)"
            #expect(sluice.readyLine.contains("admin \(url)"))
            let own = ["--cert", made.path("client.pem"), "--key", made.path("client.key")]
            let stranger = ["--cert", made.path("stranger.pem"), "--key", made.path("stranger.key")]
            let agent = "\(url)/api/v1/agents/default"
            let patch = ["-X", "PATCH", "-H", "Content-Type: application/json", "-d", #"{"mode":"normal"}"#, agent]
            #expect(try made.curl(["\(url)/healthz"]).status == 200)
            #expect(try made.curl([agent]).status == 403)
            #expect(try made.curl(stranger + [agent]).status == 403)
            #expect(try made.curl(own + [agent]).status == 200)
            let foreign = try made.curl(own + ["-H", "Origin: http://127.0.0.1:\(sluice.adminPort)"] + patch)
            #expect(foreign.status == 403, "another scheme is another origin")
            let changed = try made.curl(own + ["-H", "Origin: \(url)"] + patch)
            #expect(changed.status == 200 && changed.body.contains(#""mode":"normal""#))
        }
    }

    @Test("files that cannot be used are told at their key: exit code 78", arguments: ["certificateFile", "keyFile"])
    func brokenFiles(key: String) async throws {
        try await onThread {
            let made = try Certificates()
            let other = key == "keyFile" ? "certificateFile: \(made.path("server.pem"))" : "keyFile: /nowhere/key"
            let file = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString).yaml")
            try Data(
                "agents: {default: {upstream: \"http://127.0.0.1:1\"}}\nadmin:\n  tls: {\(other), \(key): /nowhere/x}\n"
                    .utf8
            ).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let record = try ChildProcess.run(SluiceBinary.path, ["serve", "--config", file.path])
            #expect(record.ending == .exit(78))
            #expect(record.errorText.contains(":3:") && record.errorText.contains("admin.tls.\(key): /nowhere/x: "))
        }
    }

    @Test("a Unix socket has the mode that was asked for", arguments: ["0600", "0660"])
    func socketMode(mode: String) async throws {
        try await onThread {
            let path = FileManager.default.temporaryDirectory.appending(path: "s-\(UUID().uuidString.prefix(8))").path
            let sluice = try start("socketMode: \"\(mode)\"", listen: "unix:\(path)")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == Int(mode, radix: 8))
            let client = try RawClient(path: path)
            try client.send("GET /healthz HTTP/1.1\r\nHost: whatever\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            try sluice.stop()
        }
    }
}
