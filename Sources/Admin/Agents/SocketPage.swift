import Control

/// Which of an agent's sockets are asked for.
struct SocketPage {
    /// Sockets of one reply.
    static let limitMax = 1000

    private var state: SocketSnapshot.State?
    private var limit = 100
    private var after: UInt64?

    /// Reads `state`, `limit` and `after`; throws all that is wrong with them.
    init(_ query: [String: String]) throws(Problem) {
        var faults: [Problem.Fault] = []
        if let text = query["state"] {
            state = SocketSnapshot.State(rawValue: text)
            if state == nil {
                let words = SocketSnapshot.State.allCases.map(\.rawValue).joined(separator: ", ")
                faults.append(Problem.Fault(place: .parameter("state"), detail: "must be one of \(words)"))
            }
        }
        if let text = query["limit"] {
            if let value = Int(text), (1...Self.limitMax).contains(value) {
                limit = value
            } else {
                faults.append(Problem.Fault(place: .parameter("limit"), detail: "must be 1 to \(Self.limitMax)"))
            }
        }
        if let text = query["after"] {
            after = UInt64(text)
            if after == nil {
                faults.append(Problem.Fault(place: .parameter("after"), detail: "must be what next was"))
            }
        }
        guard faults.isEmpty else { throw .badParameters(faults) }
    }

    /// `{"sockets": […], "next": …}`; `next` is null on the last page.
    ///
    /// Ids are strings: JavaScript's numbers do not hold 64 bits.
    func json(_ sockets: [SocketSnapshot], upstream: String) -> JSONValue {
        let wanted =
            sockets
            .filter { socket in (state.map { $0 == socket.state } ?? true) && (after.map { $0 < socket.id } ?? true) }
            .sorted { $0.id < $1.id }
        let rows = wanted.prefix(limit)
        let next = wanted.count > limit ? rows.last.map { JSONValue.string("\($0.id)") } : nil
        return ["sockets": .list(rows.map { Self.row($0, upstream) }), "next": next ?? .null]
    }

    /// One socket.
    static func row(_ socket: SocketSnapshot, _ upstream: String) -> JSONValue {
        [
            "id": .string("\(socket.id)"), "upstream": .string(upstream), "state": .string(socket.state.rawValue),
            "localPort": .integer(UInt64(socket.localPort)), "age": .figure(socket.age), "idle": .figure(socket.idle),
            "requests": .integer(socket.requests), "bytesReceived": .integer(socket.bytesReceived),
            "bytesSent": .integer(socket.bytesSent), "thread": .integer(UInt64(clamping: socket.thread)),
        ]
    }
}
