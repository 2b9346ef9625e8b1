import Testing
import TestSupport

/// What an operator does to an agent while it works (admin.md, "Resources").
@Suite("Admin operations", .bounded)
struct AdminOperationTests {
    @Test("drain: new requests get 503, running ones finish; resume: back to work")
    func drain() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while let request = try peer.readRequest() {
                    if request.target == "/held" { try peer.waitForRelease() }
                    try peer.answer(text: "ok")
                }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "freeSocketTimeout: 60s")
            let held = try sluice.connect()
            try held.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            let drained = try sluice.admin("POST", "/api/v1/agents/default/drain", body: "{}")
            #expect((200..<300).contains(drained.status), "\(drained.text)")
            try #require((200..<300).contains(drained.status))
            try expectProblem(sluice.get("/new"), 503)
            #expect(try sluice.admin("GET", "/readyz").status == 503)
            #expect(try sluice.admin("GET", "/healthz").status == 200)
            upstream.release()
            #expect(try held.readResponse().status == 200)
            #expect(upstream.record.wait { $0.open == 0 })
            let resumed = try sluice.admin("POST", "/api/v1/agents/default/resume", body: "{}")
            #expect((200..<300).contains(resumed.status))
            #expect(try sluice.get("/again").status == 200)
            #expect(try sluice.admin("GET", "/readyz").status == 200)
            #expect(upstream.requests.map(\.target) == ["/held", "/again"])
        }
    }

    @Test("the open sockets are listed, and free ones can be closed")
    func sockets() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "freeSocketTimeout: 60s")
            #expect(try sluice.get("/").status == 200)
            let list = try sluice.admin("GET", "/api/v1/agents/default/sockets")
            try #require(list.status == 200)
            let sockets = try JSON(list.body).sockets.elements
            #expect(sockets.count == 1)
            #expect(sockets.first?.state.string == "free")
            let closed = try sluice.admin("DELETE", "/api/v1/agents/default/sockets?state=free")
            try #require((200..<300).contains(closed.status))
            #expect(upstream.record.wait { $0.open == 0 })
            let totals = try sluice.status { $0.totals.closed.int == 1 }.totals
            #expect(totals.closedBy.operator.int == 1)
        }
    }

    @Test("split: a share of the requests goes in the other mode")
    func split() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "freeSocketTimeout: 60s", more: "threads: 1")
            let patched = try sluice.patch("default", #"{"split":50}"#)
            try #require(patched.status == 200, "\(patched.text)")
            let result = Load.run(port: sluice.port, clients: 1, requests: 200)
            #expect(result.failures.isEmpty)
            // Half of 200, give or take six standard deviations.
            #expect((58...143).contains(upstream.record.current.accepted))
        }
    }
}
