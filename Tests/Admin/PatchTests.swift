import Control
import MicroHTTPD
import Synchronization
import Testing

@testable import Admin

@Suite struct PatchTests {
    @Test("a change is made, told and logged, and has a new tag")
    func change() async throws {
        let harness = Harness()
        let reply = await harness.patch("k", #"{"mode": "normal", "maxSockets": 50, "timeout": "1500ms"}"#)
        #expect(reply.status == 200)
        #expect(reply.field("ETag") == "\"run-8\"")
        #expect(reply.json["mode"] == "normal")
        #expect(reply.json["maxSockets"] == .number(50))
        #expect(reply.json["timeout"] == .number(1.5))
        #expect(reply.json["freeSocketTimeout"] == .number(30))
        let event = try #require(harness.events.events(after: 0).last)
        #expect(event.kind == .change)
        #expect(!event.json.contains("\n"))
        let json = try JSONBody.decode(Array(event.json.utf8))
        #expect(json["who"] == "127.0.0.1:5")
        #expect(json["agent"] == "k")
        #expect(
            json["changes"].values == [
                ["setting": "mode", "before": "keepalive", "after": "normal"],
                ["setting": "maxSockets", "before": .number(100), "after": .number(50)],
                ["setting": "timeout", "before": .number(8), "after": .number(1.5)],
            ])
        #expect(harness.log.all.count == 1)
        #expect(harness.log.all[0].contains("mode from \"keepalive\" to \"normal\""))
    }

    @Test("null brings a default back")
    func removal() async {
        let harness = Harness()
        harness.control.update("k") { $0.settings.socketActiveTTL = .seconds(60) }
        let reply = await harness.patch(
            "k", #"{"maxSockets": null, "freeSocketTimeout": null, "socketActiveTTL": null}"#)
        #expect(reply.status == 200)
        let settings = harness.control.agents()[0].settings
        #expect(settings.maxSockets == 256)
        #expect(settings.freeSocketTimeout == .seconds(4))
        #expect(settings.socketActiveTTL == nil)
    }

    @Test("what is removed or left out becomes what flags and environment say of every agent")
    func defaults() async {
        let harness = Harness()
        harness.store.fake.withLock { $0.agentDefaults.maxSockets = 50 }
        let patched = await harness.patch("k", #"{"maxSockets": null}"#)
        #expect(patched.json["maxSockets"] == .number(50))
        let added = await harness.send(
            "POST", "/api/v1/agents", [("Content-Type", "application/json")],
            body: #"{"name": "new", "upstream": "http://h:1"}"#)
        #expect(added.json["maxSockets"] == .number(50))
    }

    @Test("every setting can be sent back as it was shown")
    func roundTrip() async throws {
        let harness = Harness()
        harness.control.update("k") { agent in
            agent.settings.socketActiveTTL = .milliseconds(1234)
            agent.settings.maxRequestsPerSocket = 9
            agent.settings.retry = false
        }
        let before = harness.control.agents()[0]
        guard case .object(var members) = await harness.send("GET", "/api/v1/agents/k").json else {
            Issue.record("no object")
            return
        }
        members["name"] = nil
        members["status"] = nil
        let reply = await harness.patch("k", String(decoding: JSONValue.object(members).encoded(), as: UTF8.self))
        #expect(reply.status == 200)
        #expect(harness.control.agents()[0].settings == before.settings)
        #expect(harness.control.agents()[0].version == before.version)
    }

    @Test("a change of nothing is not told", arguments: ["{}", #"{"mode": "keepalive"}"#])
    func nothing(body: String) async {
        let harness = Harness()
        let reply = await harness.patch("k", body)
        #expect(reply.status == 200)
        #expect(reply.field("ETag") == "\"run-7\"")
        #expect(harness.events.lastID == 0)
        #expect(harness.log.all.isEmpty)
    }

    @Test(
        "faults are all named, and nothing is changed",
        arguments: [
            (#"{"maxSockets": 0}"#, ["/maxSockets"]), (#"{"maxSockets": "many"}"#, ["/maxSockets"]),
            (#"{"maxSockets": 1.5}"#, ["/maxSockets"]), (#"{"maxSockets": 1e300}"#, ["/maxSockets"]),
            (#"{"mode": "fast"}"#, ["/mode"]), (#"{"mode": null, "timeout": -1}"#, ["/timeout"]),
            (#"{"timeout": "4 parsecs", "mode": 7, "maxSockets": []}"#, ["/mode", "/maxSockets", "/timeout"]),
            (#"{"name": "x"}"#, ["/name"]), (#"{"status": {"pending": 0}}"#, ["/status"]),
            (#"{"name": null, "status": null}"#, ["/name", "/status"]),
            (#"{"maxsockets": 1}"#, ["/maxsockets"]), (#"{"a/b~c": 1}"#, ["/a~1b~0c"]),
            (#"{"upstream": null}"#, ["/upstream"]), (#"{"upstream": []}"#, ["/upstream"]),
            (#"{"upstream": ["https://x"]}"#, ["/upstream"]), (#"{"upstream": "ftp://x"}"#, ["/upstream"]),
            (#"{"mode": "normal", "bogus": 1, "also": 2}"#, ["/also", "/bogus"]),
            (#"{"retry": 1}"#, ["/retry"]), ("[]", [""]), ("null", [""]), ("7", [""]), (#""x""#, [""]),
            ("[[{}]]", [""]),
        ])
    func faults(body: String, pointers: [String]) async {
        let harness = Harness()
        let reply = await harness.patch("k", body)
        #expect(reply.status == 422)
        #expect(reply.problem == "invalid-setting")
        #expect(reply.json["errors"].values.map { $0["pointer"].text } == pointers)
        #expect(reply.json["errors"].values.allSatisfy { $0["detail"].text?.isEmpty == false })
        #expect(harness.control.agents()[0].version == 7)
        #expect(harness.control.agents()[0].settings.mode == .keepalive)
        #expect(harness.events.lastID == 0)
    }

    @Test("what is allowed is said")
    func words() async {
        let reply = await Harness().patch("k", #"{"maxSockets": 0}"#)
        #expect(
            reply.json["errors"].values == [["pointer": "/maxSockets", "detail": "must be 1 to 1000000, not 0"]])
    }

    @Test(
        "If-Match is held against the version",
        arguments: [
            ("\"run-7\"", 200), ("*", 200), (" * ", 200), ("\"x\", \"run-7\"", 200), ("\"a,b\" ,, \"run-7\"", 200),
            ("\"run-6\"", 412), ("W/\"run-7\"", 412), ("run-7", 412), ("", 412), ("\"run-7", 412),
            ("\"other-7\"", 412), ("\"\"", 412),
        ])
    func ifMatch(condition: String, status: Int) async {
        let harness = Harness()
        let reply = await harness.patch("k", #"{"mode": "normal"}"#, [("If-Match", condition)])
        #expect(reply.status == status)
        #expect(harness.control.agents()[0].settings.mode == (status == 200 ? .normal : .keepalive))
        if status == 412 {
            #expect(reply.problem == "precondition-failed")
            #expect(reply.field("ETag") == "\"run-7\"")
        }
    }

    @Test("a change that came in between is not overwritten unseen")
    func between() async {
        let harness = Harness()
        harness.control.fake.withLock { $0.beforeChange = { $0.agentVersions["k", default: 0] += 1 } }
        let reply = await harness.patch("k", #"{"mode": "normal"}"#, [("If-Match", "\"run-7\"")])
        #expect(reply.status == 412)
        #expect(reply.field("ETag") == "\"run-8\"")
        #expect(await harness.patch("k", #"{"mode": "normal"}"#).status == 200)
    }

    @Test("If-None-Match that holds the tag is a 412 on a change", arguments: ["*", "\"run-7\"", "W/\"run-7\""])
    func ifNoneMatch(condition: String) async {
        let harness = Harness()
        #expect(await harness.patch("k", "{}", [("If-None-Match", condition)]).status == 412)
        #expect(await harness.patch("k", "{}", [("If-None-Match", "\"run-1\"")]).status == 200)
    }

    @Test("an agent that goes away during the change is a 404")
    func gone() async {
        let harness = Harness()
        #expect(await harness.patch("none", "{}").status == 404)
        harness.control.fake.withLock { $0.beforeChange = { $0.configuration.agents.removeAll() } }
        #expect(await harness.patch("k", "{}").problem == "unknown-agent")
    }

    @Test(
        "a body must say what it is",
        arguments: [
            ("application/merge-patch+json", 200), ("application/json", 200), ("Application/JSON; charset=UTF-8", 200),
            ("application/json; charset=\"utf-8\"", 200), ("application/json;charset=utf-16", 415),
            ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("multipart/form-data", 415), ("", 415),
            ("application/json-patch+json", 415), ("application/jsonx", 415), ("text/plain; application/json", 415),
        ])
    func type(type: String, status: Int) async {
        let reply = await Harness().send("PATCH", "/api/v1/agents/k", [("Content-Type", type)], body: "{}")
        #expect(reply.status == status)
        if status == 415 { #expect(reply.field("Accept-Patch") == "application/merge-patch+json, application/json") }
    }

    @Test("no type, two types or a coding are refused")
    func types() async {
        let json = (name: "Content-Type", value: "application/json")
        for fields in [[], [json, json], [json, (name: "Content-Encoding", value: "gzip")]] {
            #expect(await Harness().send("PATCH", "/api/v1/agents/k", fields, body: "{}").status == 415)
        }
    }
}
