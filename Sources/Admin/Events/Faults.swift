import Control

/// The requests of one agent that failed between two moments, by kind.
struct Faults {
    private var counts: [(kind: String, count: UInt64)] = []

    /// What was counted from `earlier` to `now`; an agent that was not there before has had none.
    init(from earlier: AgentFigures?, to now: AgentFigures) {
        guard let earlier else { return }
        for kind in AgentErrorKind.allCases {
            add(kind.name, now.errors[kind.rawValue], earlier.errors[kind.rawValue])
        }
        for kind in AgentTimeoutKind.allCases {
            add("timeout (\(kind.name))", now.timeouts[kind.rawValue], earlier.timeouts[kind.rawValue])
        }
    }

    /// Whether there is none.
    var isEmpty: Bool { counts.isEmpty }

    /// A `problem` event's JSON.
    func json(agent: String, time: String) -> String {
        let words = counts.map { "\($0.kind) \($0.count)" }.joined(separator: ", ")
        let json: JSONValue = [
            "time": .string(time), "agent": .string(agent), "kind": "requests-fail",
            "detail": .string("Requests of agent \"\(agent)\" fail: \(words)."),
        ]
        return String(decoding: json.encoded(), as: UTF8.self)
    }

    private mutating func add(_ kind: String, _ now: UInt64, _ earlier: UInt64) {
        if now > earlier { counts.append((kind, now - earlier)) }
    }
}
