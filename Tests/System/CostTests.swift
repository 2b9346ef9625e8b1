import Glibc
import Testing
import TestSupport

/// What hostile traffic costs beside plain traffic: the proxy's CPU time (user and system, proc(5)) for as many bytes
/// or requests of either, in the same process. Ratios of one run hold on a busy machine, too.
@Suite("Costs", .bounded, .serialized)
struct CostTests {
    /// Bytes on the wire of each transfer.
    private static let size = 4 << 20

    /// A body in chunks that are all alike.
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// A chunk as it is sent.
        let chunk: String
        /// As it goes on: extensions are for one connection (RFC 9112, section 7.1.1).
        let goesOn: String

        /// As many chunks as make up ``CostTests/size``, and the end of the body.
        func body(of chunk: String) -> [UInt8] {
            let count = size / self.chunk.utf8.count
            let chunk = Array(chunk.utf8)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count * chunk.count + 5)
            for _ in 0..<count { bytes += chunk }
            return bytes + Array("0\r\n\r\n".utf8)
        }
    }

    // More bytes of extensions than of data are refused in the long run (EndlessPeerTests).
    static let shapes: [Shape] = [
        Shape(testDescription: "1-byte chunks", chunk: "1\r\nx\r\n", goesOn: "1\r\nx\r\n"),
        Shape(
            testDescription: "an extension in each chunk",
            chunk: "d0;name=\"\(String(repeating: "v", count: 200))\"\r\n\(String(repeating: "x", count: 208))\r\n",
            goesOn: "d0\r\n\(String(repeating: "x", count: 208))\r\n"),
        Shape(testDescription: "the shortest extensions", chunk: "2;n\r\nxx\r\n", goesOn: "2\r\nxx\r\n"),
        Shape(
            testDescription: "long chunk sizes", chunk: "0000000000000001\r\nx\r\n",
            goesOn: "0000000000000001\r\nx\r\n"),
    ]

    /// Reads what is sent, up to the end of a body, and answers; sends what is asked for.
    private static func upstream(_ shape: Shape) throws -> ScriptedUpstream {
        let body = shape.body(of: shape.chunk)
        let goesOn = shape.body(of: shape.goesOn)
        return try ScriptedUpstream(patience: .seconds(60)) { peer in
            while let head = try peer.client.readRequestHead() {
                switch head.target {
                case "/plain-down":
                    try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
                    try peer.client.send([UInt8](repeating: 7, count: size))
                case "/chunked-down":
                    try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    try peer.client.send(body)
                case "/plain-up":
                    _ = try peer.client.read(count: size)
                    try peer.answer(text: "right")
                default:
                    try peer.answer(text: try peer.client.read(count: goesOn.count) == goesOn ? "right" : "wrong")
                }
            }
        }
    }

    @Test("chunks of the worst shapes, up and down: at a bounded cost a byte", arguments: shapes)
    func chunks(shape: Shape) async throws {
        try await onThread {
            let attacked = try Attacked(try Self.upstream(shape), settings: "timeout: 60s")
            let sluice = attacked.sluice
            let body = shape.body(of: shape.chunk)
            let goesOn = shape.body(of: shape.goesOn)
            let client = try sluice.connect(patience: .seconds(60))
            _ = attacked.bystander.end()
            let before = try sluice.residentBytes()
            let plain = try sluice.cpuSeconds(during: {
                try client.send("PUT /plain-up HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.size)\r\n\r\n")
                try client.send([UInt8](repeating: 7, count: Self.size))
                #expect(try client.readResponse().status == 200)
                try client.send("GET /plain-down HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try client.read(until: "\r\n\r\n")
                #expect(try client.read(count: Self.size).count == Self.size)
            })
            let chunked = try sluice.cpuSeconds(during: {
                try client.send("PUT /chunked-up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                try client.send(body)
                #expect(try client.readResponse().text == "right")
                try client.send("GET /chunked-down HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try client.read(until: "\r\n\r\n")
                let received = try client.read(count: goesOn.count)
                #expect(received == goesOn)
            })
            // Each byte of framing is looked at once, in a step of some instructions: less than a tenth of a microsecond
            // a byte without optimization, and ten times that with the thread sanitizer.
            #expect(chunked < plain + Double(2 * Self.size) * 1e-6, "plain \(plain) s, chunked \(chunked) s")
            #expect(try sluice.residentBytes() - before < 8 << 20)
        }
    }

    @Test("a byte a segment, up and down: bounded cost a segment")
    func segments() async throws {
        try await onThread {
            let count = 10_000
            let byte = [UInt8](repeating: 7, count: 1)
            let upstream = try ScriptedUpstream(patience: .seconds(60)) { peer in
                _ = try peer.client.readRequestHead()
                _ = try peer.client.read(count: count)
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
                for _ in 0..<count { try peer.client.send(byte) }
                try peer.waitForEnd()
            }
            let attacked = try Attacked(upstream, settings: "timeout: 60s")
            let client = try attacked.sluice.connect(patience: .seconds(60))
            _ = attacked.bystander.end()
            let cpu = try attacked.sluice.cpuSeconds(during: {
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n")
                for _ in 0..<count { try client.send(byte) }
                _ = try client.read(until: "\r\n\r\n")
                #expect(try client.read(count: count).allSatisfy { $0 == 7 })
            })
            // A receive, a send and a wait for each, and the steps between in a build without optimization.
            #expect(cpu < Double(2 * count) * 200e-6, "\(cpu) s for \(2 * count) segments")
            client.close()
            try attacked.sluice.expectQuiet()
        }
    }

    @Test("the smallest windows on both sides: all arrives, in bounded memory, and others are served")
    func windows() async throws {
        try await onThread {
            let size = 1 << 20
            let upstream = try ScriptedUpstream(patience: .seconds(60), receiveBufferBytes: 1) { peer in
                while let request = try peer.readRequest() { try peer.answer(body: request.body) }
            }
            let attacked = try Attacked(upstream, settings: "timeout: 60s")
            let before = try attacked.sluice.residentBytes()
            let client = try RawClient(port: attacked.sluice.port, patience: .seconds(60), receiveBufferBytes: 1)
            let body = BodyTests.pattern(size)
            try client.send(Array("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8) + body)
            #expect(attacked.bystander.isServed())
            #expect(try client.readResponse().body == body)
            #expect(try attacked.sluice.residentBytes() - before < 8 << 20)
            client.close()
            try attacked.expectUnharmed()
        }
    }

    @Test("heads of as many fields as may be: bounded cost a byte, bounded memory, all answered")
    func headers() async throws {
        try await onThread {
            let attacked = try Attacked(
                try ScriptedUpstream(ScriptedUpstream.always("HTTP/1.1 204 None\r\n\r\n")), settings: "timeout: 60s")
            let sluice = attacked.sluice
            let before = try sluice.residentBytes()
            let fields = (0..<98).map { "X-\($0): \(String(repeating: "v", count: 300))\r\n" }.joined()
            let client = try sluice.connect(patience: .seconds(60))
            for _ in 0..<100 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
                #expect(try client.readResponse().status == 204)
            }
            // And heads one past the limits, each on its own connection, which ends with it.
            for line in ["X: 1\r\n", "Cookie: c\r\n"] {
                for _ in 0..<100 {
                    let socket = try PlainSocket(port: sluice.port)
                    _ = socket.send("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: line, count: 6000))\r\n")
                    let text = try #require(socket.receiveToEnd(within: .seconds(20)))
                    #expect(String(decoding: text, as: UTF8.self).hasPrefix("HTTP/1.1 431 "))
                }
            }
            #expect(try sluice.residentBytes() - before < 8 << 20)
            client.close()
            try attacked.expectUnharmed()
        }
    }

    /// Where pipelined requests end: each form has its own way through the proxy.
    static let pipelines: [(name: String, request: String, count: Int)] = [
        ("answered by the upstream", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 20_000),
        ("answered by the proxy", "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", 100_000),
    ]

    @Test(
        "pipelined without end: answered in order, bounded memory, others served meanwhile",
        arguments: pipelines.map(\.name))
    func pipelined(name: String) async throws {
        let pipeline = try #require(Self.pipelines.first { $0.name == name })
        try await onThread {
            let attacked = try Attacked(
                try ScriptedUpstream(patience: .seconds(60), Self.quick), settings: "timeout: 60s", more: "threads: 1")
            let sluice = attacked.sluice
            let before = try sluice.residentBytes()
            let socket = try PlainSocket(port: sluice.port)
            let piece = Array(String(repeating: pipeline.request, count: 100).utf8)
            let total = pipeline.count / 100 * piece.count
            var sent = 0
            var answers = 0
            var tail: [UInt8] = []
            var most = 0
            let servedBefore = attacked.bystander.answered
            let deadline = ContinuousClock.now + .seconds(120)
            while answers < pipeline.count, ContinuousClock.now < deadline {
                let events = sent < total ? POLLIN | POLLOUT : POLLIN
                guard socket.wait(for: events, within: .seconds(20)) else { break }
                if sent < total {
                    sent += try #require(socket.send(Array(piece[(sent % piece.count)...])))
                }
                if case .bytes(let bytes) = socket.receive() {
                    tail += bytes
                    var end = 0
                    while let start = ByteSearch.first(Self.beginning, in: tail, from: end) {
                        answers += 1
                        end = start + Self.beginning.count
                    }
                    // What may be the beginning of the next one stays.
                    tail = Array(tail[max(end, tail.count - Self.beginning.count + 1)...])
                    most = max(most, try sluice.residentBytes())
                }
            }
            #expect(answers == pipeline.count)
            #expect(most - before < 8 << 20)
            // On the one loop there is it had its turns; how many depends on the machine.
            #expect(attacked.bystander.answered - servedBefore > 20)
            socket.close()
            try attacked.expectUnharmed()
        }
    }

    private static let beginning = Array("HTTP/1.1 200 OK\r\n".utf8)

    /// Answers each empty line, without looking at the rest.
    private static let quick: ScriptedUpstream.Script = { peer in
        while true {
            do {
                _ = try peer.client.read(until: "\r\n\r\n")
            } catch RawClient.Failure.closed {
                return
            }
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
    }
}
