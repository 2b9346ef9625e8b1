import MicroHTTPD
import TestSupport
import Testing

@testable import Admin

@Suite struct RandomRequestTests {
    private static let methods = ["GET", "HEAD", "PATCH", "OPTIONS", "POST", "", "é"]
    private static let targets = [
        "/api/v1/status", "/api/v1/agents", "/api/v1/agents/k", "/api/v1/agents/k/sockets", "/metrics", "/", "/readyz",
        "*", "", "//", "/api/v1/agents/%6b", "/%", "/%e", "/%C3%28", "/api/v1/events",
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
        let harness = Harness()
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
                [200, 204, 304, 400, 403, 404, 405, 406, 412, 415, 421, 422, 503].contains(response.status),
                "seed \(seed): \(request) got \(response.status)")
            if response.status >= 400 { #expect(reply.problem != nil, "seed \(seed): \(request)") }
            // A field's value must never break out of its line.
            let isClean = response.fields.allSatisfy { field in
                field.value.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value < 127 }
            }
            #expect(isClean, "seed \(seed): \(request) got \(response.fields)")
        }
    }
}
