import Control
import Synchronization
import Testing

@testable import Admin

@Suite struct ConfigurationTests {
    private static let type = [(name: "Content-Type", value: "application/json")]

    private func put(_ harness: Harness, _ body: String, _ fields: [(name: String, value: String)] = []) async -> Reply
    {
        await harness.send("PUT", "/api/v1/config", Self.type + fields, body: body)
    }

    private func reload(_ harness: Harness, body: String = "") async -> Reply {
        await harness.send("POST", "/api/v1/config/reload", body.isEmpty ? [] : Self.type, body: body)
    }

    @Test("it is shown as a file's tree, and under status where it came from")
    func get() async {
        let reply = await Harness().send("GET", "/api/v1/config")
        #expect(reply.status == 200)
        #expect(reply.json["listen"] == .list(["127.0.0.1:1985"]))
        #expect(reply.json["admin"]["listen"] == "127.0.0.1:1986")
        #expect(reply.json["client"]["headTimeout"] == .number(10))
        #expect(reply.json["client"]["maxBodySize"] == .null)
        #expect(reply.json["agents"]["k"]["maxSockets"] == .number(100))
        #expect(reply.json["routes"].values.count == 2)
        #expect(reply.json["status"]["file"] == "sluice.yaml")
        #expect(reply.json["status"]["sources"]["/agents/k/maxSockets"] == "sluice.yaml:12")
        #expect(reply.json["status"]["lastReload"] == .null)
        #expect(reply.field("ETag")?.hasPrefix("\"run-1-") == true)
    }

    @Test("its tag changes with the proxy's part and with what only the store knows")
    func tag() async throws {
        let harness = Harness()
        let tag = try #require(await harness.send("GET", "/api/v1/config").field("ETag"))
        #expect(await harness.send("GET", "/api/v1/config?pretty").field("ETag") == tag)
        #expect(await harness.send("GET", "/api/v1/config", [("If-None-Match", tag)]).status == 304)
        #expect(await harness.patch("k", #"{"mode": "normal"}"#).status == 200)
        let second = await harness.send("GET", "/api/v1/config", [("If-None-Match", tag)])
        #expect(second.status == 200)
        harness.store.fake.withLock { $0.sources = [:] }
        #expect(await harness.send("GET", "/api/v1/config").field("ETag") != second.field("ETag"))
    }

    @Test("what was read can be written back; status goes no further")
    func roundTrip() async {
        let harness = Harness()
        let read = await harness.send("GET", "/api/v1/config")
        let reply = await put(harness, read.text, [("If-Match", read.field("ETag") ?? "")])
        #expect(reply.status == 200)
        #expect(reply.json == read.json)
        #expect(reply.field("ETag") == read.field("ETag"))
        #expect(harness.store.fake.withLock { $0.replaced } == harness.store.tree())
        #expect(harness.events.lastID == 0)
    }

    @Test("a replacement is told by its parts")
    func put() async throws {
        let harness = Harness()
        let reply = await put(harness, #"{"via": "x"}"#)
        #expect(reply.status == 200)
        #expect(reply.json["via"] == "x")
        let event = try #require(harness.events.events(after: 0).last)
        let told = try JSONBody.decode(Array(event.json.utf8))
        #expect(told["what"] == "configuration" && told["agent"] == .null)
        #expect(told["changes"].values == [["setting": "via", "before": "sluice", "after": "x"]])
        #expect(harness.log.all == ["127.0.0.1:5 changed the configuration: via from \"sluice\" to \"x\""])
    }

    @Test("its faults are placed in the body, however agents are called")
    func faults() async {
        let harness = Harness()
        let paths = [
            "agents.a.b.maxSockets", "agents.k.upstream", "routes[0].agent", "client.headTimeout", "bogus.key", "",
        ]
        harness.store.fake.withLock { fake in
            fake.faults = paths.map { ConfigurationFault(path: $0, message: "is wrong") }
        }
        let reply = await put(
            harness, #"{"agents": {"a.b": {"maxSockets": 0}, "k": {}}, "routes": [{"agent": "x"}], "bogus.key": 1}"#)
        #expect(reply.status == 422)
        #expect(reply.problem == "invalid-configuration")
        #expect(
            reply.json["errors"].values.map { $0["pointer"].text } == [
                "/agents/a.b/maxSockets", "/agents/k/upstream", "/routes/0/agent", "/client/headTimeout",
                "/bogus.key", "",
            ])
        for body in ["[]", "null", "1"] { #expect(await put(harness, body).status == 422) }
        #expect(await put(harness, "{").status == 400)
        #expect(harness.control.state.version == 1)
    }

    @Test("a replacement is held against the version, also at its moment")
    func version() async throws {
        let harness = Harness()
        let tag = try #require(await harness.send("GET", "/api/v1/config").field("ETag"))
        #expect(await put(harness, "{}", [("If-Match", "\"run-1\"")]).status == 412)
        #expect(await put(harness, "{}", [("If-None-Match", "*")]).status == 412)
        harness.control.fake.withLock { $0.beforeChange = { $0.version += 1 } }
        #expect(await put(harness, #"{"via": "x"}"#, [("If-Match", tag)]).status == 412)
        #expect(harness.control.configuration.via == "sluice")
        #expect(await put(harness, #"{"via": "x"}"#).status == 200)
    }

    @Test("a good file is put in force, and what it changed is said", arguments: ["", "{}"])
    func reloadGood(body: String) async throws {
        let harness = Harness()
        var configuration = harness.control.configuration
        configuration.agents[0].settings.maxSockets = 7
        configuration.client.headTimeout = .seconds(3)
        harness.store.fake.withLock { [configuration] in $0.next = .success(configuration) }
        let reply = await reload(harness, body: body)
        #expect(reply.status == 200)
        #expect(reply.json["successful"] == true)
        #expect(reply.json["time"] == "1970-01-01T00:16:40.000Z")
        #expect(reply.json["errors"] == .list([]))
        #expect(
            reply.json["changes"].values == [
                ["agent": "k", "setting": "maxSockets", "before": .number(100), "after": .number(7)],
                ["agent": .null, "setting": "client.headTimeout", "before": .number(10), "after": .number(3)],
            ])
        let told = try harness.events.events(after: 0).map { try JSONBody.decode(Array($0.json.utf8)) }
        #expect(told.map { $0["what"] } == ["settings", "configuration"])
        let status = await harness.send("GET", "/api/v1/config").json["status"]["lastReload"]
        #expect(status == ["time": "1970-01-01T00:16:40.000Z", "successful": true, "errors": .list([])])
        #expect(await reload(harness).json["changes"] == .list([]))
    }

    @Test("a bad file changes nothing, and every fault has its line")
    func reloadBad() async throws {
        let harness = Harness()
        harness.store.fake.withLock { fake in
            fake.next = .failure(
                .init(all: [
                    .init(line: 12, column: 15, path: "agents.a.b.maxSockets", message: "must be 1 to 1000000, not 0"),
                    .init(line: nil, column: nil, path: "", message: "cannot be read"),
                ]))
        }
        let reply = await reload(harness)
        #expect(reply.status == 422)
        #expect(reply.problem == "invalid-configuration")
        let errors: JSONValue = .list([
            [
                "pointer": "/agents/a.b/maxSockets", "detail": "must be 1 to 1000000, not 0", "line": .number(12),
                "column": .number(15),
            ],
            ["pointer": "", "detail": "cannot be read", "line": .null, "column": .null],
        ])
        #expect(reply.json["errors"] == errors)
        let event = try #require(harness.events.events(after: 0).last)
        let told = try JSONBody.decode(Array(event.json.utf8))
        #expect(event.kind == .problem && told["kind"] == "reload" && told["errors"] == errors)
        #expect(harness.control.state.version == 1)
        let last = await harness.send("GET", "/api/v1/config").json["status"]["lastReload"]
        #expect(last["successful"] == false && last["errors"] == errors)
    }

    @Test("without a file there is nothing to read; an action takes nothing")
    func reloadNothing() async {
        let harness = Harness()
        #expect(await reload(harness, body: #"{"file": "x"}"#).status == 422)
        harness.store.fake.withLock { $0.file = nil }
        let reply = await reload(harness)
        #expect(reply.status == 409)
        #expect(reply.problem == "no-file")
        #expect(await harness.send("GET", "/api/v1/config").json["status"]["file"] == .null)
    }
}
