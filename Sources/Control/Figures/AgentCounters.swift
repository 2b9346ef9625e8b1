/// What one loop counts for one agent. Its loop writes; anyone reads.
public final class AgentCounters: Sendable {
    /// Sockets that connect now.
    public let connecting = Counter()
    /// Sockets that serve a request now.
    public let active = Counter()
    /// Sockets that wait for a request now.
    public let free = Counter()
    /// Requests that wait for a socket now.
    public let pending = Counter()

    /// Sockets opened, by mode: index ``AgentMode/index``.
    public let created = InlineArray<2, Counter> { _ in Counter() }
    /// Leases of a socket that had served before, by mode.
    public let reused = InlineArray<2, Counter> { _ in Counter() }
    /// Sockets closed, by reason: index `CloseReason.rawValue`.
    public let closed = InlineArray<16, Counter> { _ in Counter() }
    /// Answered requests by mode (keepalive, normal) and class of status (1xx to 5xx): index mode * 5 + class - 1.
    public let responses = InlineArray<10, Counter> { _ in Counter() }
    /// By kind: index `AgentErrorKind.rawValue`.
    public let errors = InlineArray<8, Counter> { _ in Counter() }
    /// By kind: index `AgentTimeoutKind.rawValue`.
    public let timeouts = InlineArray<4, Counter> { _ in Counter() }
    /// Requests that were sent again after they met a stale socket.
    public let retries = Counter()
    /// From the upstream.
    public let bytesReceived = Counter()
    /// To the upstream.
    public let bytesSent = Counter()

    /// From the request's head to the first byte of the response, by mode.
    public let firstByte = InlineArray<2, Histogram> { _ in Histogram() }
    /// To the response's last byte, by mode.
    public let lastByte = InlineArray<2, Histogram> { _ in Histogram() }
    /// How long connects took.
    public let connect = Histogram()
    /// How long requests waited for a socket.
    public let waited = Histogram()
    /// How old sockets were when they closed.
    public let age = Histogram()
    /// How many requests sockets had served when they closed: up to 1, 2, 5, 10, … 100,000, more.
    public let requestsOfClosed = InlineArray<17, Counter> { _ in Counter() }
    /// How many requests they had served in all.
    public let requestsOfClosedSum = Counter()
    /// What is learned of free sockets.
    public let reuse = SocketReuse()

    /// All zero.
    public init() {}

    /// Counts an answered request; a status of no class (RFC 9110, section 15) counts as 5xx, as clients take it.
    package func countResponse(mode: AgentMode, status: Int) {
        let statusClass = (1...5).contains(status / 100) ? status / 100 : 5
        responses[mode.index * 5 + statusClass - 1].add()
    }

    /// The upper edges of `requestsOfClosed`.
    public static let requestEdges: [UInt64] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
    ]
}

/// Why a request got no answer from its upstream: a closed set, for the metrics' label `kind`.
package enum AgentErrorKind: Int, Sendable, CaseIterable {
    /// No socket could be opened.
    case connect
    /// The socket broke before the response was whole.
    case reset
    /// The upstream closed before the response was whole.
    case closed
    /// The response was malformed or ambiguous.
    case protocolError
    /// The queue was full.
    case queueFull
    /// This process or machine had no descriptor or port left.
    case resources

    /// The word for it.
    package var name: String { "\(self)" }
}

/// Which deadline ran out: a closed set, for the metrics' label `kind`.
package enum AgentTimeoutKind: Int, Sendable, CaseIterable {
    case connect
    /// Waiting in the queue.
    case pending
    /// Waiting for the response's head.
    case response
    /// Waiting for more of a body.
    case body

    /// The word for it.
    package var name: String { "\(self)" }
}

extension AgentMode {
    /// The place of a mode in the counters that are kept by mode.
    package var index: Int {
        switch self {
        case .keepalive: 0
        case .normal: 1
        }
    }
}
