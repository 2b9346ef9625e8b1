/// An agent's figures at one moment, summed over the loops.
package struct AgentSnapshot: Sendable {
    /// Whether it takes requests.
    package enum State: String, Sendable, CaseIterable {
        case running
        case draining
    }

    package var name: String
    package var settings: AgentSettings
    /// Rises by one with every change of the settings: the ETag.
    package var version: UInt64
    package var state: State = .running
    /// Whether its upstream answers, as far as its requests tell: false once several of them in a row could not connect
    /// or timed out, until one is answered.
    package var isAnswering = true
    /// How many sockets it may have for want of file descriptors, where that is fewer than its `maxSockets`.
    package var limitedTo: Int?
    package var figures = AgentFigures()

    /// The figures of an agent that has done nothing yet.
    package init(name: String, settings: AgentSettings, version: UInt64) {
        self.name = name
        self.settings = settings
        self.version = version
    }
}

/// The numbers that the loops count for one agent, as plain values.
package struct AgentFigures: Sendable {
    package var connecting: UInt64 = 0
    package var active: UInt64 = 0
    package var free: UInt64 = 0
    package var pending: UInt64 = 0
    /// By mode: index ``AgentMode/index``.
    package var created: [UInt64] = [0, 0]
    package var reused: [UInt64] = [0, 0]
    /// By reason: index `CloseReason.rawValue`.
    package var closed = [UInt64](repeating: 0, count: CloseReason.allCases.count)
    /// By mode and class of status: index mode * 5 + class - 1.
    package var responses = [UInt64](repeating: 0, count: 10)
    /// By kind: index `AgentErrorKind.rawValue`.
    package var errors = [UInt64](repeating: 0, count: AgentErrorKind.allCases.count)
    /// By kind: index `AgentTimeoutKind.rawValue`.
    package var timeouts = [UInt64](repeating: 0, count: AgentTimeoutKind.allCases.count)
    package var retries: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    package var bytesSent: UInt64 = 0
    /// By mode.
    package var firstByte = [HistogramValue(), HistogramValue()]
    package var lastByte = [HistogramValue(), HistogramValue()]
    package var connect = HistogramValue()
    package var waited = HistogramValue()
    package var age = HistogramValue()
    /// Counts up to each of `AgentCounters.requestEdges`, and above.
    package var requestsOfClosed = [UInt64](repeating: 0, count: AgentCounters.requestEdges.count + 1)
    package var requestsOfClosedSum: UInt64 = 0
    /// One for each loop.
    package var reuse: [SocketReuseSnapshot] = []

    /// All zero.
    package init() {}

    /// Sockets that are open now.
    package var open: UInt64 { connecting + active + free }
    package var createdTotal: UInt64 { created.reduce(0, &+) }
    package var reusedTotal: UInt64 { reused.reduce(0, &+) }
    package var closedTotal: UInt64 { closed.reduce(0, &+) }
    /// Requests that were answered, by the upstream or in its place.
    package var requests: UInt64 { responses.reduce(0, &+) }

    /// What all loops counted together.
    ///
    /// - Parameter loops: One for each loop, which may go on counting.
    package init(summing loops: [AgentCounters]) {
        for counters in loops { add(counters) }
        reuse = loops.map { $0.reuse.read() }
        let counts = SocketCounts(loops)
        created = counts.created
        closed = counts.closed
        let open = createdTotal &- closedTotal
        connecting = min(counts.connecting, open)
        free = min(counts.free, open - connecting)
        // What is open and neither connects nor is free is in use, on its way between two loops perhaps. So created
        // less closed is open, whenever these figures are read.
        active = open - connecting - free
    }

    private mutating func add(_ counters: AgentCounters) {
        pending &+= counters.pending.value
        for mode in 0..<2 {
            reused[mode] &+= counters.reused[mode].value
            firstByte[mode] = firstByte[mode] + counters.firstByte[mode].read()
            lastByte[mode] = lastByte[mode] + counters.lastByte[mode].read()
        }
        for index in responses.indices { responses[index] &+= counters.responses[index].value }
        for index in errors.indices { errors[index] &+= counters.errors[index].value }
        for index in timeouts.indices { timeouts[index] &+= counters.timeouts[index].value }
        retries &+= counters.retries.value
        bytesReceived &+= counters.bytesReceived.value
        bytesSent &+= counters.bytesSent.value
        connect = connect + counters.connect.read()
        waited = waited + counters.waited.read()
        age = age + counters.age.read()
        for index in requestsOfClosed.indices { requestsOfClosed[index] &+= counters.requestsOfClosed[index].value }
        requestsOfClosedSum &+= counters.requestsOfClosedSum.value
    }
}

/// The counts of sockets as they were at one moment, though loops go on counting while they are read.
private struct SocketCounts: Equatable {
    // Reading takes a few microseconds; a loop that opens or closes sockets does so every twenty or more.
    private static let triesMax = 1000

    var created: [UInt64] = [0, 0]
    var closed = [UInt64](repeating: 0, count: CloseReason.allCases.count)
    var connecting: UInt64 = 0
    var free: UInt64 = 0

    /// Reads until two readings agree.
    init(_ loops: [AgentCounters]) {
        self.init(reading: loops)
        for _ in 0..<Self.triesMax {
            let again = SocketCounts(reading: loops)
            if created == again.created, closed == again.closed { return }
            self = again
        }
    }

    private init(reading loops: [AgentCounters]) {
        for counters in loops {
            for mode in created.indices { created[mode] &+= counters.created[mode].value }
            for reason in closed.indices { closed[reason] &+= counters.closed[reason].value }
            connecting &+= counters.connecting.value
            free &+= counters.free.value
        }
    }
}

/// The clients' figures at one moment, summed over the loops.
package struct ClientSnapshot: Sendable {
    package var connections: UInt64 = 0
    package var accepted: UInt64 = 0
    /// By status code.
    package var responses: [Int: UInt64] = [:]
    package var duration = HistogramValue()
    package var bytesReceived: UInt64 = 0
    package var bytesSent: UInt64 = 0
    /// One for each loop: nanoseconds at work, and in all.
    package var threads: [(busy: UInt64, total: UInt64)] = []
    /// One for each listener, in the order of the configuration; the figures above are their sums.
    package var listeners: [ListenerSnapshot] = []

    /// All zero.
    package init() {}

    /// What the loops counted of the clients of the listeners at `addresses`.
    package init(summing loops: [ClientCounters], addresses: [SocketAddress]) {
        threads = loops.map { ($0.busyNanoseconds.value, $0.totalNanoseconds.value) }
        for (number, address) in addresses.enumerated() {
            var listener = ListenerSnapshot(address: address)
            for counters in loops { listener.add(counters.listeners[number]) }
            add(listener)
        }
    }

    private mutating func add(_ listener: ListenerSnapshot) {
        listeners.append(listener)
        connections &+= listener.connections
        accepted &+= listener.accepted
        responses.merge(listener.responses, uniquingKeysWith: &+)
        duration = duration + listener.duration
        bytesReceived &+= listener.bytesReceived
        bytesSent &+= listener.bytesSent
    }
}

/// One open upstream socket, as its loop knows it.
package struct SocketSnapshot: Sendable {
    /// What it is doing.
    package enum State: String, Sendable, CaseIterable {
        case connecting
        case active
        case free
    }

    /// Unique while the process runs.
    package var id: UInt64
    package var state: State
    package var localPort: UInt16
    /// Seconds since it was opened.
    package var age: Double
    /// Seconds since it became free; nil while it is not.
    package var idle: Double?
    package var requests: UInt64
    package var bytesReceived: UInt64
    package var bytesSent: UInt64
    /// The number of its loop, from 0.
    package var thread: Int

    /// A socket's row.
    package init(
        id: UInt64, state: State, localPort: UInt16, age: Double, idle: Double?, requests: UInt64,
        bytesReceived: UInt64, bytesSent: UInt64, thread: Int
    ) {
        self.id = id
        self.state = state
        self.localPort = localPort
        self.age = age
        self.idle = idle
        self.requests = requests
        self.bytesReceived = bytesReceived
        self.bytesSent = bytesSent
        self.thread = thread
    }
}
