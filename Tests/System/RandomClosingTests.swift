import Dispatch
import Testing
import TestSupport

/// An upstream that closes at random moments: idempotent requests never fail, others are never sent twice.
@Suite("Random closing", .bounded, .serialized)
struct RandomClosingTests {
    /// What the clients have seen.
    private struct Record: Sendable {
        var answered = 0
        var refused = 0
        var failures: [String] = []
        /// Targets of requests that are not idempotent, with the status that each was answered with.
        var once: [String: Int] = [:]
    }

    private static let clients = 8
    private static let requests = 250

    @Test(
        "idempotent requests never fail, others are never sent twice, and the books balance",
        arguments: Seeds.forThisRun(4))
    func requests(seed: UInt64) async throws {
        try await onThread {
            let closer = RandomCloser(seed: seed)
            let upstream = try ScriptedUpstream { try closer.serve($0) }
            let sluice = try SluiceProcess.forwarding(
                to: upstream,
                settings: "maxSockets: \(2 + seed % 3 * 2), pendingTimeout: 60s, timeout: 60s",
                more: "threads: \(2 - seed % 2)")
            let record = Watched(Record())
            let isOver = Watched(false)
            // Every other seed is also switched while it runs.
            if !seed.isMultiple(of: 2) { Self.switchModes(of: sluice, until: isOver) }
            let group = DispatchGroup()
            for number in 0..<Self.clients {
                DispatchQueue(label: "client").async(group: group) {
                    do {
                        try Self.ask(sluice.port, client: number, seed: seed, record)
                    } catch {
                        record.update { $0.failures.append("client \(number): \(error)") }
                    }
                }
            }
            group.wait()
            isOver.update { $0 = true }
            let seen = record.current
            #expect(seen.failures == [], "seed \(seed)")
            #expect(seen.answered + seen.refused == Self.clients * Self.requests, "seed \(seed)")

            let sightings = closer.sightings.current
            for (target, status) in seen.once {
                let count = sightings[target, default: 0]
                #expect(status == 200 ? count == 1 : count <= 1, "seed \(seed): \(target) was seen \(count) times")
            }
            try sluice.expectQuiet()
            let totals = try sluice.agent().status.totals
            let again = sightings.values.reduce(0) { $0 + $1 - 1 }
            let retries = try #require(totals.retries.int)
            #expect(retries >= again && retries > 0, "seed \(seed): \(again) were seen again")
        }
    }

    /// Has the agent change its mode again and again.
    private static func switchModes(of sluice: SluiceProcess, until isOver: Watched<Bool>) {
        Background.run {
            // Keep-alive for most of the time, or nothing would be stale.
            while !isOver.wait(.milliseconds(30), until: { $0 }) {
                for mode in ["normal", "keepalive"] {
                    _ = try? sluice.patch("default", "{\"mode\":\"\(mode)\"}")
                }
            }
        }
    }

    /// One client: request after request, on one connection for as long as that goes.
    private static func ask(_ port: UInt16, client number: Int, seed: UInt64, _ record: Watched<Record>) throws {
        var random = SplitMix64(seed: seed &* 7919 &+ UInt64(number))
        var client = try RawClient(port: port, patience: .seconds(60))
        for count in 0..<requests {
            let method = ["GET", "GET", "HEAD", "PUT", "PUT", "DELETE", "POST", "POST"].randomElement(using: &random)
            guard let method else { return }
            let target = "/\(number)-\(count)"
            let body = try send(method, target, over: client, using: &random)
            let response = try client.readResponse(isHead: method == "HEAD")
            let isRight =
                method == "HEAD" || response.text == RandomCloser.answer(to: method, target, body: body)
            record.update { record in
                if response.status == 200, isRight {
                    record.answered += 1
                } else if response.status == 502, method == "POST" {
                    record.refused += 1
                } else {
                    record.failures.append("\(method) \(target): \(response.statusLine) \(response.text)")
                }
                if method == "POST" { record.once[target] = response.status }
            }
            if response.value("connection") == "close" { client = try RawClient(port: port, patience: .seconds(60)) }
        }
    }

    /// Sends a request with a body of a size that can be kept, in one of several ways; returns the body.
    private static func send(
        _ method: String, _ target: String, over client: RawClient, using random: inout SplitMix64
    ) throws -> [UInt8] {
        let head = "\(method) \(target) HTTP/1.1\r\nHost: a.example\r\n"
        guard method == "PUT" || method == "POST" else {
            try client.send("\(head)\r\n")
            return []
        }
        let body = BodyTests.pattern(Int.random(in: 0...12_000, using: &random))
        let length = "Content-Length: \(body.count)\r\n"
        switch Int.random(in: 0...3, using: &random) {
        case 0:
            try client.send(Array("\(head)\(length)\r\n".utf8) + body)
        case 1:
            try client.send("\(head)\(length)\r\n")
            try client.send(Array(body.prefix(body.count / 2)))
            try client.send(Array(body.dropFirst(body.count / 2)))
        case 2:
            try client.send(
                Array("\(head)Transfer-Encoding: chunked\r\n\r\n".utf8)
                    + BodyTests.chunked(body, piece: Int.random(in: 500...5000, using: &random)))
        default:
            guard method == "PUT", !body.isEmpty else {
                try client.send(Array("\(head)\(length)\r\n".utf8) + body)
                break
            }
            try client.send("\(head)\(length)Expect: 100-continue\r\n\r\n")
            let interim = try client.readResponse()
            guard interim.status == 100 else { throw RawClient.Failure.notHTTP("\(interim.statusLine) for \(target)") }
            try client.send(body)
        }
        return body
    }
}
