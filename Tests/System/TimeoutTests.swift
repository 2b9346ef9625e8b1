import Testing
import TestSupport

/// Every time-out: not before its time, not much later, with its status and problem type.
@Suite("Time-outs", .bounded)
struct TimeoutTests {
    /// How long `body` took.
    private func time<Value>(_ body: () throws -> Value) rethrows -> (Value, Duration) {
        let start = ContinuousClock.now
        let value = try body()
        return (value, ContinuousClock.now - start)
    }

    /// What a busy machine may add.
    private let slack = Duration.seconds(3)

    @Test(
        "headTimeout: 408 for half a head, however it trickles",
        arguments: ["GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nX"])
    func head(part: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "", client: "headTimeout: 400ms, idleTimeout: 30s")
            let client = try sluice.connect()
            let (response, took) = try time {
                try client.send(part)
                return try client.readResponse()
            }
            try expectProblem(response, 408)
            #expect(took >= .milliseconds(390) && took < .milliseconds(400) + slack)
            #expect(upstream.record.current.accepted == 0)
        }
    }

    @Test("headTimeout counts from the head's first byte, not from the last piece")
    func trickle() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "", client: "headTimeout: 500ms")
            let client = try sluice.connect()
            let start = ContinuousClock.now
            // A byte whenever nothing came for 50 ms; it ends by the proxy's answer.
            for byte in "GET / HTTP/1.1\r\nHost: a\r\nX-Long: \(String(repeating: "x", count: 100))".utf8 {
                if (try? client.send([byte])) == nil { break }
                if client.hasMore(within: .milliseconds(50)) { break }
            }
            try expectProblem(client.readResponse(), 408)
            #expect(ContinuousClock.now - start < .milliseconds(500) + slack)
        }
    }

    @Test("idleTimeout: a connection without a request is closed without a word", arguments: [0, 1])
    func idle(requestsBefore: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "", client: "idleTimeout: 400ms")
            let client = try sluice.connect()
            for _ in 0..<requestsBefore {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == 200)
            }
            let (rest, took) = try time { try client.readToEnd() }
            #expect(rest.isEmpty)
            #expect(took >= .milliseconds(350) && took < .milliseconds(400) + slack)
        }
    }

    @Test(
        "bodyTimeout: 408 for a body that stops, and its socket is closed",
        arguments: [
            "Content-Length: 100\r\n\r\nsome", "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
        ])
    func body(framing: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "timeout: 30s", client: "bodyTimeout: 400ms")
            let client = try sluice.connect()
            let (response, took) = try time {
                try client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)")
                return try client.readResponse()
            }
            try expectProblem(response, 408)
            #expect(took >= .milliseconds(390) && took < .milliseconds(400) + slack)
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(upstream.requests.isEmpty)
        }
    }

    @Test("timeout: 504 when the upstream is silent, and its socket is closed", arguments: ["keepalive", "normal"])
    func upstream(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.waitForEnd()
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "mode: \(mode), timeout: 400ms")
            let (response, took) = try time { try sluice.get("/") }
            try expectProblem(response, 504)
            #expect(took >= .milliseconds(390) && took < .milliseconds(400) + slack)
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(upstream.record.current.accepted == 1, "a time-out is not tried again")
            #expect(try sluice.status { $0.totals.timeouts.int == 1 }.totals.timeouts.int == 1)
        }
    }

    @Test("timeout is of inactivity: a response that trickles is not cut")
    func trickling() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
                for _ in 0..<8 {
                    _ = peer.client.hasMore(within: .milliseconds(200))
                    try peer.send("x")
                }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "timeout: 900ms")
            #expect(try sluice.get("/").text == "xxxxxxxx")
        }
    }

    @Test(
        "timeout within a response: cut short, never completed",
        arguments: [
            "Content-Length: 10\r\n\r\nsome", "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
        ])
    func cutShort(framing: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.send("HTTP/1.1 200 OK\r\n\(framing)")
                try peer.waitForEnd()
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "timeout: 400ms")
            let client = try sluice.connect()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = String(decoding: try client.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 "))
            #expect(text.contains("some"))
            #expect(!text.hasSuffix("0\r\n\r\n"))
            #expect(!text.contains("504"))
        }
    }

    @Test("pendingTimeout: 503 for who waited too long, and the queue goes on", arguments: ["keepalive", "normal"])
    func pending(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while try peer.readRequest() != nil {
                    try peer.waitForRelease()
                    try peer.answer(text: "ok")
                }
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: \(mode), maxSockets: 1, pendingTimeout: 400ms")
            let first = try sluice.connect()
            try first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            let (response, took) = try time { try sluice.get("/2") }
            try expectProblem(response, 503)
            #expect(took >= .milliseconds(390) && took < .milliseconds(400) + slack)
            upstream.release()
            #expect(try first.readResponse().status == 200)
            upstream.release()
            #expect(try sluice.get("/3").status == 200)
            #expect(upstream.requests.map(\.target) == ["/1", "/3"])
        }
    }

    @Test("freeSocketTimeout: a free socket is closed after it", arguments: ["freeSocketTimeout: 400ms"])
    func free(settings: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: settings)
            #expect(try sluice.get("/").status == 200)
            let (isClosed, took) = time { upstream.record.wait(.seconds(10)) { $0.open == 0 } }
            #expect(isClosed)
            #expect(took >= .milliseconds(300) && took < .milliseconds(400) + slack)
            let status = try sluice.status { $0.totals.closed.int == 1 }
            #expect(status.totals.closedBy.freeSocketTimeout.int == 1)
        }
    }

    @Test("the upstream's Keep-Alive: timeout= shortens it, less a second")
    func hint() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always(
                    "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 0\r\n\r\n"))
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "freeSocketTimeout: 30s")
            #expect(try sluice.get("/").status == 200)
            let (isClosed, took) = time { upstream.record.wait(.seconds(10)) { $0.open == 0 } }
            #expect(isClosed)
            #expect(took >= .milliseconds(800) && took < .seconds(1) + slack)
        }
    }

    @Test("socketActiveTTL: an old socket closes after the exchange in which it grew too old")
    func activeTTL() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while try peer.readRequest() != nil {
                    _ = peer.client.hasMore(within: .milliseconds(150))
                    try peer.answer(text: "ok")
                }
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "socketActiveTTL: 300ms, freeSocketTimeout: 30s")
            for _ in 0..<8 { #expect(try sluice.get("/").status == 200) }
            let record = upstream.record.current
            #expect(record.accepted >= 2 && record.accepted <= 8)
            let status = try sluice.agent().status
            #expect((status.totals.closedBy.socketActiveTTL.int ?? 0) >= 1)
        }
    }

    @Test("maxRequestsPerSocket: exactly so many requests a socket", arguments: [1, 2, 5])
    func requestsPerSocket(most: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "maxRequestsPerSocket: \(most)", more: "threads: 1")
            for _ in 0..<10 { #expect(try sluice.get("/").status == 200) }
            let counts = upstream.record.current.requestsByConnection.values
            #expect(counts.count == 10 / most)
            #expect(counts.allSatisfy { $0 == most })
        }
    }
}
