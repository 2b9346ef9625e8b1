/// The figures of the clients of one listener at one moment, summed over the loops.
package struct ListenerSnapshot: Sendable {
    /// Where it listens, with the port that was really bound.
    package var address: SocketAddress
    package var connections: UInt64 = 0
    package var accepted: UInt64 = 0
    /// By status code.
    package var responses: [Int: UInt64] = [:]
    package var duration = HistogramValue()
    package var bytesReceived: UInt64 = 0
    package var bytesSent: UInt64 = 0

    /// The figures of a listener that nobody has come to.
    package init(address: SocketAddress) { self.address = address }

    /// Adds what one loop counted.
    package mutating func add(_ counters: ListenerCounters) {
        connections &+= counters.connections.value
        accepted &+= counters.accepted.value
        for code in 100..<600 {
            let count = counters.responses[code - 100].value
            if count > 0 { responses[code, default: 0] &+= count }
        }
        duration = duration + counters.duration.read()
        bytesReceived &+= counters.bytesReceived.value
        bytesSent &+= counters.bytesSent.value
    }
}
