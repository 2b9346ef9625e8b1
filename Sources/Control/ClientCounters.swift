/// What one loop counts of its clients. Its loop writes; anyone reads.
public final class ClientCounters: Sendable {
    /// Connections that are open now.
    public let connections = Counter()
    public let accepted = Counter()
    /// Answered requests by status code, from 100 to 599.
    public let responses = InlineArray<500, Counter> { _ in Counter() }
    /// From the first byte of the head to the last byte of the answer.
    public let duration = Histogram()
    public let bytesReceived = Counter()
    public let bytesSent = Counter()
    /// The loop's time: at work, and in all, in nanoseconds.
    public let busyNanoseconds = Counter()
    public let totalNanoseconds = Counter()

    /// All zero.
    public init() {}
}
