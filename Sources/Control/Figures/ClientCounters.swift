import Synchronization

/// What one loop counts of its clients. Its loop writes; anyone reads.
public final class ClientCounters: Sendable {
    /// One for each listener, in the order of the configuration.
    public let listeners: [ListenerCounters]
    /// How long the loop was at work.
    public let busyNanoseconds = Counter()
    /// How long it has lived.
    public let totalNanoseconds = Counter()
    // The one figure that other loops write as well: a client on its way is counted by the loop that sent it.
    private let onTheirWay = Atomic<Int>(0)

    /// All zero, for so many listeners.
    public init(listeners: Int) { self.listeners = (0..<listeners).map { _ in ListenerCounters() } }

    /// Connections that are open now, with those that are on their way here from the loop that accepted them.
    public var connections: UInt64 {
        // Read first: one that arrives meanwhile may count twice for a moment, but is never missed.
        let arriving = arriving
        return listeners.reduce(UInt64(arriving)) { $0 &+ $1.connections.value }
    }

    /// How many connections are on their way here; any thread.
    public var arriving: Int { onTheirWay.load(ordering: .acquiring) }

    /// Another loop sends a connection here.
    public func sent() { onTheirWay.wrappingAdd(1, ordering: .relaxed) }

    /// It is here, and counts at its listener; pairs with the load of ``arriving``.
    public func arrived() { onTheirWay.wrappingSubtract(1, ordering: .releasing) }
}
