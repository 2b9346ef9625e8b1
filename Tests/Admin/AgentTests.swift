import Control
import FoundationEssentials
import Synchronization
import Testing

@testable import Admin

@Suite struct AgentTests {
    @Test("an agent is shown as documented")
    func agent() async throws {
        let harness = Harness()
        harness.clock.advance(.seconds(10))
        harness.control.update("k") { agent in
            agent.figures.responses[1] += 1000
            agent.figures.lastByte[0].counts[25] += 1000
        }
        let reply = await harness.send("GET", "/api/v1/agents/k")
        #expect(reply.status == 200)
        #expect(reply.field("ETag") == "\"run-7\"")
        let expected = #"""
            {"name": "k", "mode": "keepalive", "split": 0, "upstream": ["http://127.0.0.1:1984"],
             "maxSockets": 100, "maxFreeSockets": 256, "freeSocketTimeout": 30, "timeout": 8,
             "socketActiveTTL": null, "maxRequestsPerSocket": null, "connectTimeout": 2, "maxPending": 1024,
             "pendingTimeout": 5, "keepAliveProbe": 1, "retry": true, "scheduling": "lifo",
             "status": {"state": "running",
              "sockets": {"open": 100, "connecting": 0, "active": 88, "free": 12},
              "pending": 20,
              "totals": {"requests": 121000, "created": 100, "reused": 119900, "closed": 3,
                         "closedBy": {"upstreamClose": 3}, "errors": 4, "retries": 6, "timeouts": 5,
                         "bytesReceived": 9600000, "bytesSent": 14400000},
              "requestsPerSocket": 1200,
              "rates": {"requests": 100, "created": 0, "closed": 0},
              "latency": {"p50": 0.00275, "p90": 0.00295, "p99": 0.002995, "max": 0.003}}}
            """#
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(expected.utf8))
        #expect(reply.json == json)
    }

    @Test("an agent that did nothing has no latency and no requests per socket")
    func idle() async {
        let status = await Harness().send("GET", "/api/v1/agents/default").json["status"]
        #expect(status["requestsPerSocket"] == .null)
        #expect(status["latency"] == ["p50": .null, "p90": .null, "p99": .null, "max": .null])
        #expect(status["totals"]["closedBy"] == .object([:]))
    }

    @Test("the list has them all in order")
    func list() async {
        let reply = await Harness().send("GET", "/api/v1/agents")
        #expect(reply.json["agents"].values.map { $0["name"] } == ["k", "default"])
    }

    @Test("the status sums up")
    func status() async {
        let json = await Harness().send("GET", "/api/v1/status").json
        #expect(json["version"] == "1.2.3")
        #expect(json["listeners"] == .list(["127.0.0.1:1985"]))
        #expect(json["threads"] == .number(2))
        #expect(json["clients"]["requests"] == .number(120_000))
        #expect(json["totals"]["requests"] == .number(120_000))
        #expect(json["sockets"]["open"] == .number(100))
        #expect(json["agents"].values.map { $0["mode"] } == ["keepalive", "normal"])
        #expect((json["pid"].double ?? 0) > 1)
        #expect((json["uptime"].double ?? -1) >= 0)
        #expect(json["startTime"].text?.hasSuffix("Z") == true)
    }

    private static func sockets(_ count: UInt64) -> [SocketSnapshot] {
        (1...count).map { id in
            SocketSnapshot(
                id: id, state: id.isMultiple(of: 2) ? .free : .active, localPort: UInt16(40_000 + id), age: 1.5,
                idle: id.isMultiple(of: 2) ? 0.25 : nil, requests: id, bytesReceived: 1, bytesSent: 2, thread: 1)
        }
    }

    @Test("sockets come page by page, each once", arguments: [1, 2, 3, 7, 250, 1000])
    func sockets(limit: Int) async {
        let harness = Harness()
        harness.control.fake.withLock { $0.sockets["k"] = Self.sockets(250).shuffled() }
        var seen: [String] = []
        var after = ""
        for _ in 0..<300 {
            let json = await harness.send("GET", "/api/v1/agents/k/sockets?limit=\(limit)\(after)").json
            #expect(json["sockets"].values.count <= limit)
            seen += json["sockets"].values.compactMap { $0["id"].text }
            guard let next = json["next"].text else { break }
            after = "&after=\(next)"
        }
        #expect(seen == (1...250).map { "\($0)" })
    }

    @Test("a socket's row, and the filter by state")
    func socketRow() async throws {
        let harness = Harness()
        harness.control.fake.withLock { $0.sockets["k"] = Self.sockets(5) }
        let json = await harness.send("GET", "/api/v1/agents/k/sockets?state=free").json
        #expect(json["sockets"].values.map { $0["id"] } == ["2", "4"])
        let expected = #"""
            {"id": "2", "upstream": "http://127.0.0.1:1984", "state": "free", "localPort": 40002, "age": 1.5,
             "idle": 0.25, "requests": 2, "bytesReceived": 1, "bytesSent": 2, "thread": 1}
            """#
        #expect(json["sockets"].values.first == (try JSONDecoder().decode(JSONValue.self, from: Data(expected.utf8))))
        #expect(json["next"] == .null)
        let active = await harness.send("GET", "/api/v1/agents/k/sockets?state=active&limit=1").json
        #expect(active["sockets"].values.first?["idle"] == .null)
        #expect(active["next"] == "1")
    }

    @Test(
        "wrong parameters of sockets are all named",
        arguments: [
            ("state=open", ["state"]), ("limit=0", ["limit"]), ("limit=1001", ["limit"]), ("limit=x", ["limit"]),
            ("after=-1", ["after"]), ("after=", ["after"]), ("state&limit&after", ["state", "limit", "after"]),
            ("limit=99999999999999999999", ["limit"]),
        ])
    func socketFaults(query: String, names: [String]) async {
        let reply = await Harness().send("GET", "/api/v1/agents/k/sockets?\(query)")
        #expect(reply.status == 400)
        #expect(reply.json["errors"].values.map { $0["parameter"].text } == names)
    }
}
