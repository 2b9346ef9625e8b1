import Control
import MicroHTTPD
import Testing

@testable import Admin

/// Bearer tokens and client certificates.
@Suite struct AccessTests {
    private static let read = "read-0123456789abcdef"
    private static let change = "change-0123456789abcdef"

    private func harness(read: String? = read, change: String? = change) throws -> Harness {
        Harness(
            access: AdminAccess(
                readToken: try read.map { try Token($0) }, changeToken: try change.map { try Token($0) }))
    }

    private func bearer(_ token: String) -> [(name: String, value: String)] { [("Authorization", "Bearer \(token)")] }

    static let methods = ["GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE", "TRACE"]

    @Test("reading needs one of the two, changing the one for changes", arguments: methods)
    func rights(method: String) async throws {
        let isReading = ["GET", "HEAD", "OPTIONS"].contains(method)
        for path in ["/api/v1/agents/k", "/api/v1/status", "/metrics", "/api/v1/events", "/nowhere", "*"] {
            let harness = try harness()
            let none = await harness.send(method, path)
            #expect(none.status == 401 && none.problem == "unauthorized", "\(path)")
            #expect(none.field("WWW-Authenticate") == "Bearer realm=\"sluice\"")
            let reader = await harness.send(method, path, bearer(Self.read))
            #expect((reader.status == 403) == !isReading, "\(path): \(reader.status)")
            if !isReading { #expect(reader.problem == "read-only-token") }
            #expect(![401, 403].contains(await harness.send(method, path, bearer(Self.change)).status), "\(path)")
        }
    }

    @Test("what is no token of ours lets nobody in, and is not repeated")
    func wrong() async throws {
        let harness = try harness()
        for credentials in [
            "", "Bearer", "Bearer ", Self.change, "Basic \(Self.change)", "Bearer \(Self.change)x",
            "Bearer \(Self.change.dropLast())", "Bearer \(Self.change.uppercased())", "Bearer \(Self.change) ",
            "Bearer \(Self.change), Bearer \(Self.change)", "Bearer\t\(Self.change)", "Bearer x\(Self.change)",
            "Bearer " + String(repeating: "a", count: 512), "Bearer " + String(repeating: "a", count: 20_000),
            "Bearer \(Self.change)\u{0}", "Bearer é",
        ] {
            let reply = await harness.send("GET", "/api/v1/agents", [("Authorization", credentials)])
            #expect(reply.status == 401, "\(credentials.prefix(40))")
            #expect(reply.field("WWW-Authenticate") == "Bearer realm=\"sluice\", error=\"invalid_token\"")
            #expect(!reply.text.contains(Self.change))
        }
        let twice = await harness.send("GET", "/api/v1/agents", bearer(Self.change) + bearer(Self.change))
        #expect(twice.status == 401)
        #expect(await harness.send("GET", "/api/v1/agents", [("authorization", "bEARER   \(Self.read)")]).status == 200)
    }

    @Test("one token alone protects as well")
    func alone() async throws {
        let reading = try harness(change: nil)
        #expect(await reading.send("GET", "/api/v1/agents").status == 401)
        #expect(await reading.send("GET", "/api/v1/agents", bearer(Self.read)).status == 200)
        #expect(await reading.patch("k", "{}", bearer(Self.read)).status == 403)
        let changing = try harness(read: nil)
        #expect(await changing.send("GET", "/api/v1/agents").status == 401)
        #expect(await changing.patch("k", "{}", bearer(Self.change)).status == 200)
    }

    @Test("probes and the page's files need none", arguments: ["/healthz", "/readyz", "/", "/app.js", "/style.css"])
    func free(path: String) async throws {
        for method in ["GET", "HEAD", "OPTIONS"] {
            #expect((200..<300).contains(await (try harness()).send(method, path).status))
        }
        #expect(await (try harness()).send("GET", path + "/..").status == 401)
    }

    @Test("a token does not help a page of another site, nor under another name")
    func sites() async throws {
        let harness = try harness()
        #expect(await harness.send("GET", "/metrics", bearer(Self.change) + [("Host", "evil.example")]).status == 421)
        let patch = await harness.patch("k", "{}", bearer(Self.change) + [("Origin", "http://evil.example")])
        #expect(patch.status == 403 && patch.problem == "cross-site")
    }

    @Test("others are let in from one moment on")
    func update() async throws {
        let harness = try harness()
        let other = "other-0123456789abcdef"
        #expect(harness.api.guardian.update(AdminAccess(changeToken: try Token(other), hosts: ["new.example"])))
        #expect(await harness.send("GET", "/api/v1/agents", bearer(Self.change)).status == 401)
        let reply = await harness.send("GET", "/api/v1/agents", bearer(other) + [("Host", "new.example")])
        #expect(reply.status == 200)
        #expect(!harness.api.guardian.update(AdminAccess(changeToken: try Token(other))), "the tokens are the same")
        #expect(await harness.send("GET", "/", [("Host", "new.example")]).status == 421)
    }

    @Test(
        "what can be a token",
        arguments: [
            ("0123456789abcdef", true), (String(repeating: "x", count: 512), true), ("!\"#$%&'()*+,-./:;<=>?@[~", true),
            ("", false), ("0123456789abcde", false), (String(repeating: "x", count: 513), false),
            ("0123456789 abcdef", false), ("0123456789\tabcdef", false), ("0123456789abcdefé", false),
        ])
    func token(text: String, isToken: Bool) {
        do throws(SettingFault) {
            let token = try Token(text)
            #expect(isToken)
            #expect(token.matches(text.utf8))
            #expect(!token.matches((text + "x").utf8) && !token.matches(text.dropLast().utf8))
            #expect(!token.matches("".utf8))
            #expect("\(token)" == "Token" && Mirror(reflecting: token).children.isEmpty)
        } catch {
            #expect(!isToken)
            #expect(text.isEmpty || !error.message.contains(text))
        }
    }
}
