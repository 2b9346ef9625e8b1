import Testing
import TestSupport

/// Everybody is against the admin server at once: it still answers, and the proxy does not notice.
@Suite("Admin under load", .bounded, .serialized)
struct AdminLoadTests {
    private static let streams = 64

    /// Clients that hold what they can: silent ones, half requests, responses that nobody takes, event streams.
    private func hold(_ port: UInt16) throws -> [PlainSocket] {
        let host = "Host: 127.0.0.1:\(port)\r\n"
        let beginnings = [
            "", "GET / HT", "GET /metrics HTTP/1.1\r\n\(host)X: ",
            "PATCH /api/v1/agents/default HTTP/1.1\r\n\(host)Content-Type: application/json\r\n"
                + "Content-Length: 1000000\r\n\r\n{\"mode\":",
        ]
        var sockets = try (0..<200).map { number in
            let socket = try PlainSocket(port: port)
            #expect(socket.send(beginnings[number % beginnings.count]) != nil)
            return socket
        }
        // Many responses one after the other, of which nobody takes any.
        let metrics = String(repeating: "GET /metrics HTTP/1.1\r\n\(host)\r\n", count: 50)
        sockets += try (0..<40).map { _ in
            let socket = try PlainSocket(port: port, receiveBufferBytes: 4096)
            #expect(socket.send(metrics) != nil)
            return socket
        }
        for _ in 0..<Self.streams {
            let socket = try PlainSocket(port: port, receiveBufferBytes: 4096)
            #expect(socket.send("GET /api/v1/events HTTP/1.1\r\n\(host)\r\n") != nil)
            // It has its place when the head is there; what follows is not read.
            #expect(socket.wait(for: 1, within: .seconds(20)))
            guard case .bytes(let bytes) = socket.receive(most: 12) else {
                Issue.record("no event stream")
                continue
            }
            #expect(String(decoding: bytes, as: UTF8.self) == "HTTP/1.1 200")
            sockets.append(socket)
        }
        return sockets
    }

    /// Changes settings on one connection, again and again, until told to stop.
    private func flood(_ port: UInt16, _ isOver: Watched<Bool>, _ failures: Watched<[String]>) {
        Background.run {
            do {
                let client = try RawClient(port: port, patience: .seconds(30))
                var number = 0
                while !isOver.current {
                    number += 1
                    let body = #"{"maxFreeSockets":\#(100 + number % 50),"timeout":\#(5 + number % 3)}"#
                    try client.send(
                        "PATCH /api/v1/agents/default HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
                            + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
                    let response = try client.readResponse()
                    if response.status != 200 { failures.update { $0.append(response.statusLine) } }
                }
            } catch {
                failures.update { $0.append("\(error)") }
            }
        }
    }

    @Test("stuck clients, slow readers, 64 event streams and floods of changes keep nobody waiting")
    func everything() async throws {
        try await onThread {
            let sluice = try SluiceProcess.forwarding(to: try ScriptedUpstream(), settings: "maxSockets: 50")
            let before = try sluice.residentBytes()
            let bystander = Bystander(port: sluice.port)
            let held = try hold(sluice.adminPort)
            let isOver = Watched(false)
            let failures = Watched<[String]>([])
            for _ in 0..<3 { flood(sluice.adminPort, isOver, failures) }
            defer { isOver.update { $0 = true } }

            let refused = try sluice.admin("GET", "/api/v1/events")
            try expectProblem(refused, 503, "the stream past the last")
            var times: [Duration] = []
            for path in (0..<10).flatMap({ _ in ["/api/v1/status", "/metrics", "/healthz", "/"] }) {
                let start = ContinuousClock.now
                #expect(try sluice.admin("GET", path).status == 200)
                times.append(ContinuousClock.now - start)
            }
            times.sort()
            #expect(times[times.count / 2] < .seconds(1), "\(times)")
            #expect(bystander.isServed(200))
            let load = Load.run(port: sluice.port, clients: 8, requests: 100)
            #expect(load.failures == [] && load.answered == 800)

            isOver.update { $0 = true }
            #expect(bystander.end().failures == [])
            #expect(failures.current == [])
            #expect(try sluice.residentBytes() - before < 128 << 20)
            for socket in held { socket.close() }
            try sluice.expectQuiet()
        }
    }

    @Test("600 stuck clients, more than there are places, do not lock the operator out")
    func lockOut() async throws {
        try await onThread {
            let sluice = try SluiceProcess.forwarding(to: try ScriptedUpstream())
            let bystander = Bystander(port: sluice.port)
            let crowd = try (0..<600).map { _ in
                let socket = try PlainSocket(port: sluice.adminPort)
                _ = socket.send("GET /metrics HT")
                return socket
            }
            for round in 0..<20 {
                // A byte now and then, so that no time of silence is ever over.
                for socket in crowd { _ = socket.send("T") }
                #expect(try sluice.admin("GET", "/api/v1/status").status == 200, "\(round)")
                #expect(try sluice.patch("default", #"{"maxSockets":\#(10 + round)}"#).status == 200, "\(round)")
            }
            #expect(bystander.isServed(100))
            #expect(bystander.end().failures == [])
        }
    }
}
