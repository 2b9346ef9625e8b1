import Testing
import TestSupport

/// Random, but right, traffic in random pieces: every byte arrives, in order.
@Suite("Random traffic", .bounded)
struct RandomTrafficTests {
    /// A request and what its answer has to be.
    private struct Exchange {
        let bytes: [UInt8]
        let isHead: Bool
        let body: [UInt8]
    }

    @Test(
        "pipelined requests of all kinds, in random pieces, against an upstream that answers in random pieces",
        arguments: Seeds.forThisRun(20))
    func traffic(seed: UInt64) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                var random = SplitMix64(seed: seed &+ UInt64(peer.index) &* 7919)
                while let request = try peer.readRequest() {
                    // The answer to a body is that body; otherwise the target.
                    let body = request.body.isEmpty ? Array(request.target.utf8) : request.body
                    let isHead = request.method == "HEAD"
                    var bytes: [UInt8]
                    if Bool.random(using: &random) {
                        bytes =
                            Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
                            + (isHead ? [] : body)
                    } else {
                        let piece = Int.random(in: 1...5000, using: &random)
                        bytes =
                            Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
                            + (isHead ? [] : BodyTests.chunked(body, piece: piece))
                    }
                    try Self.send(bytes, over: peer.client, using: &random)
                }
            }
            var random = SplitMix64(seed: seed)
            let mode = Bool.random(using: &random) ? "keepalive" : "normal"
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: \(mode), maxSockets: \(Int.random(in: 1...4, using: &random))")
            for _ in 0..<3 {
                let exchanges = (0..<Int.random(in: 1...20, using: &random)).map { Self.exchange($0, using: &random) }
                let client = try sluice.connect()
                let all = exchanges.flatMap(\.bytes)
                try Self.send(all, over: client, using: &random)
                for (number, exchange) in exchanges.enumerated() {
                    let response = try client.readResponse(isHead: exchange.isHead)
                    #expect(response.status == 200, "seed \(seed)")
                    #expect(response.body == exchange.body, "seed \(seed), number \(number)")
                }
            }
            #expect(upstream.record.current.errors.isEmpty, "seed \(seed)")
        }
    }

    private static func exchange(_ number: Int, using random: inout SplitMix64) -> Exchange {
        let target = "/\(number)/\(String(repeating: "t", count: Int.random(in: 0...300, using: &random)))"
        let padding = "X-Padding: \(String(repeating: "p", count: Int.random(in: 0...2000, using: &random)))\r\n"
        let head = " \(target) HTTP/1.1\r\nHost: a.example\r\n\(padding)"
        switch Int.random(in: 0...3, using: &random) {
        case 0:
            return Exchange(bytes: Array("GET\(head)\r\n".utf8), isHead: false, body: Array(target.utf8))
        case 1:
            return Exchange(bytes: Array("HEAD\(head)\r\n".utf8), isHead: true, body: [])
        case 2:
            let body = BodyTests.pattern(Int.random(in: 1...40_000, using: &random))
            return Exchange(
                bytes: Array("PUT\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body, isHead: false, body: body)
        default:
            let body = BodyTests.pattern(Int.random(in: 1...40_000, using: &random))
            let piece = Int.random(in: 1...5000, using: &random)
            return Exchange(
                bytes: Array("PUT\(head)Transfer-Encoding: chunked\r\n\r\n".utf8)
                    + BodyTests.chunked(body, piece: piece), isHead: false, body: body)
        }
    }

    /// Sends `bytes` in pieces of random lengths.
    private static func send(_ bytes: [UInt8], over client: RawClient, using random: inout SplitMix64) throws {
        var start = 0
        while start < bytes.count {
            let largest = Bool.random(using: &random) ? 20 : 9000
            let end = min(bytes.count, start + Int.random(in: 1...largest, using: &random))
            try client.sendWhileReceiving(Array(bytes[start..<end]))
            start = end
        }
    }
}
