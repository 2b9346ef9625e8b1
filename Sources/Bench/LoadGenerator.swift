package import Control
import DataPlane
import Locks
import Synchronization

/// Users that send requests as siege does in its benchmark mode: each its own connection, kept alive, no time to think.
package struct LoadGenerator: Sendable {
    /// Where the proxy listens.
    package var address: SocketAddress
    /// The path that every request asks for.
    package var path: String
    package var users: Int
    package var requestsPerUser: Int
    /// An answer that takes longer counts as failed.
    package var timeout: Duration

    /// A load of `users` times `requestsPerUser` requests.
    package init(
        address: SocketAddress, path: String, users: Int, requestsPerUser: Int, timeout: Duration = .seconds(30)
    ) {
        self.address = address
        self.path = path
        self.users = users
        self.requestsPerUser = requestsPerUser
        self.timeout = timeout
    }

    /// Sends all requests and waits for all answers.
    ///
    /// - Parameter progress: Read at any time, from any thread.
    /// - Throws: What the machine lacks.
    package func run(progress: LoadProgress) async throws(SettingFault) -> LoadResult {
        let loop = try EventLoop(name: "load")
        let request = Array("GET \(path) HTTP/1.1\r\nHost: \(address)\r\nUser-Agent: sluice-bench\r\n\r\n".utf8)
        let gathered = Gathered(users)
        let start = ContinuousClock.now
        for _ in 0..<users {
            await loop.run { gathered.add(await user($0, request, progress)) }
        }
        var result = await gathered.whenAll()
        result.elapsed = (ContinuousClock.now - start).seconds
        await loop.end()
        return result
    }

    // One user: a failed request costs it its connection, and it goes on with a new one.
    private func user(_ connection: Connection, _ request: [UInt8], _ progress: LoadProgress) async -> LoadResult {
        var result = LoadResult()
        for _ in 0..<requestsPerUser {
            if await exchange(connection, request, &result) {
                progress.answered()
            } else {
                connection.close()
                result.failed += 1
                progress.failed()
            }
        }
        return result
    }

    private func exchange(_ connection: Connection, _ request: [UInt8], _ result: inout LoadResult) async -> Bool {
        let start = ContinuousClock.now
        if !connection.isOpen {
            guard await connection.connect(to: address, timeout: timeout) else { return false }
        }
        guard await connection.send(request), let answer = await connection.receiveResponse(timeout: timeout),
            (200..<400).contains(answer.status)
        else { return false }
        result.record(seconds: (ContinuousClock.now - start).seconds, bytes: answer.bodySize)
        if !answer.keepAlive { connection.close() }
        return true
    }
}

// What the users measured, and who waits until the last of them has.
private final class Gathered: Sendable {
    private let state: Lock<(left: Int, result: LoadResult, waiter: CheckedContinuation<Void, Never>?)>

    init(_ users: Int) { state = Lock((users, LoadResult(), nil)) }

    func add(_ result: LoadResult) {
        let waiter = state.withLock { state in
            state.result.add(result)
            state.left -= 1
            return state.left == 0 ? state.waiter : nil
        }
        waiter?.resume()
    }

    func whenAll() async -> LoadResult {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                state.waiter = continuation
                return state.left == 0
            }
            if isDone { continuation.resume() }
        }
        return state.withLock { $0.result }
    }
}

/// How far a load has come; one for each run.
package final class LoadProgress: Sendable {
    private let counts = Lock((answered: 0, failed: 0))

    /// Nothing yet.
    package init() {}

    /// Requests that were answered, and that failed.
    package var now: (answered: Int, failed: Int) { counts.withLock { $0 } }

    func answered() { counts.withLock { $0.answered += 1 } }

    func failed() { counts.withLock { $0.failed += 1 } }
}
