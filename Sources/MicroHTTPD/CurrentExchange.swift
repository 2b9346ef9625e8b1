import Locks
internal import Synchronization

/// The exchange that a connection is at, owned for as long as the library may use it.
///
/// The library is to announce the end of every request, but 0.9.75 does not when it closes a connection over a query
/// with more parameters than its memory holds. So the end of the connection is the end of its request too.
final class CurrentExchange: Sendable {
    private let exchange = Lock<Exchange?>(nil)
    /// Kept for as long as the connection uses it.
    private let identity: LoadedTLS?

    /// The first of a connection.
    init(identity: LoadedTLS?) { self.identity = identity }

    /// Ends the exchange that is there and puts `next` in its place.
    func replace(with next: Exchange?) {
        let last = exchange.withLock { exchange in
            defer { exchange = next }
            return exchange
        }
        last?.ended()
    }
}
