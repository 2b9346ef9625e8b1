/// What one loop counts of its clients. Its loop writes; anyone reads.
public final class ClientCounters: Sendable {
    /// One for each listener, in the order of the configuration.
    public let listeners: [ListenerCounters]
    /// How long the loop was at work.
    public let busyNanoseconds = Counter()
    /// How long it has lived.
    public let totalNanoseconds = Counter()

    /// All zero, for so many listeners.
    public init(listeners: Int) { self.listeners = (0..<listeners).map { _ in ListenerCounters() } }

    /// Connections that are open now.
    public var connections: UInt64 { listeners.reduce(0) { $0 &+ $1.connections.value } }
}
