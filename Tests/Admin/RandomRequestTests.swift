import Control
import MicroHTTPD
import TestSupport
import Testing

@testable import Admin

@Suite struct RandomRequestTests {
    private static let methods = ["GET", "HEAD", "PATCH", "OPTIONS", "POST", "PUT", "DELETE", "", "é"]
    private static let targets = [
        "/api/v1/status", "/api/v1/agents", "/api/v1/agents/k", "/api/v1/agents/k/sockets", "/metrics", "/", "/readyz",
        "*", "", "//", "/api/v1/agents/%6b", "/%", "/%e", "/%C3%28", "/api/v1/events", "/api/v1/agents/k/drain",
        "/api/v1/agents/k/resume", "/api/v1/agents/k/sockets/7", "/api/v1/agents/none/sockets/é", "/api/v1/routes",
        "/api/v1/config", "/api/v1/config/reload", "/openapi.json",
    ]
    private static let names = [
        "Host", "Accept", "Content-Type", "If-Match", "If-None-Match", "Origin", "Sec-Fetch-Site", "Last-Event-ID",
        "Content-Encoding",
    ]
    private static let pieces = [
        "127.0.0.1:1986", "localhost", "[::1]", "[", "]:", ":", "\"", "\\", ",", ";", "=", "q=", "q=0.5", "*/*", "*",
        "W/", "\"run-7\"", "application/json", "text/", "/", " ", "\u{0}", "é", "%", "-1", "99999999999999999999",
        "run-",
    ]
    private static let queries = ["pretty", "state", "limit", "after", "types", "", "é"]
    private static let bodies = [
        "", "{}", "[]", "{", #"{"mode":"normal"}"#, #"{"maxSockets":1e308}"#, #"{"maxSockets":-0.0}"#,
        #"{"timeout":"1e400s"}"#, #"{"timeout":1e-320}"#, #"{"upstream":"http://[::1"}"#, #"{"":{"":[]}}"#,
        #"{"upstream":[["http://a"]]}"#, #"{"timeout":"999999999999999999999h"}"#, "\u{FEFF}",
    ]

    @Test("whatever is sent, the answer is one of the documented ones", arguments: Seeds.forThisRun(10))
    func random(seed: UInt64) async {
        var random = SplitMix64(seed: seed)
        let harness = Harness(removalPatience: .zero)
        func pick(_ values: [String]) -> String { values.randomElement(using: &random) ?? "" }
        func text() -> String { (0..<Int.random(in: 0...4, using: &random)).map { _ in pick(Self.pieces) }.joined() }
        for _ in 0..<300 {
            var fields = [(name: "Host", value: Bool.random(using: &random) ? "localhost" : text())]
            if Bool.random(using: &random) { fields.append(("Content-Type", "application/json")) }
            for _ in 0..<Int.random(in: 0...2, using: &random) { fields.append((pick(Self.names), text())) }
            let query = (0..<Int.random(in: 0...1, using: &random)).map { _ in
                (name: pick(Self.queries), value: Bool.random(using: &random) ? text() : nil)
            }
            let request = Request(
                method: pick(Self.methods), path: pick(Self.targets), query: query, fields: fields,
                body: Array(pick(Self.bodies).utf8), client: "unix")
            let response = await harness.api.respond(to: request)
            let reply = Reply(response: response)
            #expect(
                [200, 201, 202, 204, 304, 400, 403, 404, 405, 406, 409, 412, 415, 421, 422, 503].contains(
                    response.status),
                "seed \(seed): \(request) got \(response.status)")
            if response.status >= 400 { #expect(reply.problem != nil, "seed \(seed): \(request)") }
            // A field's value must never break out of its line.
            let isClean = response.fields.allSatisfy { field in
                field.value.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value < 127 }
            }
            #expect(isClean, "seed \(seed): \(request) got \(response.fields)")
        }
        await harness.api.removals.stop()
    }

    private static let targetsWithBodies = [
        "POST /api/v1/agents", "PATCH /api/v1/agents/k", "PUT /api/v1/routes", "PUT /api/v1/config",
        "POST /api/v1/agents/k/drain", "POST /api/v1/config/reload",
    ]
    private static let memberNames =
        ["name", "status", "routes", "agents", "prefix", "host", "agent", "stripPrefix", "client", "k", "", "é/~\""]
        + AgentSettings.keys.map(\.name)
    private static let words = [
        "k", "default", "x.y", "", "normal", "keepalive", "http://127.0.0.1:1", "unix:/x", "unix:x", "4s", "1e9h",
        "-1s",
        "none", "/", "/k", "a b", "\u{0}", "é", "lifo", "on",
    ]

    /// Any JSON, likelier than not of the names and words that mean something.
    private static func value(_ random: inout SplitMix64, depth: Int = 0) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 8 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(UInt64.random(in: 0...3, using: &random))
        case 3:
            let numbers = [-1, 0.5, 1e6, 1e15, 1e308, -1e308, 1e-300, 9_223_372_036_854_775_808, -0.0]
            return .number(numbers.randomElement(using: &random) ?? 0)
        case 4: return .string(words.randomElement(using: &random) ?? "")
        case 5: return .list((0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random, depth: depth + 1) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                members[memberNames.randomElement(using: &random) ?? ""] = value(&random, depth: depth + 1)
            }
            return .object(members)
        }
    }

    @Test("any JSON is taken or refused by name, and a refusal changes nothing", arguments: Seeds.forThisRun(10))
    func bodies(seed: UInt64) async {
        var random = SplitMix64(seed: seed)
        let harness = Harness()
        for _ in 0..<300 {
            let line = Self.targetsWithBodies.randomElement(using: &random) ?? ""
            let parts = line.split(separator: " ").map(String.init)
            let body = String(decoding: Self.value(&random).encoded(), as: UTF8.self)
            let before = harness.control.state
            let reply = await harness.send(parts[0], parts[1], [("Content-Type", "application/json")], body: body)
            #expect(
                [200, 201, 404, 409, 422].contains(reply.status), "seed \(seed): \(line) \(body) got \(reply.status)")
            if reply.status >= 400 {
                #expect(harness.control.state == before, "seed \(seed): \(line) \(body)")
            }
            if reply.status == 422 {
                let isPlaced = reply.json["errors"].values.allSatisfy { $0["pointer"].text != nil }
                #expect(isPlaced && !reply.json["errors"].values.isEmpty, "seed \(seed): \(line) \(body)")
            }
        }
    }
}
