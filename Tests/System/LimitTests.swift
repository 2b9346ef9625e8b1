import Foundation
import Testing
import TestSupport

/// Every limit of a client's connection and of an agent, crossed by one.
@Suite("Limits", .bounded)
struct LimitTests {
    private func answers(_ client: String, _ request: String) throws -> (RawResponse, ScriptedUpstream, RawClient) {
        let upstream = try ScriptedUpstream()
        let sluice = try SluiceProcess.forwarding(to: upstream, settings: "", client: client)
        let connection = try sluice.connect()
        try connection.send(request)
        return (try connection.readResponse(), upstream, connection)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let client: String
        let request: String
        let status: Int
    }

    static let cases: [Case] = [
        Case(
            testDescription: "head size", client: "maxHeadSize: 2KiB",
            request: "GET / HTTP/1.1\r\nHost: a\r\nX-A: \(String(repeating: "a", count: 2100))\r\n\r\n", status: 431),
        Case(
            testDescription: "head size, many fields", client: "maxHeadSize: 2KiB, maxFields: 1000",
            request: "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X-A: 1\r\n", count: 300))\r\n", status: 431),
        Case(
            testDescription: "head size, one field without end", client: "maxHeadSize: 2KiB",
            request: "GET / HTTP/1.1\r\nHost: a\r\nX-A: \(String(repeating: "a", count: 4000))", status: 431),
        Case(
            testDescription: "request line", client: "maxHeadSize: 2KiB",
            request: "GET /\(String(repeating: "a", count: 2100)) HTTP/1.1\r\nHost: a\r\n\r\n", status: 414),
        Case(
            testDescription: "request line without end", client: "maxHeadSize: 2KiB",
            request: "GET /\(String(repeating: "a", count: 4000))", status: 414),
        Case(
            testDescription: "default head size", client: "",
            request: "GET / HTTP/1.1\r\nHost: a\r\nX-A: \(String(repeating: "a", count: 33_000))\r\n\r\n", status: 431),
        Case(
            testDescription: "fields", client: "maxFields: 10",
            request: "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X-A: 1\r\n", count: 10))\r\n", status: 431),
        Case(
            testDescription: "default fields", client: "",
            request: "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X-A: 1\r\n", count: 100))\r\n", status: 431),
        Case(
            testDescription: "body by length", client: "maxBodySize: 1KiB",
            request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n", status: 413),
        Case(
            testDescription: "no body at all", client: "maxBodySize: 0",
            request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", status: 413),
    ]

    @Test("past a limit: its status, as a problem, nothing upstream, the connection closed", arguments: cases)
    func crossed(test: Case) async throws {
        try await onThread {
            let (response, upstream, client) = try answers(test.client, test.request)
            try expectProblem(response, test.status)
            #expect(upstream.requests.isEmpty)
            client.shutdownWrite()
            #expect(client.endsCleanly(within: .seconds(5)))
        }
    }

    @Test(
        "up to a limit it is served",
        arguments: [
            ("maxFields: 10", "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X-A: 1\r\n", count: 9))\r\n"),
            ("maxHeadSize: 2KiB", "GET / HTTP/1.1\r\nHost: a\r\nX-A: \(String(repeating: "a", count: 1990))\r\n\r\n"),
            ("maxHeadSize: 2KiB", "GET /\(String(repeating: "a", count: 1990)) HTTP/1.1\r\nHost: a\r\n\r\n"),
            ("", "GET /\(String(repeating: "a", count: 32_000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
            (
                "maxBodySize: 1KiB",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1024\r\n\r\n\(String(repeating: "b", count: 1024))"
            ),
            (
                "maxBodySize: 1KiB",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "400\r\n\(String(repeating: "b", count: 1024))\r\n0\r\n\r\n"
            ),
        ])
    func upTo(client: String, request: String) async throws {
        try await onThread {
            let (response, _, _) = try answers(client, request)
            #expect(response.status == 200)
        }
    }

    @Test("a chunked body past the limit: 413, and what was sent upstream is never completed")
    func chunkedBody() async throws {
        try await onThread {
            let request =
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "200\r\n\(String(repeating: "b", count: 512))\r\n"
                + "201\r\n\(String(repeating: "b", count: 513))\r\n0\r\n\r\n"
            let (response, upstream, _) = try answers("maxBodySize: 1KiB", request)
            try expectProblem(response, 413)
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(upstream.requests.isEmpty)
        }
    }

    @Test("maxRequestsPerConnection: the last response says close")
    func requestsPerConnection() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "", client: "maxRequestsPerConnection: 3")
            let client = try sluice.connect()
            for number in 1...3 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().value("connection") == (number == 3 ? "close" : nil))
            }
            #expect(client.endsCleanly(within: .seconds(5)))
        }
    }

    @Test("maxConnections: past it accepting waits, and goes on when one leaves")
    func connections() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "", client: "maxConnections: 2")
            let first = try sluice.connect()
            let second = try sluice.connect()
            for client in [first, second] {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == 200)
            }
            let third = try sluice.connect()
            try third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!third.endsCleanly(within: .milliseconds(300)))
            #expect(upstream.requests.count == 2)
            first.close()
            #expect(try third.readResponse().status == 200)
        }
    }

    @Test("maxPending: one request more than the queue holds gets 503 at once", arguments: ["keepalive", "normal"])
    func pending(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while try peer.readRequest() != nil {
                    try peer.waitForRelease()
                    try peer.answer(text: "ok")
                }
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: \(mode), maxSockets: 1, maxPending: 2, pendingTimeout: 20s",
                // Of two threads' requests the one that came 2 ms later may be served first.
                more: "threads: 1")
            let clients = try (0..<3).map { _ in try sluice.connect() }
            for (number, client) in clients.enumerated() {
                try client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                if number == 0 {
                    #expect(upstream.record.wait { $0.waiting == 1 })
                } else {
                    #expect(try sluice.status { $0.pending.int == number }.pending.int == number)
                }
            }
            try expectProblem(sluice.get("/over"), 503)
            upstream.release(3)
            for client in clients { #expect(try client.readResponse().status == 200) }
            #expect(upstream.requests.map(\.target) == ["/0", "/1", "/2"])
        }
    }
}
