import Locks
import MicroHTTPD
import Synchronization
import Testing
import TestSupport

/// Stopping, in every state a connection can be in. The library aborts the process when it is stopped with a connection
/// suspended, and deadlocks when it is stopped from its own callbacks.
@Suite(.timeLimit(.minutes(2))) struct StopTests {
    static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Holds handlers until it is opened.
    final class Gate: Sendable {
        private let state = Lock<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

        func pass() async {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    @Test("a stop waits for running handlers, and their answers arrive", arguments: [1, 40])
    func handlers(count: Int) async throws {
        let gate = Gate()
        let entered = Tally()
        let daemon = try Daemon(Daemon.Settings(address: .loopback())) { _ in
            entered.add()
            await gate.pass()
            return .text(String(repeating: "x", count: 100_000))
        }
        async let statuses = withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<count {
                group.addTask {
                    try await daemon.client { client in
                        try client.send(Self.get)
                        let response = try client.readResponse()
                        return response.body.count == 100_000 ? response.status : 0
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        await entered.reached(count)
        let stopped = Tally()
        let stop = Task {
            await daemon.stop()
            stopped.add()
        }
        #expect(stopped.count == 0)
        gate.open()
        await stop.value
        #expect(try await statuses == [Int](repeating: 200, count: count))
    }

    @Test("a stop ends streams properly and refuses what comes after")
    func streams() async throws {
        let streams = StreamTests.Streams()
        let daemon = try Daemon(Daemon.Settings(address: .loopback())) { streams.answer($0) }
        async let response = daemon.client { client in
            try client.send(StreamTests.get)
            let response = try client.readResponse()
            return (response, try client.readToEnd())
        }
        await streams.began.reached(1)
        #expect(streams.write("last words") == 1)
        await daemon.stop()
        #expect(try await response.0.text == "last words")
        #expect(try await response.1.isEmpty)
        #expect(streams.write("x") == 0)
        #expect(streams.ended.count == 1)
        #expect(throws: RawClient.Failure.system(call: "connect", code: 111)) { try RawClient(port: daemon.port) }
    }

    @Test("a handler may stop the daemon and still be heard")
    func fromHandler() async throws {
        let held = Lock<Daemon?>(nil)
        let daemon = try Daemon(Daemon.Settings(address: .loopback())) { _ in
            await held.withLock { $0 }?.stop()
            return .text("stopping")
        }
        held.withLock { $0 = daemon }
        let text = try await daemon.client { client in
            try client.send(Self.get)
            let text = try client.readResponse().text
            #expect(try client.readToEnd().isEmpty)
            return text
        }
        #expect(text == "stopping")
        await daemon.stop()
        // The handler holds what holds the daemon that holds the handler.
        held.withLock { $0 = nil }
    }

    @Test("stopping again, and from many tasks at once, waits for the same stop")
    func again() async throws {
        let daemon = try Daemon(Daemon.Settings(address: .loopback()), handler: echo)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { await daemon.stop() } }
        }
        await daemon.stop()
        #expect(throws: RawClient.Failure.self) { try RawClient(port: daemon.port) }
    }

    @Test("a client that does not read holds a stop up for a second at most")
    func stuckReader() async throws {
        let daemon = try Daemon(Daemon.Settings(address: .loopback())) { _ in
            Response(status: 200, body: .bytes([UInt8](repeating: 97, count: 50 << 20)))
        }
        let client = try await onThread { [port = daemon.port] in
            let client = try RawClient(port: port, receiveBufferBytes: 4096)
            try client.send(Self.get)
            _ = try client.read(until: "\r\n\r\n")
            return Held(client)
        }
        let began = ContinuousClock.now
        await daemon.stop()
        #expect(ContinuousClock.now - began < .seconds(10))
        client.release()
    }

    /// Carries a client to another thread; only one uses it at a time.
    private final class Held: Sendable {
        private let client: Lock<RawClient?>
        init(_ client: sending RawClient) { self.client = Lock(client) }
        func release() { client.withLock { $0 = nil } }
    }

    @Test("a stop at any moment neither aborts nor hangs", .serialized, arguments: Seeds.forThisRun(60))
    func anyMoment(seed: UInt64) async throws {
        let streams = StreamTests.Streams(heartbeat: .milliseconds(1))
        let daemon = try Daemon(Daemon.Settings(address: .loopback())) { request in
            switch request.path {
            case "/s": return streams.answer(request)
            case "/slow":
                for _ in 0..<20 { await Task.yield() }
                return .text("slow")
            default: return .text(String(repeating: "y", count: 20_000))
            }
        }
        let port = daemon.port
        async let clients: Void = withTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                group.addTask {
                    // Whatever a client sees of a stop is fine: what counts is that the process lives on.
                    _ = try? await onThread {
                        var random = SplitMix64(seed: seed &* 100 &+ UInt64(number))
                        for _ in 0..<20 {
                            let client = try RawClient(port: port)
                            let path = ["/s", "/slow", "/fast"][Int.random(in: 0..<3, using: &random)]
                            let request = "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n"
                            let count = Int.random(in: 1...3, using: &random)
                            try client.send(String(repeating: request, count: count))
                            switch Int.random(in: 0..<4, using: &random) {
                            case 0: try client.send("GET / HTTP/1.1\r\nHo")
                            case 1: client.resetOnClose()
                            case 2: client.shutdownWrite()
                            default: _ = path == "/s" ? nil : try client.readResponse()
                            }
                        }
                    }
                }
            }
            group.addTask {
                for _ in 0..<200 {
                    streams.write("data\n")
                    await Task.yield()
                }
            }
        }
        var random = SplitMix64(seed: seed)
        for _ in 0..<Int.random(in: 0...400, using: &random) { await Task.yield() }
        await daemon.stop()
        await clients
        #expect(streams.ended.count == streams.began.count, "seed \(seed)")
    }

    @Test("three hundred starts and stops leave no descriptor behind")
    func descriptors() async throws {
        await #expect(processExitsWith: .success) {
            let before = openDescriptors()
            for _ in 0..<300 {
                let daemon = try Daemon(Daemon.Settings(address: .loopback()), handler: echo)
                try await daemon.client { client in
                    try client.send(StopTests.get)
                    _ = try client.readResponse()
                }
                await daemon.stop()
            }
            let after = openDescriptors()
            precondition(after <= before + 8)
        }
    }
}
