import Glibc
import Testing
import TestSupport

/// CONNECT where it is forwarded, and what a stop means to all that lasts.
@Suite("Tunnels", .bounded)
struct TunnelTests {
    private static let connect = "CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n"

    private static let granting: ScriptedUpstream.Script = { peer in
        guard let request = try peer.readRequest() else { return }
        #expect(request.line == "CONNECT b.example:443 HTTP/1.1")
        try peer.send("HTTP/1.1 200 Connection established\r\n\r\n")
        while let byte = try? peer.client.read(count: 1) { try peer.client.send(byte) }
    }

    @Test("CONNECT goes to the upstream as it came, and a 2xx makes a tunnel")
    func connects() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.granting)
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "", more: "connect: forward")
            let client = try sluice.connect(patience: .seconds(5))
            try client.send(Self.connect + "early")
            // It has no body, as the answer to HEAD has none.
            let response = try client.readResponse(isHead: true)
            try #require(response.status == 200)
            #expect(response.statusLine == "HTTP/1.1 200 Connection established")
            #expect(try client.read(count: 5) == Array("early".utf8))
            try client.send("\u{0}\r\n\r\n")
            #expect(try client.read(count: 5) == Array("\u{0}\r\n\r\n".utf8))
            client.close()
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
            #expect(upstream.record.current.errors.isEmpty)
        }
    }

    @Test("CONNECT is refused where nothing else is said")
    func refused() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.granting)
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            try client.send(Self.connect)
            try expectProblem(client.readResponse(), 501)
            #expect(upstream.record.current.accepted == 0)
        }
    }

    @Test("a stop: a tunnel goes on for the grace, and is reset after it")
    func stop() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.granting)
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "", more: "connect: forward\ngrace: 1s")
            let client = try sluice.connect()
            try client.send(Self.connect)
            try #require(client.readResponse(isHead: true).status == 200)
            let idle = try sluice.connect()
            let start = ContinuousClock.now
            sluice.child.signal(SIGTERM)
            // A connection without a request ends at once: that is how the test knows that the signal has come.
            #expect(idle.endsCleanly(within: .seconds(5)))
            try client.send("x")
            #expect(try client.read(count: 1) == Array("x".utf8))
            var wasReset = false
            #expect(try client.readToEnd(wasReset: &wasReset).isEmpty)
            #expect(wasReset)
            #expect(ContinuousClock.now - start >= .milliseconds(950))
            #expect(try sluice.child.waitForEnd(.seconds(5)) == .exit(0))
            #expect(upstream.record.wait(.seconds(5)) { $0.open == 0 })
        }
    }

    @Test("a stop: an answer that ends by closing, and is cut, does not pass for whole", arguments: [0, 1])
    func stopUntilClose(minor: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                guard try peer.readRequest() != nil else { return }
                try peer.send("HTTP/1.1 200 OK\r\n\r\nhalf")
                try peer.waitForEnd()
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "timeout: 60s", more: "grace: 300ms")
            let client = try sluice.connect()
            try client.send("GET / HTTP/1.\(minor)\r\nHost: a\r\n\r\n")
            _ = try client.read(until: "half")
            sluice.child.signal(SIGTERM)
            var wasReset = false
            _ = try client.readToEnd(wasReset: &wasReset)
            #expect(wasReset)
            #expect(try sluice.child.waitForEnd(.seconds(5)) == .exit(0))
        }
    }
}
