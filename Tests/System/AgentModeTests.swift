import Glibc
import Testing
import TestSupport

/// What the upstream sees of the two modes, and of a switch between them.
@Suite("Modes", .bounded)
struct AgentModeTests {
    /// Answers after a while, so that requests meet.
    private static let slow: ScriptedUpstream.Script = { peer in
        while let request = try peer.readRequest() {
            _ = peer.client.hasMore(within: .milliseconds(2))
            try peer.answer(text: request.target)
        }
    }

    @Test("normal: exactly one socket a request, never more than maxSockets", arguments: [1, 4, 100], [1, 2])
    func normal(maxSockets: Int, threads: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.slow)
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: normal, maxSockets: \(maxSockets), pendingTimeout: 30s",
                more: "threads: \(threads)")
            let result = Load.run(port: sluice.port, clients: 20, requests: 30)
            #expect(result.failures.isEmpty)
            let record = upstream.record.current
            #expect(record.requests.count == 600)
            #expect(record.accepted == 600)
            #expect(record.requestsByConnection.values.allSatisfy { $0 == 1 })
            #expect(record.mostOpen <= maxSockets)
            let totals = try sluice.status { $0.sockets.open.int == 0 }.totals
            #expect(totals.created.int == 600 && totals.closed.int == 600 && totals.reused.int == 0)
            #expect(totals.closedBy.normalMode.int == 600)
        }
    }

    @Test("keepalive: at most maxSockets, used again and again", arguments: [1, 4, 100], [1, 2])
    func keepAlive(maxSockets: Int, threads: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.slow)
            let sluice = try SluiceProcess.forwarding(
                to: upstream,
                settings: "mode: keepalive, maxSockets: \(maxSockets), freeSocketTimeout: 60s, pendingTimeout: 30s",
                more: "threads: \(threads)")
            let result = Load.run(port: sluice.port, clients: 20, requests: 30)
            #expect(result.failures.isEmpty)
            let record = upstream.record.current
            #expect(record.requests.count == 600)
            #expect(record.mostOpen <= maxSockets)
            #expect(record.accepted <= max(maxSockets, 20))
            if maxSockets < 20 { #expect(record.accepted <= maxSockets) }
            let totals = try sluice.agent().status.totals
            #expect((totals.created.int ?? 0) + (totals.reused.int ?? 0) == 600)
            #expect(totals.created.int == record.accepted)
        }
    }

    @Test("maxFreeSockets: no more than so many are kept")
    func maxFree() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while try peer.readRequest() != nil {
                    try peer.waitForRelease()
                    try peer.answer(text: "ok")
                }
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "maxSockets: 8, maxFreeSockets: 2, freeSocketTimeout: 60s", more: "threads: 1")
            let clients = try (0..<6).map { _ in try sluice.connect() }
            for client in clients { try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(upstream.record.wait { $0.waiting == 6 })
            upstream.release(6)
            for client in clients { #expect(try client.readResponse().status == 200) }
            #expect(upstream.record.wait { $0.open == 2 })
            let status = try sluice.status { $0.sockets.open.int == 2 }
            #expect(status.sockets.free.int == 2)
            #expect(status.totals.closedBy.maxFreeSockets.int == 4)
        }
    }

    @Test("the queue is first come, first served", arguments: ["keepalive", "normal"])
    func queue(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while try peer.readRequest() != nil {
                    try peer.waitForRelease()
                    try peer.answer(text: "ok")
                }
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: \(mode), maxSockets: 1, pendingTimeout: 30s", more: "threads: 1")
            var clients: [RawClient] = []
            for number in 0..<12 {
                let client = try sluice.connect()
                try client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                if number == 0 { #expect(upstream.record.wait { $0.waiting == 1 }) }
                _ = try sluice.status { $0.pending.int == number }
                clients.append(client)
            }
            upstream.release(12)
            for client in clients { #expect(try client.readResponse().status == 200) }
            #expect(upstream.requests.map(\.target) == (0..<12).map { "/\($0)" })
        }
    }

    @Test(
        "no one waits while a socket lies free: the queue's last ones are served at once", arguments: [1, 2],
        [
            "keepalive", "normal",
        ])
    func noStall(threads: Int, mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.slow)
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: \(mode), maxSockets: 4, pendingTimeout: 20s", more: "threads: \(threads)"
            )
            for round in 0..<20 {
                let start = ContinuousClock.now
                let result = Load.run(port: sluice.port, clients: 12, requests: 20)
                #expect(result.failures.isEmpty)
                // 240 requests of 2 ms over 4 sockets: anything near the time-out is a wake-up that was lost.
                #expect(ContinuousClock.now - start < .seconds(12), "round \(round)")
            }
        }
    }

    @Test("switched live under load: nothing fails, and created - closed = open at every sample", arguments: [1, 2])
    func switching(threads: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.slow)
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "maxSockets: 5, pendingTimeout: 30s, freeSocketTimeout: 60s",
                more: "threads: \(threads)")
            let isOver = Watched(false)
            let switches = Watched(0)
            let failures = Watched<[String]>([])
            Background.run {
                while !isOver.current {
                    do {
                        let mode = switches.current % 2 == 0 ? "normal" : "keepalive"
                        let response = try sluice.patch("default", "{\"mode\":\"\(mode)\"}")
                        let agent = try JSON(response.body)
                        if response.status != 200 || agent.mode.string != mode {
                            failures.update { $0.append("\(response.statusLine) \(response.text)") }
                        }
                        let status = try sluice.agent().status
                        let (created, closed) = (status.totals.created.int ?? -1, status.totals.closed.int ?? -2)
                        if created - closed != status.sockets.open.int {
                            failures.update { $0.append("\(created) - \(closed) is not open: \(status.sockets)") }
                        }
                        switches.update { $0 += 1 }
                    } catch {
                        failures.update { $0.append("\(error)") }
                        break
                    }
                }
                switches.update { $0 += 1_000_000 }
            }
            let result = Load.run(port: sluice.port, clients: 16, requests: 150)
            isOver.update { $0 = true }
            #expect(switches.wait { $0 >= 1_000_000 })
            #expect(switches.current - 1_000_000 >= 4, "too few switches to mean anything")
            #expect(failures.current == [])
            #expect(result.failures == [])
            #expect(result.answered == 2400)
            #expect(upstream.requests.count == 2400)
            #expect(upstream.record.current.mostOpen <= 5)
        }
    }

    @Test("to normal: free sockets close at once, active ones after their request")
    func toNormal() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while let request = try peer.readRequest() {
                    if request.target == "/held" { try peer.waitForRelease() }
                    try peer.answer(text: "ok")
                }
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "maxSockets: 8, freeSocketTimeout: 60s", more: "threads: 1")
            let held = try sluice.connect()
            try held.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            #expect(try sluice.get("/free").status == 200)
            #expect(upstream.record.current.open == 2)
            #expect(try sluice.patch("default", #"{"mode":"normal"}"#).status == 200)
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 1 })
            upstream.release()
            #expect(try held.readResponse().status == 200)
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            let totals = try sluice.status { $0.totals.closed.int == 2 }.totals
            #expect((totals.closedBy.modeSwitch.int ?? 0) >= 1)
        }
    }

    @Test(
        "a stale socket: GET is sent again on a new one, POST is not",
        arguments: [
            ("GET", true), ("HEAD", true), ("PUT", true), ("DELETE", true), ("OPTIONS", true), ("POST", false),
            ("PATCH", false),
        ])
    func stale(method: String, isRetried: Bool) async throws {
        try await onThread {
            // The first connection answers once, then swallows a request and closes without a word.
            let upstream = try ScriptedUpstream { peer in
                guard try peer.readRequest() != nil else { return }
                try peer.answer(text: "")
                guard try peer.readRequest() != nil, peer.index > 0 else { return }
                try peer.answer(text: "")
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "freeSocketTimeout: 60s", more: "threads: 1")
            #expect(try sluice.get("/first").status == 200)
            let length = ["POST", "PUT", "PATCH"].contains(method) ? "Content-Length: 0\r\n" : ""
            let response = try sluice.exchange(
                "\(method) /second HTTP/1.1\r\nHost: a\r\n\(length)\r\n", isHead: method == "HEAD")
            if isRetried {
                #expect(response.status == 200)
                #expect(upstream.record.current.accepted == 2)
                #expect(try sluice.agent().status.totals.retries.int == 1)
            } else {
                try expectProblem(response, 502)
                #expect(upstream.record.current.accepted == 1)
            }
        }
    }

    @Test("a new socket that fails is not tried again, and retry: false tries nothing again", arguments: [true, false])
    func noRetry(isNew: Bool) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                guard try peer.readRequest() != nil else { return }
                if isNew { return }
                try peer.answer(text: "")
                _ = try peer.readRequest()
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: isNew ? "freeSocketTimeout: 60s" : "retry: false", more: "threads: 1")
            if !isNew { #expect(try sluice.get("/first").status == 200) }
            try expectProblem(sluice.get("/second"), 502)
            #expect(upstream.record.current.accepted == 1)
        }
    }

    @Test("a socket that the upstream closed while it was free is not used")
    func closedWhileFree() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(ScriptedUpstream.once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "freeSocketTimeout: 60s")
            for number in 1...10 {
                let response = try sluice.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
                #expect(response.status == 200)
                #expect(upstream.record.wait { $0.open == 0 && $0.accepted == number })
                _ = try sluice.status { $0.sockets.open.int == 0 }
            }
        }
    }
}
