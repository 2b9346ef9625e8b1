import Testing
import TestSupport

/// Requests that end at this proxy: Max-Forwards, TRACE, and Via that names it (RFC 9110, sections 7.6 and 9.3.8).
@Suite("the last hop", .bounded)
struct LastHopTests {
    @Test("TRACE with no forwards left is echoed without what is secret, and the connection goes on")
    func trace() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            for _ in 0..<2 {
                try client.send(
                    "TRACE /a?b HTTP/1.1\r\nHost: a\r\nCookie: c\r\nX: 1\r\nMax-Forwards: 0\r\n"
                        + "Authorization: d\r\nProxy-Authorization: e\r\nY: 2\r\n\r\n")
                let response = try client.readResponse()
                #expect(response.status == 200)
                #expect(response.value("content-type") == "message/http")
                #expect(response.value("proxy-status") == "sluice; error=proxy_internal_response")
                #expect(
                    response.text == "TRACE /a?b HTTP/1.1\r\nHost: a\r\nX: 1\r\nMax-Forwards: 0\r\nY: 2\r\n\r\n")
            }
            #expect(upstream.requests.isEmpty)
        }
    }

    @Test("a TRACE whose head fills all that is allowed is echoed whole")
    func longTrace() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let head = "TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nX: \(String(repeating: "x", count: 32_600))"
            #expect(try sluice.exchange("\(head)\r\n\r\n").text == "\(head)\r\n\r\n")
        }
    }

    @Test("OPTIONS with no forwards left says what is allowed; its content is passed over")
    func options() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            for target in ["*", "/a"] {
                try client.send(
                    "OPTIONS \(target) HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nContent-Length: 3\r\n\r\nabc")
                let response = try client.readResponse()
                #expect(response.status == 200 && response.body.isEmpty)
                #expect(response.value("allow")?.contains("GET, HEAD") == true)
            }
            #expect(upstream.requests.isEmpty)
            try client.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().status == 200)
        }
    }

    @Test(
        "one forward is taken off on the way",
        arguments: [("TRACE", "1", "0"), ("OPTIONS", "17", "16"), ("GET", "0", "0")])
    func decremented(method: String, before: String, after: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let response = try sluice.exchange("\(method) / HTTP/1.1\r\nHost: a\r\nMax-Forwards: \(before)\r\n\r\n")
            #expect(response.status == 200)
            #expect(upstream.requests.map { $0.values("max-forwards") } == [[after]])
        }
    }

    @Test("a request that was here before is refused", arguments: ["1.1 sluice", "1.0 a, HTTP/1.1 Sluice (x, y)"])
    func loop(via: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let response = try sluice.get("/", fields: "Via: \(via)\r\n")
            #expect(response.status == 508)
            #expect(response.value("proxy-status") == "sluice; error=proxy_loop_detected")
            #expect(upstream.requests.isEmpty)
            #expect(try sluice.get("/", fields: "Via: 1.1 other\r\n").status == 200)
        }
    }

    @Test("a proxy that leads to itself ends the loop at once")
    func selfLoop() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let inner = try SluiceProcess.forwarding(to: upstream)
            let outer = try SluiceProcess.configured(
                "agents: {default: {upstream: \"http://127.0.0.1:\(inner.port)\"}}")
            #expect(try outer.get("/").status == 508)
            let named = try SluiceProcess.configured(
                "via: edge\nagents: {default: {upstream: \"http://127.0.0.1:\(inner.port)\"}}")
            #expect(try named.get("/").status == 200)
            #expect(upstream.requests.map { $0.values("via") } == [["1.1 edge", "1.1 sluice"]])
        }
    }
}
