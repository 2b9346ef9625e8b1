import Locks
import Synchronization

/// How many requests the admin server has answered, by status code.
final class RequestCounts: Sendable {
    // The usual one is there from the start, so that its rate misses no request.
    private let counts = Lock<[Int: UInt64]>([200: 0])

    /// Counts one.
    func count(status: Int) { counts.withLock { $0[status, default: 0] += 1 } }

    /// All, by rising status.
    func all() -> [(status: Int, count: UInt64)] {
        counts.withLock { $0.map { (status: $0.key, count: $0.value) } }.sorted { $0.status < $1.status }
    }
}
