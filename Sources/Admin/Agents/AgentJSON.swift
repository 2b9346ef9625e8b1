import Control

/// An agent as the API shows it.
enum AgentJSON {
    /// Settings beside the name, and under `status` what only can be read.
    static func full(_ agent: AgentSnapshot, _ activity: Activity) -> JSONValue {
        var members: [String: JSONValue] = ["name": .string(agent.name)]
        for key in AgentSettings.keys { members[key.name] = JSONValue(key.get(agent.settings)) }
        var status = figures(agent)
        status["state"] = .string(agent.state.rawValue)
        status["rates"] = activity.ratesJSON
        status["latency"] = activity.latencyJSON
        members["status"] = .object(status)
        return .object(members)
    }

    /// The short row of the status.
    static func row(_ agent: AgentSnapshot) -> JSONValue {
        [
            "name": .string(agent.name), "mode": .string(agent.settings.mode.rawValue),
            "state": .string(agent.state.rawValue), "sockets": sockets(agent.figures),
            "maxSockets": .integer(UInt64(clamping: agent.settings.maxSockets)),
            "pending": .integer(agent.figures.pending), "requests": .integer(agent.figures.requests),
        ]
    }

    /// Sockets, pending, totals and requests per socket.
    static func figures(_ agent: AgentSnapshot) -> [String: JSONValue] {
        let figures = agent.figures
        return [
            "sockets": sockets(figures), "pending": .integer(figures.pending), "totals": totals(figures),
            "requestsPerSocket": requestsPerSocket(figures),
        ]
    }

    static func sockets(_ figures: AgentFigures) -> JSONValue {
        [
            "open": .integer(figures.open), "connecting": .integer(figures.connecting),
            "active": .integer(figures.active), "free": .integer(figures.free),
        ]
    }

    static func totals(_ figures: AgentFigures) -> JSONValue {
        var closedBy: [String: JSONValue] = [:]
        for reason in CloseReason.allCases {
            let count = figures.closed[reason.rawValue]
            if count > 0 { closedBy[reason.name] = .integer(count) }
        }
        return [
            "requests": .integer(figures.requests), "created": .integer(figures.createdTotal),
            "reused": .integer(figures.reusedTotal), "closed": .integer(figures.closedTotal),
            "closedBy": .object(closedBy), "errors": .integer(figures.errors.reduce(0, &+)),
            "retries": .integer(figures.retries), "timeouts": .integer(figures.timeouts.reduce(0, &+)),
            "bytesReceived": .integer(figures.bytesReceived), "bytesSent": .integer(figures.bytesSent),
        ]
    }

    /// How often a socket was used, on average; null while none was made.
    private static func requestsPerSocket(_ figures: AgentFigures) -> JSONValue {
        let created = figures.createdTotal
        return created == 0 ? .null : .figure(Double(created &+ figures.reusedTotal) / Double(created))
    }
}

extension JSONValue {
    /// A setting's value.
    init(_ value: SettingValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let number): self = .figure(number)
        case .string(let text): self = .string(text)
        case .list(let values): self = .list(values.map(JSONValue.init))
        case .object(let members): self = .object(members.mapValues(JSONValue.init))
        }
    }
}

extension SettingValue {
    /// A value out of a body.
    init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .number(Double(value))
        case .number(let number): self = .number(number)
        case .string(let text): self = .string(text)
        case .list(let values): self = .list(values.map(SettingValue.init))
        case .object(let members): self = .object(members.mapValues(SettingValue.init))
        }
    }
}
