import Testing
import TestSupport

@Suite("Routes", .bounded)
struct RouteTests {
    /// What came through: the agent is told by the upstream's own name in the response.
    private func named(_ name: String) throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            while let request = try peer.readRequest() {
                try peer.answer(fields: "X-Upstream: \(name)\r\n", text: request.target)
            }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let target: String
        var host = "other.example"
        let upstream: String?
        var arrives: String

        var testDescription: String { "\(host) \(target)" }
    }

    static let cases: [Case] = [
        Case(target: "/", upstream: "default", arrives: "/"),
        Case(target: "/5", upstream: "default", arrives: "/5"),
        Case(target: "/k", upstream: "k", arrives: "/"),
        Case(target: "/k/", upstream: "k", arrives: "/"),
        Case(target: "/k/5", upstream: "k", arrives: "/5"),
        Case(target: "/k/5?q=/k/5", upstream: "k", arrives: "/5?q=/k/5"),
        Case(target: "/k?q=1", upstream: "k", arrives: "/?q=1"),
        Case(target: "/kilo", upstream: "default", arrives: "/kilo"),
        Case(target: "/K/5", upstream: "default", arrives: "/K/5"),
        Case(target: "/k/deep/x", upstream: "deep", arrives: "/k/deep/x"),
        Case(target: "/k/deeper", upstream: "k", arrives: "/deeper"),
        Case(target: "/5?p=/k/5", upstream: "default", arrives: "/5?p=/k/5"),
        // Matching looks at the normalised path; what goes upstream is what came, prefix aside.
        Case(target: "/%6B/5", upstream: "k", arrives: "/5"),
        Case(target: "/x/../k/5", upstream: "k", arrives: "/5"),
        Case(target: "/k/../5", upstream: "default", arrives: "/k/../5"),
        Case(target: "/a%2Fb", upstream: "default", arrives: "/a%2Fb"),
        Case(target: "/a/./b//c", upstream: "default", arrives: "/a/./b//c"),
        Case(target: "/k%2F5", upstream: "default", arrives: "/k%2F5"),
        Case(target: "/k/a%20b", upstream: "k", arrives: "/a%20b"),
        // A matching host comes before none, whatever the length of the prefix.
        Case(target: "/k/5", host: "api.example", upstream: "host", arrives: "/k/5"),
        Case(target: "/5", host: "API.Example:80", upstream: "host", arrives: "/5"),
        Case(target: "/5", host: "api.example.org", upstream: "default", arrives: "/5"),
        Case(target: "http://api.example/5", host: "api.example", upstream: "host", arrives: "/5"),
        Case(target: "http://other.example/k/5", host: "other.example", upstream: "k", arrives: "/5"),
    ]

    @Test("the longest match picks the agent, and its prefix is stripped", arguments: cases)
    func matches(_ test: Case) async throws {
        try await onThread {
            let upstreams = try ["default", "k", "deep", "host"].map { try named($0) }
            let sluice = try SluiceProcess.configured(
                """
                agents:
                  default: {upstream: "\(upstreams[0].url)"}
                  k: {upstream: "\(upstreams[1].url)"}
                  deep: {upstream: "\(upstreams[2].url)"}
                  host: {upstream: "\(upstreams[3].url)"}
                routes:
                  - {prefix: /, agent: default}
                  - {prefix: /k, stripPrefix: true, agent: k}
                  - {prefix: /k/deep, agent: deep}
                  - {host: api.example, prefix: /, agent: host}
                """)
            let response = try sluice.exchange("GET \(test.target) HTTP/1.1\r\nHost: \(test.host)\r\n\r\n")
            #expect(response.status == 200)
            #expect(response.value("X-Upstream") == test.upstream)
            #expect(response.text == test.arrives)
        }
    }

    @Test("no route: 404 as a problem, and nothing reaches an upstream", arguments: ["/", "/kilo", "/5", "/x/k"])
    func noRoute(path: String) async throws {
        try await onThread {
            let upstream = try named("k")
            let sluice = try SluiceProcess.configured(
                """
                agents: {k: {upstream: "\(upstream.url)"}}
                routes: [{prefix: /k, stripPrefix: true, agent: k}]
                """)
            let client = try sluice.connect()
            try client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            try expectProblem(client.readResponse(), 404)
            // The request was a good one: the connection goes on.
            try client.send("GET /k/7 HTTP/1.1\r\nHost: a\r\n\r\n")
            let second = try client.readResponse()
            #expect(second.text == "/7", "\(second.statusLine)")
            #expect(upstream.requests.count == 1)
        }
    }
}
