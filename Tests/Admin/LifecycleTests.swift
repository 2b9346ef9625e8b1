import Control
import Synchronization
import Testing

@testable import Admin

/// Agents come, drain, and go.
@Suite struct LifecycleTests {
    private static let type = [(name: "Content-Type", value: "application/json")]

    private func post(_ harness: Harness, _ body: String, _ fields: [(name: String, value: String)] = []) async -> Reply
    {
        await harness.send("POST", "/api/v1/agents", Self.type + fields, body: body)
    }

    private func events(_ harness: Harness) throws -> [JSONValue] {
        try harness.events.events(after: 0).map { try JSONBody.decode(Array($0.json.utf8)) }
    }

    @Test("a new agent is made, with defaults for what is not said")
    func add() async throws {
        let harness = Harness()
        let reply = await post(
            harness, #"{"name": "x.y-1_Z", "upstream": "http://127.0.0.1:9", "maxSockets": 5, "mode": "normal"}"#)
        #expect(reply.status == 201)
        #expect(reply.field("Location") == "/api/v1/agents/x.y-1_Z")
        #expect(reply.field("ETag") == "\"run-1\"")
        #expect(reply.json["name"] == "x.y-1_Z")
        #expect(reply.json["upstream"] == .list(["http://127.0.0.1:9"]))
        #expect(reply.json["maxSockets"] == .number(5))
        #expect(reply.json["freeSocketTimeout"] == .number(4))
        #expect(reply.json["status"]["state"] == "running")
        let again = await harness.send("GET", reply.field("Location") ?? "")
        #expect(again.json == reply.json)
        let told = try #require(try events(harness).last)
        #expect(told["what"] == "agentAdded" && told["agent"] == "x.y-1_Z" && told["who"] == "127.0.0.1:5")
        #expect(
            told["changes"].values.contains(["setting": "maxSockets", "before": .null, "after": .number(5)]))
        #expect(harness.log.all.count == 1)
        let line = try #require(harness.log.all.first)
        #expect(line.hasPrefix("127.0.0.1:5 added agent x.y-1_Z: upstream [") && line.contains("maxSockets 5"))
    }

    @Test("a list of one upstream is an upstream")
    func list() async {
        #expect(await post(Harness(), #"{"name": "x", "upstream": ["http://127.0.0.1:9"]}"#).status == 201)
    }

    @Test(
        "what is wrong with a new agent is all named, and nothing is made",
        arguments: [
            ("{}", ["/name", "/upstream"]), (#"{"name": "x"}"#, ["/upstream"]),
            (#"{"name": "", "upstream": "http://a"}"#, ["/name"]),
            (#"{"name": "a b", "upstream": "http://a"}"#, ["/name"]),
            (#"{"name": 7, "upstream": "http://a"}"#, ["/name"]),
            (#"{"name": "x", "upstream": null}"#, ["/upstream"]),
            (
                #"{"name": "x", "upstream": "http://a", "maxSockets": 0, "bogus": 1, "a/b": 2}"#,
                ["/maxSockets", "/a~1b", "/bogus"]
            ),
            (#"{"name": "x", "upstream": "http://a", "status": {}}"#, ["/status"]),
            (#"{"name": "x", "upstream": "http://a", "mode": null}"#, ["/mode"]),
            ("[]", [""]), ("null", [""]), (#""x""#, [""]),
        ])
    func faults(body: String, pointers: [String]) async {
        let harness = Harness()
        let reply = await post(harness, body)
        #expect(reply.status == 422)
        #expect(reply.problem == "invalid-setting")
        #expect(reply.json["errors"].values.map { $0["pointer"].text } == pointers)
        #expect(harness.control.state.version == 1)
        #expect(harness.events.lastID == 0)
    }

    @Test("a name that is taken is a 409, also when somebody was faster")
    func taken() async {
        let harness = Harness()
        let reply = await post(harness, #"{"name": "k", "upstream": "http://127.0.0.1:9"}"#)
        #expect(reply.status == 409)
        #expect(reply.problem == "agent-exists")
        harness.control.fake.withLock { fake in
            fake.beforeChange = { state in
                guard let first = state.configuration.agents.first else { return }
                state.configuration.agents.append(.init(name: "x", settings: first.settings))
            }
        }
        #expect(await post(harness, #"{"name": "x", "upstream": "http://127.0.0.1:9"}"#).problem == "agent-exists")
    }

    @Test("an agent that no route names and that has no request is removed at once")
    func remove() async throws {
        let harness = Harness()
        #expect(await post(harness, #"{"name": "x", "upstream": "http://127.0.0.1:9"}"#).status == 201)
        let reply = await harness.send("DELETE", "/api/v1/agents/x")
        #expect(reply.status == 204)
        #expect(reply.text.isEmpty)
        #expect(await harness.send("GET", "/api/v1/agents/x").status == 404)
        #expect(await harness.send("DELETE", "/api/v1/agents/x").problem == "unknown-agent")
        let told = try #require(try events(harness).last)
        #expect(told["what"] == "agentRemoved" && told["agent"] == "x")
        #expect(
            told["changes"].values.contains([
                "setting": "upstream", "before": .list(["http://127.0.0.1:9"]), "after": .null,
            ]))
        // An agent that comes back has no old tag.
        let again = await post(harness, #"{"name": "x", "upstream": "http://127.0.0.1:9"}"#)
        #expect(again.field("ETag") == "\"run-2\"")
    }

    @Test("an agent that a route names stays, and so does the default one without routes")
    func inUse() async {
        let harness = Harness()
        let named = await harness.send("DELETE", "/api/v1/agents/default")
        #expect(named.status == 409)
        #expect(named.problem == "agent-in-use")
        #expect(named.json["routes"] == .list([.number(1)]))
        #expect(harness.control.agents().allSatisfy { $0.state == .running })
        harness.control.fake.withLock { $0.versioned.configuration.routes = [] }
        let needed = await harness.send("DELETE", "/api/v1/agents/default")
        #expect(needed.problem == "agent-in-use")
        #expect(needed.json["routes"] == .list([]))
        #expect(await harness.send("DELETE", "/api/v1/agents/none").status == 404)
    }

    /// `k`, which has requests and needs no route.
    private func busy() -> Harness {
        let harness = Harness(removalPatience: .zero)
        _ = harness.control.fake.withLock { $0.versioned.configuration.routes.removeFirst() }
        return harness
    }

    @Test("one with requests drains, and goes with the last of them")
    func later() async throws {
        let harness = busy()
        let reply = await harness.send("DELETE", "/api/v1/agents/k")
        #expect(reply.status == 202)
        #expect(reply.json["status"]["state"] == "draining")
        #expect(await harness.send("DELETE", "/api/v1/agents/k").status == 202)
        #expect(try events(harness).map { $0["what"] } == ["drain"])
        let gone = Background(harness.events)
        harness.control.update("k") { agent in
            agent.figures.active = 0
            agent.figures.pending = 0
        }
        let told = try await gone.next(.change)
        #expect(told["what"] == "agentRemoved")
        #expect(await harness.send("GET", "/api/v1/agents/k").status == 404)
        await harness.api.removals.stop()
    }

    @Test("one that a route names again meanwhile stays and works again")
    func rescued() async throws {
        let harness = busy()
        #expect(await harness.send("DELETE", "/api/v1/agents/k").status == 202)
        harness.control.fake.withLock { $0.versioned.configuration.routes = [Route(prefix: "/", agent: "k")] }
        let told = Background(harness.events)
        harness.control.update("k") { agent in
            agent.figures.active = 0
            agent.figures.pending = 0
        }
        let problem = try await told.next(.problem)
        #expect(problem["kind"] == "removal" && problem["agent"] == "k")
        #expect(harness.control.agents().first?.state == .running)
        await harness.api.removals.stop()
    }

    @Test("a removal that still waits is given up with the process")
    func stopped() async {
        let harness = busy()
        #expect(await harness.send("DELETE", "/api/v1/agents/k").status == 202)
        await harness.api.removals.stop()
        #expect(harness.control.configuration.settings(of: "k") != nil)
    }

    @Test("a removal is held against the version", arguments: [("\"run-1\"", 204), ("*", 204), ("\"run-2\"", 412)])
    func version(condition: String, status: Int) async {
        let harness = Harness()
        #expect(await post(harness, #"{"name": "x", "upstream": "http://127.0.0.1:9"}"#).status == 201)
        let reply = await harness.send("DELETE", "/api/v1/agents/x", [("If-Match", condition)])
        #expect(reply.status == status)
        #expect((harness.control.configuration.settings(of: "x") == nil) == (status == 204))
        #expect(harness.control.agents().allSatisfy { $0.state == .running })
    }

    @Test("an agent that was changed between the look and the removal stays")
    func between() async {
        let harness = Harness()
        #expect(await post(harness, #"{"name": "x", "upstream": "http://127.0.0.1:9"}"#).status == 201)
        harness.control.fake.withLock { $0.beforeChange = { $0.agentVersions["x", default: 0] += 1 } }
        let reply = await harness.send("DELETE", "/api/v1/agents/x", [("If-Match", "\"run-1\"")])
        #expect(reply.status == 412)
        #expect(reply.field("ETag") == "\"run-2\"")
        #expect(harness.control.agents().allSatisfy { $0.state == .running })
    }

    @Test("drain and resume, each told once", arguments: ["", "{}"])
    func drain(body: String) async throws {
        let harness = Harness()
        for (action, state) in [
            ("drain", "draining"), ("drain", "draining"), ("resume", "running"), ("resume", "running"),
        ] {
            let reply = await harness.send(
                "POST", "/api/v1/agents/k/\(action)", body.isEmpty ? [] : Self.type, body: body)
            #expect(reply.status == 200)
            #expect(reply.json["status"]["state"].text == state)
            #expect(reply.field("ETag") == "\"run-7\"")
        }
        let told = try events(harness)
        #expect(told.map { $0["what"] } == ["drain", "resume"])
        #expect(
            told.first?["changes"].values == [["setting": "state", "before": "running", "after": "draining"]])
        #expect(harness.log.all == ["127.0.0.1:5 drains agent k", "127.0.0.1:5 resumed agent k"])
    }

    @Test(
        "an action takes nothing", arguments: ["drain", "resume"],
        [("[]", [""]), (#"{"a/b": 1, "c": 2}"#, ["/a~1b", "/c"])])
    func nothing(action: String, body: (String, [String])) async {
        let harness = Harness()
        let reply = await harness.send("POST", "/api/v1/agents/k/\(action)", Self.type, body: body.0)
        #expect(reply.status == 422)
        #expect(reply.json["errors"].values.map { $0["pointer"].text } == body.1)
        #expect(harness.control.agents().first?.state == .running)
        #expect(await harness.send("POST", "/api/v1/agents/none/\(action)").status == 404)
        #expect(await harness.send("POST", "/api/v1/agents/k/\(action)", Self.type, body: "{").status == 400)
        #expect(await harness.send("POST", "/api/v1/agents/k/\(action)", body: "{}").status == 415)
    }

    @Test("an action is held against the agent's version")
    func action() async {
        let harness = Harness()
        let drain = "/api/v1/agents/k/drain"
        #expect(await harness.send("POST", drain, [("If-Match", "\"run-6\"")]).status == 412)
        #expect(harness.control.agents().first?.state == .running)
        #expect(await harness.send("POST", drain, [("If-Match", "\"run-7\"")]).status == 200)
    }
}

/// Waits for events that come from beside the test.
final class Background: Sendable {
    private let log: EventLog
    private let seen: Mutex<UInt64>

    /// Sees what comes from now on.
    init(_ log: EventLog) {
        self.log = log
        seen = Mutex(log.lastID)
    }

    /// The next event of this kind, for a minute at most.
    func next(_ kind: Event.Kind) async throws -> JSONValue {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(60)
        while clock.now < end {
            for event in log.events(after: seen.withLock { $0 }) {
                seen.withLock { $0 = event.id }
                if event.kind == kind { return try JSONBody.decode(Array(event.json.utf8)) }
            }
            // Only paces the asking; the event is what is waited for.
            try await Task.sleep(for: .milliseconds(2))
        }
        throw Late()
    }

    struct Late: Error {}
}
