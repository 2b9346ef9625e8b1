import Locks
import MicroHTTPD
import Glibc
import Synchronization
import Testing
import TestSupport

/// Bodies that are written while they are read.
@Suite(.timeLimit(.minutes(2))) struct StreamTests {
    static let get = "GET /s HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Hands out streams, and remembers them and their ends.
    final class Streams: Sendable {
        let all = Lock<[ResponseStream]>([])
        let began = Tally()
        let ended = Tally()
        let bufferMax: Int
        let heartbeat: Duration

        init(bufferMax: Int = 1 << 16, heartbeat: Duration = .seconds(60)) {
            self.bufferMax = bufferMax
            self.heartbeat = heartbeat
        }

        func answer(_ request: Request) -> Response {
            guard request.path == "/s" else { return .text("plain") }
            let stream = ResponseStream(
                bufferMax: bufferMax, heartbeat: heartbeat, heartbeatBytes: Array(": ping\n\n".utf8)
            ) { [ended] in ended.add() }
            all.withLock { $0.append(stream) }
            began.add()
            return Response(status: 200, fields: [("Content-Type", "text/event-stream")], body: .stream(stream))
        }

        /// Writes to every stream; returns how many took it.
        @discardableResult
        func write(_ bytes: [UInt8]) -> Int { all.withLock { $0 }.filter { $0.write(bytes) }.count }
        @discardableResult
        func write(_ text: String) -> Int { write(Array(text.utf8)) }
        func end() { for stream in all.withLock({ $0 }) { stream.end() } }
    }

    @Test("what is written arrives at once, in order, until the end; then the connection goes on")
    func order() async throws {
        let streams = Streams()
        try await withDaemon(handler: { streams.answer($0) }) { daemon in
            let text = try await daemon.client { client in
                try client.send(Self.get)
                _ = try client.read(until: "\r\n\r\n")
                for number in 0..<200 {
                    #expect(streams.write("<\(number)>") == 1)
                    // Each is waited for before the next is written.
                    _ = try client.read(until: "<\(number)>\r\n")
                }
                streams.end()
                _ = try client.read(until: "0\r\n\r\n")
                #expect(streams.write("late") == 0)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readResponse().text
            }
            #expect(text == "plain")
        }
        #expect(streams.ended.count == 1)
    }

    @Test("a stream written from many threads loses nothing", arguments: ["1.1", "1.0"])
    func threads(version: String) async throws {
        let streams = Streams(bufferMax: 1 << 22)
        try await withDaemon(handler: { streams.answer($0) }) { daemon in
            async let response = daemon.client { client in
                try client.send("GET /s HTTP/\(version)\r\nHost: a\r\n\r\n")
                return try client.readResponse()
            }
            await streams.began.reached(1)
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for number in 0..<1000 { #expect(streams.write("\(writer) \(number)\n") == 1) }
                    }
                }
            }
            streams.end()
            let lines = try await response.text.split(separator: "\n")
            #expect(lines.count == 8000)
            for writer in 0..<8 {
                let own = lines.filter { $0.hasPrefix("\(writer) ") }
                #expect(own.elementsEqual((0..<1000).map { "\(writer) \($0)" }, by: { $0 == $1 }))
            }
        }
    }

    @Test("HEAD never reads the stream and ends it")
    func head() async throws {
        let streams = Streams()
        try await withDaemon(handler: { streams.answer($0) }) { daemon in
            try await daemon.client { client in
                try client.send("HEAD /s HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse(isHead: true).status == 200)
            }
            await streams.ended.reached(1)
            #expect(streams.write("x") == 0)
        }
    }

    @Test("a stream given to two responses serves the first only")
    func twice() async throws {
        let stream = ResponseStream(bufferMax: 100, heartbeat: .seconds(60), heartbeatBytes: []) {}
        try await withDaemon(handler: { _ in Response(status: 200, body: .stream(stream)) }) { daemon in
            try await daemon.client { client in
                try client.send(Self.get)
                _ = try client.read(until: "\r\n\r\n")
                let other = try RawClient(port: daemon.port)
                try other.send(Self.get)
                #expect(try other.readResponse().status == 500)
                #expect(stream.write(Array("still here".utf8)))
                _ = try client.read(until: "still here")
            }
        }
    }

    @Test("a stream that never came to be sent ends when it is forgotten")
    func forgotten() {
        let ended = Tally()
        _ = ResponseStream(bufferMax: 1, heartbeat: .seconds(1), heartbeatBytes: []) { ended.add() }
        #expect(ended.count == 1)
    }

    @Test("the heartbeat speaks into silence, and finds a client that left", arguments: [false, true])
    func heartbeat(reset: Bool) async throws {
        let streams = Streams(heartbeat: .milliseconds(100))
        try await withDaemon(handler: { streams.answer($0) }) { daemon in
            try await daemon.client { client in
                try client.send(Self.get)
                for _ in 0..<3 { _ = try client.read(until: ": ping\n\n") }
                if reset { client.resetOnClose() }
                client.close()
            }
            await streams.ended.reached(1)
            #expect(streams.write("x") == 0)
        }
    }

    @Test("a reader that is too slow is cut off and not waited for")
    func slow() async throws {
        let streams = Streams(bufferMax: 100_000)
        try await withDaemon(handler: { streams.answer($0) }) { daemon in
            let wire = try await daemon.client(receiveBufferBytes: 4096) { client in
                try client.send(Self.get)
                _ = try client.read(until: "\r\n\r\n")
                let piece = [UInt8](repeating: 97, count: 10_000)
                var written = 0
                // Sockets' buffers take some; never this much.
                while streams.write(piece) == 1, written < 100_000_000 { written += piece.count }
                #expect(written < 100_000_000)
                #expect(streams.ended.count == 1)
                return try client.readToEnd()
            }
            #expect(!wire.suffix(5).elementsEqual("0\r\n\r\n".utf8), "a body that was cut must not look complete")
        }
        #expect(streams.ended.count == 1)
    }

    @Test("one write of more than the buffer cuts")
    func oversized() async throws {
        let streams = Streams(bufferMax: 10)
        try await withDaemon(handler: { streams.answer($0) }) { daemon in
            try await daemon.client { client in
                try client.send(Self.get)
                _ = try client.read(until: "\r\n\r\n")
                #expect(streams.write("0123456789") == 1)
                _ = try client.read(until: "0123456789")
                #expect(streams.write("0123456789x") == 0)
                let rest = try client.readToEnd()
                #expect(!rest.contains(UInt8(ascii: "x")))
            }
        }
        #expect(streams.ended.count == 1)
    }

    @Test("64 streams with readers that are quick, slow and gone", .serialized, arguments: Seeds.forThisRun(3))
    func many(seed: UInt64) async throws {
        let streams = Streams(bufferMax: 50_000, heartbeat: .milliseconds(200))
        try await withDaemon(handler: { streams.answer($0) }) { daemon in
            let clients = try await onThread { [port = daemon.port] in
                var random = SplitMix64(seed: seed)
                var quick: [RawClient] = []
                var slow: [RawClient] = []
                var goneCount = 0
                for _ in 0..<64 {
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0:
                        let client = try RawClient(port: port)
                        try client.send(Self.get)
                        _ = try client.read(until: "\r\n\r\n")
                        quick.append(client)
                    case 1:
                        let client = try RawClient(port: port, receiveBufferBytes: 4096)
                        try client.send(Self.get)
                        _ = try client.read(until: "\r\n\r\n")
                        slow.append(client)
                    default:
                        let client = try RawClient(port: port)
                        try client.send(Self.get)
                        _ = try client.read(until: "\r\n\r\n")
                        if Bool.random(using: &random) { client.resetOnClose() }
                        client.close()
                        goneCount += 1
                    }
                }
                // The quick ones keep up with every round; the slow and the gone fall behind and are cut.
                let piece = [UInt8](repeating: 97, count: 20_000)
                var rounds = 0
                repeat {
                    streams.write(piece + Array("<\(rounds)>".utf8))
                    for client in quick { _ = try client.read(until: "<\(rounds)>") }
                    rounds += 1
                } while streams.ended.count < slow.count + goneCount && rounds < 2000
                #expect(streams.ended.count == slow.count + goneCount, "seed \(seed)")
                return (quick.count, slow.count, goneCount)
            }
            #expect(clients.0 + clients.1 + clients.2 == 64)
        }
        #expect(streams.ended.count == 64)
    }

    @Test("open streams that are silent cost no processor time")
    func noSpin() async throws {
        // In a process of its own, whose processor time is nobody else's.
        await #expect(processExitsWith: .success) {
            let streams = Streams(heartbeat: .milliseconds(500))
            try await withDaemon(handler: { streams.answer($0) }) { daemon in
                try await daemon.client { client in
                    var others: [RawClient] = []
                    for _ in 0..<32 {
                        let other = try RawClient(port: daemon.port)
                        try other.send(Self.get)
                        _ = try other.read(until: "\r\n\r\n")
                        others.append(other)
                    }
                    try client.send(Self.get)
                    // Two heartbeats are a second of idling.
                    _ = try client.read(until: ": ping\n\n")
                    let before = Self.processorTime()
                    for _ in 0..<2 { _ = try client.read(until: ": ping\n\n") }
                    let spent = Self.processorTime() - before
                    precondition(spent < .milliseconds(200), "\(spent)")
                    for other in others { other.close() }
                }
            }
        }
    }

    /// The processor time of this process, user and system.
    private static func processorTime() -> Duration {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(.zero) {
            $0 + .seconds($1.tv_sec) + .microseconds($1.tv_usec)
        }
    }
}
