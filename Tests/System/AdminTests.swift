import Testing
import TestSupport

/// The admin API as admin.md writes it, over real sockets.
@Suite("Admin", .bounded)
struct AdminTests {
    /// A proxy with two agents, as the benchmark has them.
    private func start() throws -> SluiceProcess {
        try SluiceProcess.twoAgents()
    }

    @Test("an agent has the documented members, and its totals count")
    func agent() async throws {
        try await onThread {
            let sluice = try start()
            for _ in 0..<10 { #expect(try sluice.get("/k/0").status == 200) }
            let response = try sluice.admin("GET", "/api/v1/agents/k")
            #expect(response.value("content-type")?.hasPrefix("application/json") == true)
            #expect(response.value("cache-control")?.contains("no-store") == true)
            #expect(response.value("etag")?.hasPrefix("\"") == true)
            let agent = try JSON(response.body)
            #expect(
                agent.names.isSuperset(of: [
                    "name", "mode", "upstream", "maxSockets", "maxFreeSockets", "freeSocketTimeout", "timeout",
                    "status",
                ]))
            #expect(agent.name.string == "k" && agent.mode.string == "keepalive")
            let status = agent.status
            #expect(
                status.names.isSuperset(of: [
                    "state", "sockets", "pending", "totals", "requestsPerSocket", "rates", "latency",
                ]))
            #expect(status.sockets.names == ["open", "connecting", "active", "free"])
            #expect(
                status.totals.names.isSuperset(of: [
                    "requests", "created", "reused", "closed", "closedBy", "errors", "retries", "timeouts",
                    "bytesReceived", "bytesSent",
                ]))
            #expect(status.latency.names.isSuperset(of: ["p50", "p90", "p99", "max"]))
            #expect(status.rates.names.isSuperset(of: ["requests", "created", "closed"]))
            #expect(status.totals.requests.int == 10)
            #expect((status.totals.created.int ?? 0) + (status.totals.reused.int ?? 0) == 10)
            #expect(status.sockets.open == status.sockets.free)
        }
    }

    @Test("collections and the status", arguments: ["/api/v1/agents", "/api/v1/status"])
    func collections(path: String) async throws {
        try await onThread {
            let sluice = try start()
            let json = try sluice.json(path)
            if path.hasSuffix("agents") {
                #expect(Set(json.agents.elements.map(\.name.string)) == ["k", "default"])
            }
            if path.hasSuffix("status") { #expect(json.version.string?.isEmpty == false) }
            // HEAD and OPTIONS work wherever GET does.
            let head = try sluice.admin("HEAD", path)
            #expect(head.status == 200 && head.body.isEmpty)
            let options = try sluice.admin("OPTIONS", path)
            #expect((200..<300).contains(options.status))
            #expect(options.value("allow")?.contains("GET") == true)
            // Indented, the same.
            let pretty = try sluice.admin("GET", path + "?pretty")
            #expect(pretty.text.contains("\n  "))
        }
    }

    @Test("what is not there or not allowed is a problem")
    func problems() async throws {
        try await onThread {
            let sluice = try start()
            try expectAdminProblem(sluice.admin("GET", "/api/v1/agents/nobody"), 404)
            try expectAdminProblem(sluice.admin("GET", "/api/v1/nothing"), 404)
            let wrong = try sluice.admin("PUT", "/api/v1/agents/k", body: "{}")
            try expectAdminProblem(wrong, 405)
            #expect(wrong.value("allow")?.contains("PATCH") == true)
            try expectAdminProblem(sluice.admin("GET", "/api/v1/agents?nonsense=1"), 400, 422)
            try expectAdminProblem(sluice.patch("k", "{"), 400)
            try expectAdminProblem(sluice.patch("k", "{\"maxSockets\":0,\"timeout\":\"x\"}"), 422)
            let problem = try JSON(sluice.patch("k", "{\"maxSockets\":0,\"timeout\":\"x\"}").body)
            #expect(Set(problem.errors.elements.map(\.pointer.string)) == ["/maxSockets", "/timeout"])
            for body in [#"{"name":"x"}"#, #"{"status":{}}"#, #"{"nonsense":1}"#] {
                try expectAdminProblem(sluice.patch("k", body), 422)
            }
            // A bad one among good ones changes nothing.
            try expectAdminProblem(sluice.patch("k", #"{"maxSockets":5,"nonsense":1}"#), 422)
            #expect(try sluice.agent("k").maxSockets.int != 5)
        }
    }

    @Test(
        "a body must say what it is: 415",
        arguments: [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/jsonx",
        ])
    func mediaType(type: String) async throws {
        try await onThread {
            let sluice = try start()
            let response = try sluice.admin(
                "PATCH", "/api/v1/agents/k", body: #"{"mode":"normal"}"#, type: type.isEmpty ? nil : type)
            try expectAdminProblem(response, 415)
            #expect(try sluice.agent("k").mode.string == "keepalive")
        }
    }

    @Test(
        "the Host must be the server's own, against DNS rebinding",
        arguments: [
            ("evil.example", false), ("127.0.0.1.evil.example", false), ("localhost", true), ("127.0.0.1", true),
            ("[::1]", true),
        ])
    func host(name: String, isRight: Bool) async throws {
        try await onThread {
            let sluice = try start()
            let response = try sluice.admin("GET", "/api/v1/agents", host: "\(name):\(sluice.adminPort)")
            #expect((response.status == 200) == isRight || (name == "[::1]" && response.status >= 400))
            if !isRight { #expect([400, 403, 421].contains(response.status)) }
        }
    }

    @Test(
        "a change that comes from another site is refused",
        arguments: [
            "Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Site: same-site\r\n", "Origin: http://127.0.0.1:1\r\n",
        ])
    func origin(fields: String) async throws {
        try await onThread {
            let sluice = try start()
            try expectAdminProblem(sluice.patch("k", #"{"mode":"normal"}"#, fields: fields), 403)
            #expect(try sluice.agent("k").mode.string == "keepalive")
            let own = "Origin: http://127.0.0.1:\(sluice.adminPort)\r\nSec-Fetch-Site: same-origin\r\n"
            #expect(try sluice.patch("k", #"{"mode":"normal"}"#, fields: own).status == 200)
        }
    }

    @Test("If-Match that no longer holds: 412, and nothing is overwritten")
    func ifMatch() async throws {
        try await onThread {
            let sluice = try start()
            let first = try #require(sluice.admin("GET", "/api/v1/agents/k").value("etag"))
            _ = try sluice.get("/k/0")
            #expect(try sluice.admin("GET", "/api/v1/agents/k").value("etag") == first, "requests do not change it")
            let changed = try sluice.patch("k", #"{"maxSockets":50}"#, fields: "If-Match: \(first)\r\n")
            #expect(changed.status == 200)
            #expect(try JSON(changed.body).maxSockets.int == 50)
            let second = try #require(changed.value("etag"))
            #expect(second != first)
            try expectAdminProblem(sluice.patch("k", #"{"maxSockets":60}"#, fields: "If-Match: \(first)\r\n"), 412)
            #expect(try sluice.agent("k").maxSockets.int == 50)
            #expect(try sluice.patch("k", #"{"maxSockets":60}"#, fields: "If-Match: \(second)\r\n").status == 200)
        }
    }

    @Test(
        "every setting can be changed while it runs, and is shown as it is then",
        arguments: [
            (#"{"maxSockets":3}"#, "maxSockets", 3.0), (#"{"maxFreeSockets":0}"#, "maxFreeSockets", 0),
            (#"{"freeSocketTimeout":"250ms"}"#, "freeSocketTimeout", 0.25), (#"{"timeout":3}"#, "timeout", 3),
            (#"{"connectTimeout":"1s"}"#, "connectTimeout", 1), (#"{"maxPending":7}"#, "maxPending", 7),
            (#"{"pendingTimeout":"2m"}"#, "pendingTimeout", 120),
            (#"{"maxRequestsPerSocket":9}"#, "maxRequestsPerSocket", 9),
            (#"{"socketActiveTTL":"1m"}"#, "socketActiveTTL", 60),
        ])
    func settings(body: String, name: String, value: Double) async throws {
        try await onThread {
            let sluice = try start()
            #expect(try JSON(sluice.patch("k", body).body)[name].number == value)
            #expect(try sluice.agent("k")[name].number == value)
            #expect(try sluice.get("/k/0").status == 200)
        }
    }

    @Test("a lowered maxSockets holds from then on")
    func lowered() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "maxSockets: 10, pendingTimeout: 30s")
            #expect(Load.run(port: sluice.port, clients: 20, requests: 20).failures.isEmpty)
            #expect(try sluice.patch("default", #"{"maxSockets":2}"#).status == 200)
            #expect(upstream.record.wait { $0.open <= 2 })
            upstream.record.update { $0.mostOpen = $0.open }
            #expect(Load.run(port: sluice.port, clients: 20, requests: 20).failures.isEmpty)
            #expect(upstream.record.current.mostOpen <= 2)
        }
    }

    @Test("liveness, readiness and the page", arguments: ["/healthz", "/readyz", "/"])
    func pages(path: String) async throws {
        try await onThread {
            let sluice = try start()
            let response = try sluice.admin("GET", path)
            #expect(response.status == 200)
            if path == "/" {
                #expect(response.value("content-type")?.hasPrefix("text/html") == true)
                let policy = response.value("content-security-policy") ?? ""
                #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"))
                #expect(response.value("x-content-type-options") == "nosniff")
            }
        }
    }

    @Test(
        "no path reaches outside public",
        arguments: [
            "/../Package.swift", "/..%2fPackage.swift", "/%2e%2e/Package.swift", "//etc/passwd", "/.",
            "/index.html%00.js",
            "/....//Package.swift", "/style.css/../../Package.swift",
        ])
    func outside(path: String) async throws {
        try await onThread {
            let sluice = try start()
            let response = try sluice.admin("GET", path)
            #expect(!response.text.contains("swift-tools-version") && !response.text.contains("root:"))
            #expect(response.status >= 300 || path == "/.")
        }
    }
}

/// Checks that `response` is a problem document (RFC 9457) with one of `statuses`.
private func expectAdminProblem(
    _ response: RawResponse, _ statuses: Int..., sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(statuses.contains(response.status), "\(response.text)", sourceLocation: sourceLocation)
    #expect(
        response.value("content-type")?.hasPrefix("application/problem+json") == true, sourceLocation: sourceLocation)
    let problem = try JSON(response.body)
    #expect(problem.status.int == response.status, sourceLocation: sourceLocation)
    #expect(problem.type.string?.isEmpty == false, sourceLocation: sourceLocation)
    #expect(problem.title.string?.isEmpty == false, sourceLocation: sourceLocation)
}
