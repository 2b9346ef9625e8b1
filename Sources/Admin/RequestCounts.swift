import Locks
import Synchronization

/// How many requests the admin server has answered, by status code.
final class RequestCounts: Sendable {
    private let counts = Lock<[Int: UInt64]>([:])

    /// Counts one.
    func count(status: Int) { counts.withLock { $0[status, default: 0] += 1 } }

    /// All, by rising status.
    func all() -> [(status: Int, count: UInt64)] {
        counts.withLock { $0.map { (status: $0.key, count: $0.value) } }.sorted { $0.status < $1.status }
    }
}
