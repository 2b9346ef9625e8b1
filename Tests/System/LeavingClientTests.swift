import Testing
import TestSupport

/// Clients that leave free what they held (product.md: a socket goes back only when the exchange ended cleanly).
@Suite("Leaving clients", .bounded)
struct LeavingClientTests {
    private static let held: ScriptedUpstream.Script = { peer in
        while try peer.readRequest() != nil {
            try peer.waitForRelease()
            try peer.answer(text: "ok")
        }
    }

    @Test("a reset while the upstream works closes its socket and serves the next", arguments: ["keepalive", "normal"])
    func resetWhileWaiting(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while let request = try peer.readRequest() {
                    if request.target == "/held" { return try peer.waitForEnd() }
                    try peer.answer(text: "ok")
                }
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: \(mode), maxSockets: 1, timeout: 60s, pendingTimeout: 60s")
            let leaver = try sluice.connect()
            try leaver.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.requests.count == 1 })
            let next = try sluice.connect()
            try next.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try sluice.status { $0.pending.int == 1 }
            leaver.resetOnClose()
            leaver.close()
            #expect(try next.readResponse().status == 200)
            let totals = try sluice.status { $0.totals.closedBy.clientGone.int == 1 }.totals
            #expect(totals.closedBy.clientGone.int == 1)
        }
    }

    @Test("one that leaves the queue frees its place, and is never sent upstream")
    func leavesQueue() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.held)
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "maxSockets: 1, maxPending: 1, timeout: 60s, pendingTimeout: 60s")
            let first = try sluice.connect()
            try first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            let leaver = try sluice.connect()
            try leaver.send("GET /leaver HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try sluice.status { $0.pending.int == 1 }.pending.int == 1)
            leaver.resetOnClose()
            leaver.close()
            #expect(try sluice.status { $0.pending.int == 0 }.pending.int == 0)
            let last = try sluice.connect()
            try last.send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
            upstream.release(2)
            #expect(try first.readResponse().status == 200)
            #expect(try last.readResponse().status == 200)
            #expect(upstream.requests.map(\.target) == ["/1", "/last"])
        }
    }

    @Test("one that ended its sending still gets its answer; one that is gone is found when it is written to")
    func halfClosed() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.held)
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "timeout: 60s")
            let half = try sluice.connect()
            try half.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            half.shutdownWrite()
            #expect(upstream.record.wait { $0.waiting == 1 })
            upstream.release()
            #expect(try half.readResponse().text == "ok")

            let gone = try sluice.connect()
            try gone.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            gone.close()
            upstream.release()
            let status = try sluice.status { $0.sockets.active.int == 0 && $0.pending.int == 0 }
            #expect(status.sockets.active.int == 0)
            upstream.release()
            #expect(try sluice.get("/3").text == "ok")
        }
    }

    @Test(
        "one that leaves in the middle of an upload or a download", arguments: ["upload", "download"], [true, false])
    func inTheMiddle(what: String, resets: Bool) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while let request = try peer.readRequest() {
                    if request.target != "/download" {
                        try peer.answer(text: "ok")
                        continue
                    }
                    try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
                    // Goes on until the proxy has had enough.
                    while (try? peer.client.send([UInt8](repeating: 7, count: 65_536))) != nil {}
                    return
                }
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "maxSockets: 1, timeout: 60s")
            let client = try sluice.connect()
            if what == "upload" {
                try client.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome")
                #expect(upstream.record.wait { $0.accepted == 1 })
            } else {
                try client.send("GET /download HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try client.read(count: 100_000)
            }
            if resets { client.resetOnClose() }
            client.close()
            #expect(upstream.record.wait(.seconds(10)) { $0.open == 0 })
            #expect(try sluice.get("/after").status == 200)
            #expect(!upstream.requests.contains { $0.target == "/upload" })
        }
    }

    @Test("a thousand clients that come and go leave nothing behind")
    func many() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "maxSockets: 4")
            for number in 0..<1000 {
                let client = try sluice.connect()
                if number % 2 == 0 { try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
                if number % 3 == 0 { client.resetOnClose() }
                client.close()
            }
            let status = try sluice.status { $0.sockets.active.int == 0 && $0.pending.int == 0 }
            #expect(status.sockets.active.int == 0)
            #expect((status.sockets.open.int ?? 99) <= 4)
            #expect(try sluice.get("/").status == 200)
        }
    }
}
