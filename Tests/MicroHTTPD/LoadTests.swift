import MicroHTTPD
import Testing
import TestSupport

/// Many clients at once, idle ones, slow ones, and ones that send rubbish.
@Suite(.timeLimit(.minutes(2))) struct LoadTests {
    static let get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("16 clients with 500 requests each")
    func concurrency() async throws {
        let calls = Tally()
        try await withDaemon(handler: { request in
            calls.add()
            await Task.yield()
            return .text("\(request.path) \(request.body.count)")
        }) { daemon in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        try await daemon.client { client in
                            var right = 0
                            for round in 0..<500 {
                                let body = String(repeating: "b", count: (number * 37 + round) % 200)
                                try client.send(
                                    "POST /\(number)/\(round) HTTP/1.1\r\nHost: a\r\nContent-Length: "
                                        + "\(body.utf8.count)\r\n\r\n\(body)")
                                let text = try client.readResponse().text
                                if text == "/\(number)/\(round) \(body.utf8.count)" { right += 1 }
                            }
                            return right
                        }
                    }
                }
                for try await right in group { #expect(right == 500) }
            }
        }
        #expect(calls.count == 8000)
    }

    @Test("300 idle connections keep nobody out")
    func idle() async throws {
        try await withDaemon { daemon in
            try await daemon.client { client in
                // Some said nothing, some stopped in a head, some in a body, some were served once.
                let beginnings = [
                    "", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", Self.get,
                ]
                var others: [RawClient] = []
                for number in 0..<300 {
                    let other = try RawClient(port: daemon.port)
                    try other.send(beginnings[number % beginnings.count])
                    others.append(other)
                }
                for _ in 0..<20 {
                    try client.send(Self.get)
                    #expect(try client.readResponse().status == 200)
                }
                for other in others { other.close() }
            }
        }
    }

    @Test("past the limit, when all have handlers, a connection is closed at once; one is welcome when another left")
    func limit() async throws {
        let gate = StopTests.Gate()
        let entered = Tally()
        let settings = Daemon.Settings(address: .loopback(), connectionsMax: 10)
        try await withDaemon(
            settings,
            handler: { request in
                if request.path == "/held" {
                    entered.add()
                    await gate.pass()
                }
                return .text("")
            }
        ) { daemon in
            let others = try await withThrowingTaskGroup { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await daemon.client { client in
                            try client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
                            return try client.readResponse().status
                        }
                    }
                }
                await entered.reached(10)
                try await daemon.client { client in
                    #expect(try client.readToEnd().isEmpty)
                    for _ in 0..<30 {
                        let rest = try RawClient(port: daemon.port).readToEnd()
                        #expect(rest.isEmpty)
                    }
                }
                gate.open()
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(others == Array(repeating: 200, count: 10))
            try await daemon.client { client in
                try client.send(Self.get)
                #expect(try client.readResponse().status == 200)
            }
        }
    }

    @Test("past the limit, each newcomer takes the place of the client that was waited for longest")
    func room() async throws {
        let settings = Daemon.Settings(address: .loopback(), connectionsMax: 10)
        try await withDaemon(settings) { daemon in
            try await onThread { [port = daemon.port] in
                // Some were served, some stopped within a request: all of them are waited for since then.
                var others: [RawClient] = []
                for number in 0..<10 {
                    let other = try RawClient(port: port)
                    try other.send(Self.get)
                    #expect(try other.readResponse().status == 200)
                    if number % 2 == 0 { try other.send("GET / HT") }
                    others.append(other)
                }
                // Bytes now and then are no request.
                try others[0].send("TP/1.1\r\n")
                for number in 0..<5 {
                    let client = try RawClient(port: port)
                    try client.send(Self.get)
                    #expect(try client.readResponse().status == 200)
                    // With a 408 or without: it ends.
                    _ = try others[number].readToEnd()
                    others.append(client)
                }
                try others[5].send(Self.get)
                #expect(try others[5].readResponse().status == 200, "it was not the oldest")
            }
        }
    }

    @Test("a crowd of 600 that sends a byte now and then keeps nobody out")
    func crowd() async throws {
        try await withDaemon { daemon in
            try await onThread { [port = daemon.port] in
                let crowd = try (0..<600).map { _ in
                    let client = try RawClient(port: port)
                    try client.send("GET / HT")
                    return client
                }
                for round in 0..<20 {
                    for client in crowd.suffix(500) {
                        // Those that lost their place may say so by a reset.
                        do { try client.send("T") } catch RawClient.Failure.system {}
                    }
                    let client = try RawClient(port: port)
                    try client.send(Self.get)
                    #expect(try client.readResponse().status == 200, "\(round)")
                }
            }
        }
    }

    @Test("what all requests and responses hold together has a bound, and there is room again when one leaves")
    func content() async throws {
        let settings = Daemon.Settings(address: .loopback(), bodyMax: 1 << 20, contentMax: 200_000)
        try await withDaemon(settings, handler: { .text("\($0.body.count)") }) { daemon in
            try await daemon.client { client in
                func post(_ count: Int) throws -> RawResponse {
                    let body = String(repeating: "b", count: count)
                    let client = try RawClient(port: daemon.port)
                    try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n\(body)")
                    return try client.readResponse()
                }
                #expect(try post(150_000).text == "150000")
                let half = String(repeating: "b", count: 100_000)
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 150000\r\n\r\n\(half)")
                let deadline = ContinuousClock.now + .seconds(20)
                var refused = try post(150_000)
                while refused.status == 200, ContinuousClock.now < deadline { refused = try post(150_000) }
                #expect(refused.status == 503 && refused.value("retry-after") == "1")
                #expect(try post(10).text == "10", "small ones still have room")
                client.close()
                var again = try post(150_000)
                while again.status == 503, ContinuousClock.now < deadline { again = try post(150_000) }
                #expect(again.text == "150000")
            }
        }
    }

    @Test("a response that nobody takes counts as well")
    func untaken() async throws {
        let settings = Daemon.Settings(address: .loopback(), contentMax: 10_000_000)
        let large = [UInt8](repeating: UInt8(ascii: "x"), count: 6_000_000)
        try await withDaemon(
            settings,
            handler: { request in
                Response(status: 200, body: .bytes(request.path == "/large" ? large : []))
            }
        ) { daemon in
            try await daemon.client(receiveBufferBytes: 4096) { slow in
                try slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try slow.read(count: 1000)
                let client = try RawClient(port: daemon.port)
                try client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == 503)
                let small = try RawClient(port: daemon.port)
                try small.send(Self.get)
                #expect(try small.readResponse().status == 200)
            }
        }
    }

    @Test(
        "a silent connection is closed when its time is over, between and within requests", arguments: ["", "GET / HT"])
    func idleTimeout(beginning: String) async throws {
        let settings = Daemon.Settings(address: .loopback(), idleTimeout: .seconds(1))
        try await withDaemon(settings) { daemon in
            try await daemon.client { client in
                try client.send(Self.get)
                #expect(try client.readResponse().status == 200)
                try client.send(beginning)
                _ = try client.readToEnd()
            }
        }
    }

    @Test("a handler may take longer than the idle time, and holds up nobody")
    func slowHandler() async throws {
        let gate = StopTests.Gate()
        let entered = Tally()
        let settings = Daemon.Settings(address: .loopback(), idleTimeout: .seconds(1))
        try await withDaemon(
            settings,
            handler: { request in
                if request.path == "/slow" {
                    entered.add()
                    await gate.pass()
                    // Longer than the idle time, which must not count while the handler works.
                    try? await Task.sleep(for: .milliseconds(2500))
                }
                return .text(request.path)
            }
        ) { daemon in
            async let slow = daemon.client { client in
                try client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readResponse().text
            }
            await entered.reached(1)
            try await daemon.client { client in
                for _ in 0..<100 {
                    try client.send(Self.get)
                    #expect(try client.readResponse().text == "/x")
                }
            }
            gate.open()
            #expect(try await slow == "/slow")
        }
    }

    @Test("rubbish never stops the daemon", arguments: Seeds.forThisRun(40))
    func rubbish(seed: UInt64) async throws {
        let settings = Daemon.Settings(address: .loopback(), idleTimeout: .seconds(1), bodyMax: 1000)
        try await withDaemon(settings) { daemon in
            try await onThread { [port = daemon.port] in
                var random = SplitMix64(seed: seed)
                for _ in 0..<20 {
                    let client = try RawClient(port: port)
                    do { try client.send(Self.rubbish(&random)) } catch RawClient.Failure.system {}
                    if Bool.random(using: &random) { client.resetOnClose() }
                }
                let client = try RawClient(port: port)
                try client.send(Self.get)
                #expect(try client.readResponse().status == 200, "seed \(seed)")
            }
        }
    }

    /// A request with some of its bytes exchanged, doubled or dropped, or parts of requests in any order.
    private static func rubbish(_ random: inout SplitMix64) -> [UInt8] {
        let parts = [
            "GET ", "POST ", "/", "/a?b=c&d", " ", "HTTP/1.1", "HTTP/1.0", "\r\n", "\n", "\r", "Host: a\r\n", "Host:",
            "Content-Length: 5\r\n", "Content-Length: ", "Transfer-Encoding: chunked\r\n", "\r\n\r\n", "5\r\nhello\r\n",
            "0\r\n\r\n", "\0", "Expect: 100-continue\r\n", " folded\r\n", "Cookie: a=b; c\r\n", "ffffffffffffffff\r\n",
            ":",
            "\u{e4}", "Connection: close\r\n", "%00", "http://a", "*",
        ]
        var bytes: [UInt8] = []
        if Bool.random(using: &random) {
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                bytes += Array(parts[Int.random(in: 0..<parts.count, using: &random)].utf8)
            }
            return bytes
        }
        bytes = Array(
            "POST /a?b=c HTTP/1.1\r\nHost: a\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8)
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.insert(bytes[place], at: place)
            default: bytes.remove(at: place)
            }
        }
        return bytes
    }
}
