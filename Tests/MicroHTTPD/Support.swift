import Glibc
import Locks
import MicroHTTPD
import Synchronization
import TestSupport

extension Daemon {
    /// The port of a daemon that listens on an IP address.
    var port: UInt16 { if case .ip(_, let port) = address { port } else { 0 } }

    /// Runs a client against this daemon on a thread of its own.
    func client<Value: Sendable>(
        receiveBufferBytes: Int32? = nil, _ body: @escaping @Sendable (RawClient) throws -> Value
    ) async throws -> Value {
        let port = port
        return try await onThread { try body(RawClient(port: port, receiveBufferBytes: receiveBufferBytes)) }
    }
}

/// Starts a daemon on a free port, runs `body`, and stops it whatever happened.
func withDaemon<Value>(
    _ settings: Daemon.Settings = Daemon.Settings(address: .loopback()),
    handler: @escaping @Sendable (Request) async -> Response = echo, _ body: (Daemon) async throws -> Value
) async throws -> Value {
    let daemon = try Daemon(settings, handler: handler)
    do {
        let value = try await body(daemon)
        await daemon.stop()
        return value
    } catch {
        await daemon.stop()
        throw error
    }
}

/// Answers with what it was asked: one line each for method, path, query and fields, then the body as it came.
@Sendable func echo(_ request: Request) async -> Response {
    var lines = ["\(request.method) \(request.path)"]
    lines += request.query.map { "query \($0.name)=\($0.value ?? "nil")" }
    lines += request.fields.map { "field \($0.name)=\($0.value)" }
    return .text(lines.map { $0 + "\n" }.joined() + "\n" + String(decoding: request.body, as: UTF8.self))
}

extension Response {
    static func text(_ text: String, status: Int = 200) -> Response {
        Response(status: status, fields: [("Content-Type", "text/plain")], body: .bytes(Array(text.utf8)))
    }
}

/// Counts from several threads, and lets a test wait for a count.
final class Tally: Sendable {
    private let state = Lock<(count: Int, waiting: [(Int, CheckedContinuation<Void, Never>)])>((0, []))

    var count: Int { state.withLock { $0.count } }

    func add() {
        let ready = state.withLock { state in
            state.count += 1
            let ready = state.waiting.filter { $0.0 <= state.count }.map(\.1)
            state.waiting.removeAll { $0.0 <= state.count }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }

    /// Waits until `add` was called `count` times in all.
    func reached(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }
}

/// How many descriptors this process has open.
func openDescriptors() -> Int {
    var count = 0
    for descriptor in Int32(0)..<4096 where fcntl(descriptor, F_GETFD) >= 0 { count += 1 }
    return count
}
