import Glibc
import Testing
import TestSupport

/// Either side ends the connection, in order or with a reset, at every point of an exchange: nothing is left behind.
@Suite("Ends at every phase", .bounded, .serialized)
struct ResetPhaseTests {
    /// What a client sends, what it waits to see, and then it is gone.
    struct ClientPhase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sends: String
        /// It leaves once this has come; empty: at once.
        var until = ""
    }

    static let clientPhases: [ClientPhase] = [
        ClientPhase(testDescription: "connected", sends: ""),
        ClientPhase(testDescription: "within the request line", sends: "GET /"),
        ClientPhase(testDescription: "within the fields", sends: "GET / HTTP/1.1\r\nHost: a\r\nX"),
        ClientPhase(testDescription: "behind the head", sends: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ClientPhase(testDescription: "while the upstream is silent", sends: "GET /silent HTTP/1.1\r\nHost: a\r\n\r\n"),
        ClientPhase(
            testDescription: "asked to continue",
            sends: "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
            until: "HTTP/1.1 100"),
        ClientPhase(
            testDescription: "within a body", sends: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nsome"),
        ClientPhase(
            testDescription: "within a chunk",
            sends: "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"),
        ClientPhase(
            testDescription: "within the trailers",
            sends: "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "),
        ClientPhase(
            testDescription: "within the response's head", sends: "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", until: "HTTP"),
        ClientPhase(
            testDescription: "within the response's body", sends: "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", until: "bbbb"),
        ClientPhase(testDescription: "behind the response", sends: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", until: "ok"),
        ClientPhase(
            testDescription: "with more in the pipe",
            sends: String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 50), until: "ok"),
        ClientPhase(testDescription: "behind an error", sends: "GET\r\n\r\n", until: "HTTP/1.1 400"),
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

    @Test("clients", arguments: clientPhases, [false, true])
    func clients(phase: ClientPhase, resets: Bool) async throws {
        try await onThread {
            let attacked = try Attacked(
                try ScriptedUpstream(Self.upstream),
                settings: "maxSockets: 5, timeout: 60s, pendingTimeout: 60s",
                client: "headTimeout: 60s, bodyTimeout: 60s, idleTimeout: 60s")
            for _ in 0..<20 {
                let client = try attacked.sluice.connect()
                try client.send(phase.sends)
                if !phase.until.isEmpty { _ = try client.read(until: phase.until) }
                if resets { client.resetOnClose() }
                client.close()
            }
            try attacked.expectUnharmed()
            #expect(try attacked.sluice.get("/after").status == 200)
        }
    }

    /// What an upstream sends of its answer before it is gone, and what the client sees of that.
    struct UpstreamPhase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Whether it reads the request first.
        var reads = true
        var sends = ""
        /// The beginning of what the client gets.
        let begins: String
        /// Whether the end of the connection is the end of the response: then only a reset cuts it.
        var isUntilClose = false
    }

    static let upstreamPhases: [UpstreamPhase] = [
        UpstreamPhase(testDescription: "accepted", reads: false, begins: "HTTP/1.1 502"),
        UpstreamPhase(testDescription: "behind the request", begins: "HTTP/1.1 502"),
        UpstreamPhase(testDescription: "within the status line", sends: "HTTP/1.1 2", begins: "HTTP/1.1 502"),
        UpstreamPhase(
            testDescription: "within the fields", sends: "HTTP/1.1 200 OK\r\nX-A: b\r\nX", begins: "HTTP/1.1 502"),
        UpstreamPhase(
            testDescription: "behind an interim response", sends: "HTTP/1.1 103 Hints\r\n\r\n",
            begins: "HTTP/1.1 103 Hints\r\n"),
        UpstreamPhase(
            testDescription: "behind the head", sends: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            begins: "HTTP/1.1 200 OK"),
        UpstreamPhase(
            testDescription: "within the body", sends: "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
            begins: "HTTP/1.1 200 OK"),
        UpstreamPhase(
            testDescription: "within a chunk",
            sends: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", begins: "HTTP/1.1 200 OK"),
        UpstreamPhase(
            testDescription: "within the trailers",
            sends: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n", begins: "HTTP/1.1 200 OK"),
        UpstreamPhase(
            testDescription: "within a body until close", sends: "HTTP/1.1 200 OK\r\n\r\nhello",
            begins: "HTTP/1.1 200 OK", isUntilClose: true),
        UpstreamPhase(
            testDescription: "behind the response", sends: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            begins: "HTTP/1.1 200 OK"),
    ]

    @Test("upstreams", arguments: upstreamPhases, [false, true])
    func upstreams(phase: UpstreamPhase, resets: Bool) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                if phase.reads { _ = try peer.readRequest() }
                try peer.send(phase.sends)
                if resets {
                    // What was sent is read before the reset comes, which else could overtake it.
                    if !phase.sends.isEmpty { try peer.waitForRelease() }
                    peer.client.resetOnClose()
                }
            }
            let attacked = try Attacked(upstream, settings: "maxSockets: 5, timeout: 60s")
            for number in 0..<20 {
                let client = try attacked.sluice.connect()
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody")
                if resets, !phase.sends.isEmpty {
                    // Bytes of a head that is not whole are not passed on; the socket's own count shows them.
                    _ = try attacked.sluice.status {
                        ($0.totals.bytesReceived.int ?? 0) >= (number + 1) * phase.sends.utf8.count
                    }
                    upstream.release()
                }
                let text = String(decoding: try client.readToEnd(), as: UTF8.self)
                #expect(text.hasPrefix(phase.begins), "\(text)")
                let isCut = phase.testDescription != "behind the response" && (resets || !phase.isUntilClose)
                if phase.begins.hasPrefix("HTTP/1.1 200") {
                    #expect(text.hasSuffix("\r\n0\r\n\r\n") == (phase.isUntilClose && !isCut), "\(text)")
                }
                if phase.begins.hasPrefix("HTTP/1.1 103") { #expect(text.contains("\r\n\r\nHTTP/1.1 502 ")) }
            }
            // A request that is not idempotent, on a new socket: never sent again.
            #expect(upstream.record.current.accepted == 20)
            try attacked.expectUnharmed()
        }
    }
}
