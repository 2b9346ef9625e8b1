import Testing
import TestSupport

/// Responses that have no body, come in several parts, or are waited for (RFC 9110, sections 9.3.2, 10.1.1, 15).
@Suite("HEAD, 204, 304, 1xx, Expect", .bounded)
struct SemanticsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let method: String
        let answer: String
        let status: Int
        var length: String?
        var testDescription: String { "\(method) \(status)" }
    }

    static let bodiless: [Case] = [
        Case(method: "HEAD", answer: "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", status: 200, length: "5000"),
        Case(method: "HEAD", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", status: 200),
        Case(method: "HEAD", answer: "HTTP/1.1 404 Not Found\r\n\r\n", status: 404),
        Case(method: "GET", answer: "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
        Case(
            method: "GET", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n", status: 304,
            length: "77"),
        Case(method: "POST", answer: "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
    ]

    @Test("no body where there can be none; the socket and the connection go on", arguments: bodiless)
    func noBody(test: Case) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(ScriptedUpstream.always(test.answer))
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            for _ in 0..<3 {
                let length = test.method == "POST" ? "Content-Length: 0\r\n" : ""
                try client.send("\(test.method) / HTTP/1.1\r\nHost: a\r\n\(length)\r\n")
                let response = try client.readResponse(isHead: true)
                #expect(response.status == test.status)
                #expect(response.value("content-length") == test.length)
            }
            #expect(upstream.record.current.accepted == 1)
        }
    }

    @Test("interim responses come before the final one, in order")
    func interim() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always(
                    "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
                        + "Link: </b.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            for _ in 0..<2 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().value("link") == "</a.css>; rel=preload")
                #expect(try client.readResponse().value("link") == "</b.css>")
                let last = try client.readResponse()
                #expect(last.status == 200 && last.text == "ok")
            }
        }
    }

    @Test("an HTTP/1.0 client is sent no interim response (RFC 9110, section 15.2)")
    func interimOld() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always(
                    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            let sluice = try SluiceProcess.forwarding(to: upstream)
            #expect(try sluice.exchange("GET / HTTP/1.0\r\n\r\n").status == 200)
        }
    }

    @Test("a client that expects 100 is told to go on by the upstream's word")
    func expectContinue() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while let request = try peer.readRequest(onExpect: { try peer.send("HTTP/1.1 100 Continue\r\n\r\n") }) {
                    try peer.answer(body: request.body)
                }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            for _ in 0..<2 {
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
                #expect(try client.readResponse().status == 100)
                try client.send("hello")
                let response = try client.readResponse()
                #expect(response.status == 200 && response.text == "hello")
            }
            #expect(upstream.requests.count == 2)
        }
    }

    @Test("the upstream may refuse instead, and the body is not waited for")
    func expectRefused() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.client.readRequestHead()
                try peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            }
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect(patience: .seconds(5))
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 50000\r\n\r\n")
            #expect(try client.readResponse().status == 413)
        }
    }

    @Test("a final response before the whole body came reaches the client at once")
    func earlyAnswer() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.client.readRequestHead()
                try peer.answer("403 Forbidden", text: "no")
                try peer.waitForEnd()
            }
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect(patience: .seconds(5))
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nsome")
            let response = try client.readResponse()
            #expect(response.status == 403 && response.text == "no")
            // Half a request lies on both connections: neither can be used again.
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
        }
    }

    @Test("an expectation that is not known is refused with 417 or left to the upstream")
    func otherExpectation() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while try peer.readRequest(onExpect: {}) != nil { try peer.answer(text: "ok") }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let response = try sluice.get("/", fields: "Expect: wonders\r\n")
            #expect([200, 417].contains(response.status))
        }
    }
}
