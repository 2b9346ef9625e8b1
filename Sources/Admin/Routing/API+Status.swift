import Control
import FoundationEssentials
import MicroHTTPD

/// The process as a whole.
extension API {
    /// Version, process, uptime, listeners, threads, totals, and a short row for each agent.
    func status(_ call: Call) -> Response {
        let agents = control.agents()
        let clients = control.clients()
        var sum = AgentFigures()
        for agent in agents { sum.addTotals(of: agent.figures) }
        return json(
            [
                "version": .string(version),
                "pid": .integer(UInt64(clamping: ProcessInfo.processInfo.processIdentifier)),
                "startTime": .string(Timestamp.text(started)),
                "uptime": .figure(startedAt.duration(to: .now).seconds),
                "serving": .bool(control.isServing),
                "listeners": .list(control.listeners.map { .string($0.description) }),
                "threads": .integer(UInt64(clamping: control.threads)),
                "io": .string(control.io.rawValue),
                "clients": [
                    "connections": .integer(clients.connections), "accepted": .integer(clients.accepted),
                    "requests": .integer(clients.requests), "bytesReceived": .integer(clients.bytesReceived),
                    "bytesSent": .integer(clients.bytesSent),
                ],
                "sockets": AgentJSON.sockets(sum),
                "pending": .integer(sum.pending),
                "totals": AgentJSON.totals(sum),
                "agents": .list(agents.map(AgentJSON.row)),
            ], call)
    }

    /// Whether it serves: with all of its agents, since what is in front of it cannot tell them apart.
    func ready(_ call: Call) throws(Problem) -> Response {
        guard control.isServing else { throw .unavailable("The proxy is stopping.", retryAfter: 1) }
        let agents = control.agents()
        func check(_ words: String, _ isFault: (AgentSnapshot) -> Bool) throws(Problem) {
            let names = agents.filter(isFault).map { "\"\($0.name)\"" }
            guard !names.isEmpty else { return }
            throw .unavailable("\(words): \(names.joined(separator: ", ")).", retryAfter: 1)
        }
        try check("Draining") { $0.state == .draining }
        try check("No upstream answers") { !$0.isAnswering }
        return json(["status": "ready"], call)
    }
}

extension AgentFigures {
    /// Adds what is shown as totals.
    mutating func addTotals(of other: AgentFigures) {
        connecting &+= other.connecting
        active &+= other.active
        free &+= other.free
        pending &+= other.pending
        retries &+= other.retries
        bytesReceived &+= other.bytesReceived
        bytesSent &+= other.bytesSent
        func add(_ values: inout [UInt64], _ others: [UInt64]) {
            for (index, value) in others.enumerated() where index < values.count { values[index] &+= value }
        }
        add(&created, other.created)
        add(&reused, other.reused)
        add(&closed, other.closed)
        add(&responses, other.responses)
        add(&errors, other.errors)
        add(&timeouts, other.timeouts)
    }
}
