import Glibc
import Testing
import TestSupport

/// Either side ends the connection, in order or with a reset, at every point of an exchange: nothing is left behind.
@Suite("Ends at every phase", .bounded, .serialized)
struct ResetPhaseTests {
    /// What a client sends, what it waits to see, and then it is gone.
    struct ClientPhase: Sendable {
        let name: String
        let sends: String
        /// It leaves once this has come; empty: at once.
        var until = ""
    }

    static let clientPhases: [ClientPhase] = [
        ClientPhase(name: "connected", sends: ""),
        ClientPhase(name: "within the request line", sends: "GET /"),
        ClientPhase(name: "within the fields", sends: "GET / HTTP/1.1\r\nHost: a\r\nX"),
        ClientPhase(name: "behind the head", sends: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ClientPhase(name: "while the upstream is silent", sends: "GET /silent HTTP/1.1\r\nHost: a\r\n\r\n"),
        ClientPhase(
            name: "asked to continue",
            sends: "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
            until: "HTTP/1.1 100"),
        ClientPhase(
            name: "within a body", sends: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nsome"),
        ClientPhase(
            name: "within a chunk",
            sends: "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"),
        ClientPhase(
            name: "within the trailers",
            sends: "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "),
        ClientPhase(
            name: "within the response's head", sends: "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", until: "HTTP"),
        ClientPhase(
            name: "within the response's body", sends: "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", until: "bbbb"),
        ClientPhase(name: "behind the response", sends: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", until: "ok"),
        ClientPhase(
            name: "with more in the pipe",
            sends: String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 50), until: "ok"),
        ClientPhase(name: "behind an error", sends: "GET\r\n\r\n", until: "HTTP/1.1 400"),
    ]

    private static let upstream: ScriptedUpstream.Script = { peer in
        do {
            let interim = "HTTP/1.1 100 Continue\r\n\r\n"
            while let request = try peer.readRequest(onExpect: { try peer.send(interim) }) {
                switch request.target {
                case "/silent": return try peer.waitForEnd()
                case "/big": try peer.answer(body: [UInt8](repeating: UInt8(ascii: "b"), count: 8 << 20))
                default: try peer.answer(text: "ok")
                }
            }
        } catch RawClient.Failure.closed, RawClient.Failure.system {
            // Cut off by the proxy, as it should be.
        }
    }

    @Test("clients", arguments: [false, true])
    func clients(resets: Bool) async throws {
        try await onThread {
            let attacked = try Attacked(
                try ScriptedUpstream(Self.upstream),
                settings: "maxSockets: 5, timeout: 60s, pendingTimeout: 60s",
                client: "headTimeout: 60s, bodyTimeout: 60s, idleTimeout: 60s")
            for phase in Self.clientPhases {
                let comment = Comment(rawValue: phase.name)
                for _ in 0..<10 {
                    let client = try attacked.sluice.connect()
                    try client.send(phase.sends)
                    if !phase.until.isEmpty { _ = try client.read(until: phase.until) }
                    if resets { client.resetOnClose() }
                    client.close()
                }
                // Only the bystander is left.
                try attacked.sluice.expectQuiet(clients: 1, isBusy: true, comment)
                #expect(try attacked.sluice.get("/after").status == 200, comment)
            }
            try attacked.expectUnharmed()
        }
    }

    /// What an upstream sends of its answer before it is gone, and what the client sees of that.
    struct UpstreamPhase: Sendable {
        let name: String
        /// Whether it reads the request first.
        var reads = true
        var sends = ""
        /// The beginning of what the client gets.
        let begins: String
        /// Whether the end of the connection is the end of the response: then only a reset cuts it.
        var isUntilClose = false
    }

    static let upstreamPhases: [UpstreamPhase] = [
        UpstreamPhase(name: "accepted", reads: false, begins: "HTTP/1.1 502"),
        UpstreamPhase(name: "behind the request", begins: "HTTP/1.1 502"),
        UpstreamPhase(name: "within the status line", sends: "HTTP/1.1 2", begins: "HTTP/1.1 502"),
        UpstreamPhase(
            name: "within the fields", sends: "HTTP/1.1 200 OK\r\nX-A: b\r\nX", begins: "HTTP/1.1 502"),
        UpstreamPhase(
            name: "behind an interim response", sends: "HTTP/1.1 103 Hints\r\n\r\n",
            begins: "HTTP/1.1 103 Hints\r\n"),
        UpstreamPhase(
            name: "behind the head", sends: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            begins: "HTTP/1.1 200 OK"),
        UpstreamPhase(
            name: "within the body", sends: "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
            begins: "HTTP/1.1 200 OK"),
        UpstreamPhase(
            name: "within a chunk",
            sends: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", begins: "HTTP/1.1 200 OK"),
        UpstreamPhase(
            name: "within the trailers",
            sends: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n", begins: "HTTP/1.1 200 OK"),
        UpstreamPhase(
            name: "within a body until close", sends: "HTTP/1.1 200 OK\r\n\r\nhello",
            begins: "HTTP/1.1 200 OK", isUntilClose: true),
        UpstreamPhase(
            name: "behind the response", sends: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            begins: "HTTP/1.1 200 OK"),
    ]

    @Test("upstreams", arguments: [false, true])
    func upstreams(resets: Bool) async throws {
        try await onThread {
            let phase = Watched(Self.upstreamPhases[0])
            let upstream = try ScriptedUpstream { peer in
                let phase = phase.current
                if phase.reads { _ = try peer.readRequest() }
                try peer.send(phase.sends)
                if resets {
                    // What was sent is read before the reset comes, which else could overtake it.
                    if !phase.sends.isEmpty { try peer.waitForRelease() }
                    peer.client.resetOnClose()
                }
            }
            // No socket is used again: whether the end of one is heard of before its next request is not the point.
            let attacked = try Attacked(upstream, settings: "maxSockets: 5, maxFreeSockets: 0, timeout: 60s")
            var received = 0
            for next in Self.upstreamPhases {
                phase.update { $0 = next }
                for _ in 0..<10 {
                    let client = try attacked.sluice.connect()
                    try client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody")
                    received += next.sends.utf8.count
                    if resets, !next.sends.isEmpty {
                        // Bytes of a head that is not whole are not passed on; the agent's count shows them.
                        _ = try attacked.sluice.status { $0.totals.bytesReceived.int == received }
                        upstream.release()
                    }
                    let text = String(decoding: try client.readToEnd(), as: UTF8.self)
                    try expect(text, next, resets: resets)
                }
                try attacked.sluice.expectQuiet(clients: 1, isBusy: true, Comment(rawValue: next.name))
            }
            // A request that is not idempotent, on a new socket: never sent again.
            #expect(upstream.record.current.accepted == 10 * Self.upstreamPhases.count)
            try attacked.expectUnharmed()
        }
    }

    /// What the client was sent is what its upstream's end leaves of the answer.
    private func expect(_ text: String, _ phase: UpstreamPhase, resets: Bool) throws {
        let comment = Comment(rawValue: "\(phase.name): \(text)")
        #expect(text.hasPrefix(phase.begins), comment)
        if phase.begins.hasPrefix("HTTP/1.1 200") {
            #expect(text.hasSuffix("\r\n0\r\n\r\n") == (phase.isUntilClose && !resets), comment)
        }
        if phase.begins.hasPrefix("HTTP/1.1 103") { #expect(text.contains("\r\n\r\nHTTP/1.1 502 "), comment) }
    }
}
