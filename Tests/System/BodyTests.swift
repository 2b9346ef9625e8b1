import Testing
import TestSupport

/// Bodies both ways: with a length, chunked, until the end of the connection (RFC 9112, sections 6 and 7).
@Suite("Bodies", .bounded)
struct BodyTests {
    static let sizes = [0, 1, 2, 15, 16, 17, 1000, 4096, 65_536, 300_000]

    @Test("a request body arrives as it was sent", arguments: sizes, [true, false])
    func upload(size: Int, isChunked: Bool) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let body = Self.pattern(size)
            let client = try sluice.connect()
            if isChunked {
                try client.send("POST /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                try client.send(Self.chunked(body, piece: 7919))
            } else {
                try client.send("POST /u HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
                try client.send(body)
            }
            #expect(try client.readResponse().status == 200)
            let request = try #require(upstream.requests.first)
            #expect(request.body == body)
            // A body is framed once.
            #expect(request.values("content-length").count + request.values("transfer-encoding").count == 1)
            try client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().text.hasPrefix("GET /next "))
        }
    }

    @Test("a request arrives whatever pieces it is sent in", arguments: [1, 2, 3, 7])
    func pieces(size: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            let bytes = Array(
                ("POST /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-T: 1\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                try client.send(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(try client.readResponse().text.hasSuffix("hello!"))
            #expect(try client.readResponse().text.hasPrefix("GET /2 "))
            #expect(upstream.requests.map(\.text) == ["hello!", ""])
        }
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: String
        let body: String
        var closes = false
    }

    static let answers: [Answer] = [
        Answer(testDescription: "length", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        Answer(testDescription: "no content", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", body: ""),
        Answer(
            testDescription: "chunked",
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n",
            body: "hello"),
        Answer(
            testDescription: "chunked with trailers",
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\n"
                + "X-Sum: 9\r\n\r\n", body: "hello"),
        Answer(testDescription: "until close", bytes: "HTTP/1.1 200 OK\r\n\r\nhello", body: "hello", closes: true),
        Answer(testDescription: "HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\n\r\nhello", body: "hello", closes: true),
        Answer(
            testDescription: "close announced",
            bytes: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", body: "hello",
            closes: true),
        Answer(
            testDescription: "no reason phrase", bytes: "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello",
            body: "hello"),
    ]

    @Test("a response body arrives as it was sent, and the next request is answered", arguments: answers)
    func download(answer: Answer) async throws {
        try await onThread {
            let script = answer.closes ? ScriptedUpstream.once(answer.bytes) : ScriptedUpstream.always(answer.bytes)
            let upstream = try ScriptedUpstream(script)
            let sluice = try SluiceProcess.forwarding(to: upstream)
            for _ in 0..<3 {
                let client = try sluice.connect()
                for _ in 0..<3 {
                    try client.send("GET /d HTTP/1.1\r\nHost: a\r\n\r\n")
                    let response = try client.readResponse()
                    #expect(response.status == 200)
                    #expect(response.text == answer.body)
                    if answer.bytes.contains("X-Sum") {
                        #expect(response.trailers.map(\.name) == ["X-Sum"])
                        #expect(response.trailers.first?.value == "9")
                    }
                    // The response's end tells the client's connection to go on only if it has an end of its own.
                    if response.value("connection") == "close" { break }
                }
            }
            #expect(upstream.record.current.errors.isEmpty)
        }
    }

    @Test("a body that ends with the upstream's connection is chunked for HTTP/1.1, and ends 1.0's connection")
    func untilClose() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(ScriptedUpstream.once("HTTP/1.1 200 OK\r\n\r\nhello"))
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let old = try sluice.connect()
            try old.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
            let text = String(decoding: try old.readToEnd(), as: UTF8.self)
            #expect(text.hasSuffix("\r\n\r\nhello"), "\(text)")
            #expect(!text.lowercased().contains("transfer-encoding"), "\(text)")
        }
    }

    @Test("trailers of a request reach the upstream", arguments: ["X-Sum: 9"])
    func requestTrailers(line: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let response = try sluice.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                    + "2\r\nhi\r\n0\r\n\(line)\r\n\r\n")
            #expect(response.status == 200)
            #expect(upstream.requests.first?.trailers.map { "\($0.name): \($0.value)" } == [line])
        }
    }

    @Test("an HTTP/1.0 client is never sent chunks (RFC 9112, section 6.1)")
    func oldClient() async throws {
        try await onThread {
            let bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
            let sluice = try SluiceProcess.forwarding(to: ScriptedUpstream(ScriptedUpstream.always(bytes)))
            let client = try sluice.connect()
            try client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let text = String(decoding: try client.readToEnd(), as: UTF8.self)
            #expect(text.hasSuffix("\r\n\r\nhello"), "\(text)")
            #expect(!text.lowercased().contains("transfer-encoding"))
        }
    }

    /// Bytes that are easy to get wrong: every value, and no period that divides a buffer.
    static func pattern(_ size: Int) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(size))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + 8)
        while bytes.count < size {
            let number = random.next()
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        return Array(bytes.prefix(size))
    }

    /// `body` in chunks of `piece` bytes.
    static func chunked(_ body: [UInt8], piece: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: body.count, by: piece) {
            let part = body[start..<min(start + piece, body.count)]
            bytes += Array("\(String(part.count, radix: 16))\r\n".utf8) + part + [13, 10]
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }
}
