import Control
import Synchronization
import Testing

@testable import Admin

@Suite struct RoutesTests {
    private func put(_ harness: Harness, _ body: String, _ fields: [(name: String, value: String)] = []) async -> Reply
    {
        await harness.send("PUT", "/api/v1/routes", [("Content-Type", "application/json")] + fields, body: body)
    }

    @Test("the table is shown as documented")
    func get() async {
        let harness = Harness()
        harness.control.fake.withLock {
            $0.versioned.configuration.routes.append(Route(host: "api.example", prefix: "/", agent: "k"))
        }
        let reply = await harness.send("GET", "/api/v1/routes")
        #expect(reply.status == 200)
        #expect(reply.field("ETag") == "\"run-routes-1\"")
        #expect(
            reply.text == #"""
                {"routes":[{"agent":"k","prefix":"/k","stripPrefix":true},{"agent":"default","prefix":"/","stripPrefix":false},{"agent":"k","host":"api.example","prefix":"/","stripPrefix":false}]}

                """#)
        let again = await harness.send("GET", "/api/v1/routes", [("If-None-Match", "\"run-routes-1\"")])
        #expect(again.status == 304 && again.text.isEmpty)
    }

    @Test("it is replaced as a whole, told and logged, and what was read can be written back")
    func put() async throws {
        let harness = Harness()
        let old = await harness.send("GET", "/api/v1/routes").text
        let reply = await put(harness, #"{"routes": [{"prefix": "/", "agent": "k", "host": "API.example"}]}"#)
        #expect(reply.status == 200)
        #expect(reply.field("ETag") == "\"run-routes-2\"")
        #expect(
            reply.json["routes"].values == [
                ["prefix": "/", "agent": "k", "host": "api.example", "stripPrefix": false]
            ])
        let event = try #require(harness.events.events(after: 0).last)
        let told = try JSONBody.decode(Array(event.json.utf8))
        #expect(told["what"] == "routes" && told["agent"] == .null)
        #expect(told["changes"].values.first?["setting"] == "routes")
        #expect(told["changes"].values.first?["after"] == reply.json["routes"])
        let line = try #require(harness.log.all.first)
        #expect(line.hasPrefix("127.0.0.1:5 changed the routes from [{") && line.contains("api.example"), "\(line)")
        #expect(await put(harness, old).text == old)
        #expect(await put(harness, old).field("ETag") == "\"run-routes-3\"")
        #expect(harness.log.all.count == 2)
    }

    @Test("without routes all goes to default")
    func empty() async {
        #expect(await put(Harness(), #"{"routes": []}"#).status == 200)
    }

    @Test(
        "faults are all named with their place, and nothing is changed",
        arguments: [
            ("{}", ["/routes"]), (#"{"routes": {}}"#, ["/routes"]), (#"{"routes": null}"#, ["/routes"]),
            (#"{"routes": [], "more": 1}"#, ["/more"]), (#"{"routes": [7]}"#, ["/routes/0"]),
            (#"{"routes": [{}]}"#, ["/routes/0/prefix", "/routes/0/agent"]),
            (#"{"routes": [{"prefix": "/", "agent": "none"}]}"#, ["/routes/0/agent"]),
            (#"{"routes": [{"prefix": "/", "agent": "k"}, {"prefix": "k", "agent": "k"}]}"#, ["/routes/1/prefix"]),
            (#"{"routes": [{"prefix": "/", "agent": "k"}, {"prefix": "/", "agent": "k"}]}"#, ["/routes/1"]),
            (
                #"{"routes": [{"prefix": "/", "agent": "k", "host": "a:1", "x/": 1, "stripPrefix": 1}]}"#,
                ["/routes/0/x~1", "/routes/0/host", "/routes/0/stripPrefix"]
            ),
            ("[]", [""]), ("null", [""]),
        ])
    func faults(body: String, pointers: [String]) async {
        let harness = Harness()
        let before = harness.control.state
        let reply = await put(harness, body)
        #expect(reply.status == 422)
        #expect(reply.json["errors"].values.map { $0["pointer"].text } == pointers)
        #expect(harness.control.state == before)
        #expect(harness.events.lastID == 0)
    }

    @Test(
        "a replacement is held against the version",
        arguments: [
            ("If-Match", "\"run-routes-1\"", 200), ("If-Match", "*", 200), ("If-Match", "\"run-1\"", 412),
            ("If-Match", "W/\"run-routes-1\"", 412), ("If-None-Match", "*", 412), ("If-None-Match", "\"x\"", 200),
            ("If-None-Match", "\"run-routes-1\"", 412),
        ])
    func version(name: String, value: String, status: Int) async {
        let harness = Harness()
        let reply = await put(harness, #"{"routes": []}"#, [(name, value)])
        #expect(reply.status == status)
        #expect(harness.control.configuration.routes.isEmpty == (status == 200))
        if status == 412 { #expect(reply.field("ETag") == "\"run-routes-1\"") }
    }

    @Test("a change that came in between is not overwritten unseen")
    func between() async {
        let harness = Harness()
        harness.control.fake.withLock { $0.beforeChange = { $0.routesVersion += 1 } }
        let reply = await put(harness, #"{"routes": []}"#, [("If-Match", "\"run-routes-1\"")])
        #expect(reply.status == 412)
        #expect(reply.field("ETag") == "\"run-routes-2\"")
        #expect(harness.control.configuration.routes.count == 2)
    }
}
