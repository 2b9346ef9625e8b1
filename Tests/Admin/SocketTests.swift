import Control
import Testing

@testable import Admin

/// Single sockets and their closing; pages of them are in AgentTests.
@Suite struct SocketTests {
    private func harness() -> Harness {
        let harness = Harness()
        for id in UInt64(1)...3 { harness.control.addSocket(id, to: "k", .free) }
        harness.control.addSocket(18_446_744_073_709_551_615, to: "k", .active)
        return harness
    }

    @Test("one socket is shown as in the list")
    func one() async {
        let harness = harness()
        let list = await harness.send("GET", "/api/v1/agents/k/sockets").json["sockets"].values
        for row in list {
            let reply = await harness.send("GET", "/api/v1/agents/k/sockets/\(row["id"].text ?? "")")
            #expect(reply.status == 200)
            #expect(reply.json == row)
        }
        #expect(list.count == 4)
    }

    @Test("free ones are closed all at once, others one by one, and it is told")
    func close() async throws {
        let harness = harness()
        let one = await harness.send("DELETE", "/api/v1/agents/k/sockets/18446744073709551615")
        #expect(one.status == 200 && one.json == ["closed": .number(1)])
        let free = await harness.send("DELETE", "/api/v1/agents/k/sockets?state=free")
        #expect(free.status == 200 && free.json == ["closed": .number(3)])
        let none = await harness.send("DELETE", "/api/v1/agents/k/sockets?state=free")
        #expect(none.status == 200 && none.json == ["closed": .number(0)])
        let told = try harness.events.events(after: 0).map { try JSONBody.decode(Array($0.json.utf8)) }
        #expect(told.map { $0["what"] } == ["socketsClosed", "socketsClosed"])
        #expect(
            told.last?["changes"].values == [["setting": "free sockets", "before": .number(3), "after": .number(0)]])
        #expect(harness.log.all.count == 2)
    }

    @Test("what is not there is a 404", arguments: ["4", "x", "01", "-1", "18446744073709551616", "%20", "1.0"])
    func unknown(id: String) async {
        let harness = harness()
        for method in ["GET", "DELETE"] {
            let reply = await harness.send(method, "/api/v1/agents/k/sockets/\(id)")
            #expect(reply.status == 404)
            #expect(reply.problem == "unknown-socket")
            #expect(await harness.send(method, "/api/v1/agents/none/sockets/\(id)").problem == "unknown-agent")
        }
        #expect(await harness.send("DELETE", "/api/v1/agents/none/sockets?state=free").problem == "unknown-agent")
        #expect(harness.events.lastID == 0)
    }

    @Test(
        "only free ones can be meant", arguments: ["", "?state=active", "?state", "?state=free&limit=1", "?state=FREE"])
    func state(query: String) async {
        let harness = harness()
        let reply = await harness.send("DELETE", "/api/v1/agents/k/sockets\(query)")
        #expect(reply.status == 400)
        #expect(reply.problem == "invalid-parameter")
        #expect(await harness.send("GET", "/api/v1/agents/k/sockets").json["sockets"].values.count == 4)
    }
}
