import Control
import Testing

@testable import Admin

/// What a body must say of itself, and who may send it, method by method.
@Suite struct BodyTypeTests {
    private static let bodies = [
        "POST /api/v1/agents", "PATCH /api/v1/agents/k", "PUT /api/v1/routes", "PUT /api/v1/config",
        "POST /api/v1/agents/k/drain", "POST /api/v1/agents/k/resume", "POST /api/v1/config/reload",
    ]
    private static let changes =
        bodies + [
            "DELETE /api/v1/agents/k", "DELETE /api/v1/agents/k/sockets?state=free",
            "DELETE /api/v1/agents/k/sockets/7",
        ]

    private func send(
        _ line: String, _ fields: [(name: String, value: String)], body: String = "{}", to harness: Harness = Harness()
    ) async -> Reply {
        let parts = line.split(separator: " ").map(String.init)
        return await harness.send(parts[0], parts[1], fields, body: body)
    }

    @Test("what a form or a text can say is no type for a body", arguments: bodies)
    func types(line: String) async {
        for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/jsonx"]
        {
            let harness = Harness()
            let reply = await send(line, [("Content-Type", type)], to: harness)
            #expect(reply.status == 415)
            #expect(reply.problem == "unsupported-media-type")
            #expect((reply.field("Accept-Patch") != nil) == line.hasPrefix("PATCH"))
            #expect((reply.field("Accept") == "application/json") == !line.hasPrefix("PATCH"))
            #expect(harness.control.state.version == 1)
        }
        #expect(await send(line, []).status == 415)
        let merge = await send(line, [("Content-Type", "application/merge-patch+json")])
        #expect((merge.status == 415) == !line.hasPrefix("PATCH"))
        let coded = await send(line, [("Content-Type", "application/json"), ("Content-Encoding", "gzip")])
        #expect(coded.status == 415)
    }

    @Test("a body that is needed is missed", arguments: bodies.prefix(4))
    func empty(line: String) async {
        #expect(await send(line, [], body: "").status == 415)
        let reply = await send(line, [("Content-Type", "application/json")], body: "")
        #expect(reply.status == 400)
        #expect(reply.problem == "invalid-json")
    }

    @Test("what is no JSON is a 400", arguments: bodies)
    func broken(line: String) async {
        for body in ["{", "{}{}", "{\"a\":1,\"a\":2}", "[1,]", "\u{FEFF}{}", "nul"] {
            let reply = await send(line, [("Content-Type", "application/json; charset=utf-8")], body: body)
            #expect(reply.status == 400)
            #expect(reply.problem == "invalid-json")
        }
    }

    @Test("a change that comes from another site is refused, whatever it is", arguments: changes)
    func sites(line: String) async {
        let harness = Harness()
        let before = harness.control.state
        for field in [
            (name: "Origin", value: "http://evil.example"), (name: "Origin", value: "null"),
            (name: "Sec-Fetch-Site", value: "cross-site"), (name: "Sec-Fetch-Site", value: "same-site"),
        ] {
            let reply = await send(line, [("Content-Type", "application/json"), field], to: harness)
            #expect(reply.status == 403)
            #expect(reply.problem == "cross-site")
        }
        #expect(harness.control.state == before)
        #expect(harness.events.lastID == 0)
    }

    @Test("JSON must be acceptable", arguments: changes)
    func accept(line: String) async {
        let fields = [(name: "Content-Type", value: "application/json"), (name: "Accept", value: "text/html")]
        #expect(await send(line, fields).status == 406)
    }
}
