/// What one loop counts of the clients that came through one listener. Its loop writes; anyone reads.
public final class ListenerCounters: Sendable {
    /// Connections that are open now.
    public let connections = Counter()
    /// Connections taken since the start.
    public let accepted = Counter()
    /// Answered requests by status code, from 100 to 599.
    public let responses = InlineArray<500, Counter> { _ in Counter() }
    /// From the first byte of the head to the last byte of the answer.
    public let duration = Histogram()
    /// From clients.
    public let bytesReceived = Counter()
    /// To clients.
    public let bytesSent = Counter()

    /// All zero.
    public init() {}
}
