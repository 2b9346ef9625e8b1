import Locks
import Synchronization
import UnixSignals

/// The signals that stop a server, in the order in which they come.
struct StopSignals: Sendable {
    private let arrivals = Arrivals()

    /// Takes SIGTERM and SIGINT from the moment it returns.
    init() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        Task.detached { [arrivals] in
            for await _ in signals { arrivals.arrived() }
        }
    }

    /// Waits for the first.
    func first() async { await arrivals.wait(for: 1) }

    /// Waits for the second.
    func second() async { await arrivals.wait(for: 2) }

    private final class Arrivals: Sendable {
        private let state = Lock((count: 0, waiters: [(Int, CheckedContinuation<Void, Never>)]()))

        func arrived() {
            let due = state.withLock { state in
                state.count += 1
                let count = state.count
                let due = state.waiters.filter { $0.0 <= count }
                state.waiters.removeAll { $0.0 <= count }
                return due
            }
            for (_, waiter) in due { waiter.resume() }
        }

        func wait(for count: Int) async {
            await withCheckedContinuation { continuation in
                let isHere = state.withLock { state in
                    if state.count >= count { return true }
                    state.waiters.append((count, continuation))
                    return false
                }
                if isHere { continuation.resume() }
            }
        }
    }
}
