import Control
import Synchronization
import Testing

@testable import Admin

@Suite struct ConventionTests {
    private static let json = [
        "/api/v1/status", "/api/v1/agents", "/api/v1/agents/k", "/api/v1/agents/k/sockets",
        "/api/v1/agents/k/sockets/7", "/api/v1/routes", "/api/v1/config", "/healthz", "/readyz",
    ]
    private static let all =
        json + [
            "/api/v1/events", "/metrics", "/", "/index.html", "/style.css", "/app.js", "/api.js", "/openapi.json",
        ]
    private static let actions = [
        "/api/v1/agents/k/drain", "/api/v1/agents/k/resume", "/api/v1/config/reload",
    ]
    /// The methods besides those that every resource has.
    private static let more = [
        "/api/v1/agents": "POST", "/api/v1/agents/k": "PATCH, DELETE", "/api/v1/agents/k/sockets": "DELETE",
        "/api/v1/agents/k/sockets/7": "DELETE", "/api/v1/routes": "PUT", "/api/v1/config": "PUT",
    ]

    private static func allow(_ path: String) -> String {
        actions.contains(path)
            ? "OPTIONS, POST" : "GET, HEAD, OPTIONS" + (more[path].map { ", \($0)" } ?? "")
    }

    /// A harness in which all of them are there.
    private static func harness() -> Harness {
        let harness = Harness()
        harness.control.addSocket(7, to: "k")
        return harness
    }

    @Test("GET and HEAD answer 200 everywhere, with the fields that every reply has", arguments: all)
    func get(path: String) async {
        let harness = Self.harness()
        for method in path == "/api/v1/events" ? ["HEAD"] : ["GET", "HEAD"] {
            let reply = await harness.send(method, path)
            #expect(reply.status == 200)
            #expect(reply.field("X-Content-Type-Options") == "nosniff")
            #expect(reply.field("Cross-Origin-Resource-Policy") == "same-origin")
            let isPage =
                ["/", "/index.html", "/openapi.json"].contains(path) || path.hasSuffix(".js") || path.hasSuffix(".css")
            #expect(reply.field("Cache-Control") == (isPage ? "no-cache" : "no-store"))
            #expect(reply.field("Content-Type") != nil)
        }
    }

    @Test("OPTIONS says what there is", arguments: all + actions)
    func options(path: String) async {
        let reply = await Self.harness().send("OPTIONS", path)
        #expect(reply.status == 204)
        #expect(reply.field("Allow") == Self.allow(path))
        #expect((reply.field("Accept-Patch") != nil) == (path == "/api/v1/agents/k"))
    }

    @Test(
        "other methods get 405 with Allow", arguments: all + actions,
        ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get", "X"])
    func methods(path: String, method: String) async {
        let allow = Self.allow(path)
        if allow.split(separator: ", ").contains(method[...]) { return }
        let harness = Self.harness()
        let reply = await harness.send(method, path, [("Content-Type", "application/json")], body: "{}")
        #expect(reply.status == 405)
        #expect(reply.problem == "method-not-allowed")
        #expect(reply.field("Allow") == allow)
        #expect(harness.control.state.version == 1)
    }

    @Test(
        "what is not there gets 404",
        arguments: [
            "/api", "/api/v1", "/api/v1/", "/api/v1/agents/", "/api/v1/agents/x", "/api/v1/agents//sockets",
            "/api/v1/agents/x/sockets", "/api/v1/agents/k/", "/API/v1/status", "//", "/../etc/passwd",
            "/%2e%2e/etc/passwd", "/app.js/", "/app.js%00", "/public/app.js", "/favicon.ico", "/api/v1/agents/%zz",
            "/api/v1/agents/%", "/api/v1/agents/%ff", "/api/v1/agents/k%2fsockets", "", "*", "x",
            "/api/v1/agents/k/sockets/8", "/api/v1/agents/k/sockets/07", "/api/v1/agents/k/sockets/x",
            "/api/v1/agents/x/sockets/7", "/api/v1/agents/k/sockets/7/", "/api/v1/routes/0", "/api/v1/config/",
        ])
    func notFound(path: String) async {
        let reply = await Self.harness().send("GET", path)
        #expect(reply.status == 404)
        #expect(["not-found", "unknown-agent", "unknown-socket"].contains(reply.problem))
        #expect(reply.json["status"] == .number(404))
        #expect(reply.json["detail"].text?.isEmpty == false)
        #expect(reply.json["title"].text?.isEmpty == false)
    }

    @Test("names in paths are percent-decoded")
    func decoded() async {
        #expect(await Harness().send("GET", "/api/v1/agents/%6b").json["name"] == "k")
        #expect(await Harness().send("GET", "/api/v1/agents/%64efault/sockets").status == 200)
    }

    @Test(
        "an unknown query parameter is named, whatever the method",
        arguments: json + actions + ["/api/v1/events", "/metrics", "/", "/app.js"])
    func parameters(path: String) async {
        let harness = Self.harness()
        for method in Self.allow(path).split(separator: ", ") where method != "OPTIONS" {
            let reply = await harness.send(
                String(method), "\(path)?bogus=1&also", [("Content-Type", "application/json")], body: "{}")
            #expect(reply.status == 400)
            #expect(reply.problem == "invalid-parameter")
            #expect(reply.json["errors"].values.map { $0["parameter"] } == ["bogus", "also"])
        }
        #expect(harness.control.state.version == 1)
    }

    @Test("a parameter that is there twice is an error", arguments: ["pretty&pretty", "pretty=1&pretty=0"])
    func twice(query: String) async {
        let reply = await Harness().send("GET", "/api/v1/status?\(query)")
        #expect(reply.status == 400)
        #expect(reply.json["errors"].values.first?["detail"] == "is there twice")
    }

    @Test(
        "pretty indents, problems too",
        arguments: [
            ("?pretty", true), ("?pretty=true", true), ("?pretty=1", true), ("?pretty=false", false), ("", false),
        ])
    func pretty(query: String, isPretty: Bool) async {
        for path in ["/healthz", "/api/v1/agents/none"] {
            let text = await Harness().send("GET", path + query).text
            #expect(text.dropLast().contains("\n") == isPretty)
        }
        #expect(await Harness().send("GET", "/healthz?pretty=maybe").status == 400)
    }

    @Test(
        "Accept is heeded",
        arguments: [
            ("/api/v1/status", "application/json", 200), ("/api/v1/status", "application/*;q=0.1", 200),
            ("/api/v1/status", "text/html", 406), ("/api/v1/status", "application/json;q=0", 406),
            ("/api/v1/events", "text/event-stream", 200), ("/api/v1/events", "application/json", 406),
            ("/metrics", "application/json", 406), ("/metrics", "text/plain", 200), ("/", "image/png", 200),
        ])
    func accept(path: String, accept: String, status: Int) async {
        let reply = await Harness().send("HEAD", path, [("Accept", accept)])
        #expect(reply.status == status)
        if status == 406 { #expect(reply.problem == "not-acceptable") }
    }

    @Test("not ready while an agent drains, or has no upstream that answers")
    func drains() async {
        let harness = Harness()
        #expect(await harness.send("GET", "/readyz").status == 200)
        harness.control.update("k") { $0.isAnswering = false }
        let silent = await harness.send("GET", "/readyz")
        #expect(silent.status == 503)
        #expect(silent.json["detail"] == "No upstream answers: \"k\".")
        harness.control.update("default") { $0.state = .draining }
        let draining = await harness.send("GET", "/readyz")
        #expect(draining.status == 503)
        #expect(draining.json["detail"] == "Draining: \"default\".")
        #expect(await harness.send("GET", "/healthz").status == 200)
    }

    @Test("ready only while serving, alive always")
    func ready() async {
        let harness = Harness()
        harness.control.fake.withLock { $0.isServing = false }
        let reply = await harness.send("GET", "/readyz")
        #expect(reply.status == 503)
        #expect(reply.field("Retry-After") == "1")
        #expect(await harness.send("GET", "/healthz").status == 200)
    }

    @Test(
        "the page has its policy, and a browser that has it already gets 304",
        arguments: ["/", "/style.css", "/app.js"])
    func page(path: String) async throws {
        let harness = Harness()
        let reply = await harness.send("GET", path)
        let policy = try #require(reply.field("Content-Security-Policy"))
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(!reply.text.isEmpty)
        let tag = try #require(reply.field("ETag"))
        for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let again = await harness.send("GET", path, [("If-None-Match", condition)])
            #expect(again.status == 304 && again.text.isEmpty && again.field("ETag") == tag)
        }
        #expect(await harness.send("GET", path, [("If-None-Match", "\"x\"")]).status == 200)
    }

    @Test("OPTIONS * answers for the server")
    func asterisk() async {
        #expect(await Harness().send("OPTIONS", "*").status == 204)
    }
}
