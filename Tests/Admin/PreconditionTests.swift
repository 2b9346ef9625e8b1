import Control
import Testing

@testable import Admin

/// Entity tags and what requests ask of them, resource by resource.
@Suite struct PreconditionTests {
    private static let still = [
        "/api/v1/routes", "/api/v1/config", "/healthz", "/readyz", "/api/v1/agents/k/sockets/7",
    ]
    private static let all =
        still + ["/api/v1/status", "/api/v1/agents", "/api/v1/agents/k", "/api/v1/agents/k/sockets"]

    private func harness() -> Harness {
        let harness = Harness()
        harness.control.addSocket(7, to: "k")
        return harness
    }

    @Test("every resource has a strong tag", arguments: all)
    func strong(path: String) async throws {
        for method in ["GET", "HEAD"] {
            let tag = try #require(await harness().send(method, path).field("ETag"))
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 3)
        }
    }

    @Test("what did not change is not sent again", arguments: still)
    func notModified(path: String) async throws {
        let harness = harness()
        let tag = try #require(await harness.send("GET", path).field("ETag"))
        for method in ["GET", "HEAD"] {
            for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let reply = await harness.send(method, path, [("If-None-Match", condition)])
                #expect(reply.status == 304 && reply.text.isEmpty && reply.field("ETag") == tag)
            }
        }
        #expect(await harness.send("GET", path, [("If-None-Match", "\"x\"")]).status == 200)
    }

    @Test("what changes all the time is sent")
    func changing() async throws {
        let harness = harness()
        let tag = try #require(await harness.send("GET", "/api/v1/status").field("ETag"))
        harness.control.update("k") { $0.figures.retries += 1 }
        #expect(await harness.send("GET", "/api/v1/status", [("If-None-Match", tag)]).status == 200)
        // Its tag names the settings, so that it says nothing of the figures beside them.
        #expect(await harness.send("GET", "/api/v1/agents/k", [("If-None-Match", "\"run-7\"")]).status == 200)
    }

    @Test("If-Match that does not hold is a 412 on reading too", arguments: still + ["/api/v1/agents/k"])
    func reading(path: String) async throws {
        let harness = harness()
        let tag = try #require(await harness.send("GET", path).field("ETag"))
        #expect(await harness.send("GET", path, [("If-Match", tag)]).status == 200)
        let reply = await harness.send("GET", path, [("If-Match", "\"x\"")])
        #expect(reply.status == 412)
        #expect(reply.field("ETag") == tag)
    }

    @Test(
        "a change of what is not there is a 404 whatever it asks for",
        arguments: ["PATCH /api/v1/agents/x", "DELETE /api/v1/agents/x", "POST /api/v1/agents/x/drain"])
    func absent(line: String) async {
        let parts = line.split(separator: " ").map(String.init)
        let type = (name: "Content-Type", value: "application/json")
        for condition in ["*", "\"run-1\""] {
            let reply = await harness().send(parts[0], parts[1], [type, ("If-Match", condition)], body: "{}")
            #expect(reply.status == 404)
        }
    }

    @Test("sockets are held against their page")
    func sockets() async throws {
        let harness = harness()
        let path = "/api/v1/agents/k/sockets?state=free"
        let tag = try #require(await harness.send("GET", path).field("ETag"))
        #expect(await harness.send("DELETE", path, [("If-Match", tag)]).status == 200)
        harness.control.addSocket(8, to: "k", .free)
        #expect(await harness.send("DELETE", path, [("If-Match", tag)]).status == 412)
        #expect(await harness.send("DELETE", "/api/v1/agents/k/sockets/8", [("If-None-Match", "*")]).status == 412)
        #expect(await harness.send("DELETE", "/api/v1/agents/k/sockets/8", [("If-Match", "*")]).status == 200)
    }
}
