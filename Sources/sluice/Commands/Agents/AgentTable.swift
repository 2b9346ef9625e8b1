import Control

/// Agents in a table, a row each.
enum AgentTable {
    /// What `list` and `watch` show of `agents`.
    static func lines(_ agents: [APIValue], _ terminal: Terminal, width: Int? = nil) -> [String] {
        var table = TextTable(columns: [
            .init(name: "AGENT", isFigure: false), .init(name: "MODE", isFigure: false),
            .init(name: "STATE", isFigure: false), .init(name: "OPEN/MAX"), .init(name: "ACTIVE"), .init(name: "FREE"),
            .init(name: "PENDING"), .init(name: "REQ/S"), .init(name: "P50"), .init(name: "P99"),
            .init(name: "REQUESTS"), .init(name: "REQ/SOCKET"), .init(name: "ERRORS"),
            .init(name: "UPSTREAM", isFigure: false),
        ])
        table.rows = agents.map(row)
        return table.lines(terminal, width: width)
    }

    private static func row(_ agent: APIValue) -> [TextTable.Cell] {
        let (status, sockets) = (agent.status, agent.status.sockets)
        let isFull = (sockets.open.number ?? 0) >= (agent.maxSockets.number ?? .infinity)
        let pending = status.pending.number ?? 0
        let errors = status.totals.errors.number ?? 0
        let state = status.state.string ?? "-"
        return [
            .init(agent.name.string ?? "-"), .init(mode(of: agent)),
            .init(state, state == "running" ? .green : .yellow),
            .init("\(Figure.count(sockets.open))/\(Figure.count(agent.maxSockets))", isFull ? .yellow : nil),
            .init(Figure.count(sockets.active)), .init(Figure.count(sockets.free)),
            .init(Figure.count(status.pending), pending > 0 ? .yellow : nil),
            .init(Figure.rate(status.rates.requests)), .init(Figure.seconds(status.latency.p50)),
            .init(Figure.seconds(status.latency.p99)), .init(Figure.count(status.totals.requests)),
            .init(Figure.rate(status.requestsPerSocket)),
            .init(Figure.count(status.totals.errors), errors > 0 ? .red : nil),
            .init(upstreams(of: agent)),
        ]
    }

    /// `keepalive`, or `keepalive 90 %` when a share goes in the other mode.
    private static func mode(of agent: APIValue) -> String {
        let mode = agent.mode.string ?? "-"
        guard let split = agent.split.number, split > 0 else { return mode }
        return "\(mode) \(Figure.fixed(100 - split, 0)) %"
    }

    /// Where its sockets lead.
    static func upstreams(of agent: APIValue) -> String {
        let all = agent.upstream.elements.compactMap(\.string)
        return all.isEmpty ? "-" : all.joined(separator: " ")
    }

    /// All of one agent: its settings as a file could say them, then what it does.
    static func details(_ agent: APIValue) -> [String] {
        var rows = [("name", agent.name.string ?? "-"), ("state", agent.status.state.string ?? "-")]
        rows += AgentSettings.keys.map { ($0.name, setting($0.name, agent)) }
        let (status, totals) = (agent.status, agent.status.totals)
        rows += [
            ("", ""),
            (
                "sockets",
                "\(Figure.count(status.sockets.open)) open: \(Figure.count(status.sockets.connecting)) connecting, "
                    + "\(Figure.count(status.sockets.active)) active, \(Figure.count(status.sockets.free)) free"
            ),
            ("pending", Figure.count(status.pending)),
            (
                "in 10 s",
                "\(Figure.rate(status.rates.requests)) requests/s, "
                    + "\(Figure.rate(status.rates.created)) sockets made/s, "
                    + "\(Figure.rate(status.rates.closed)) closed/s"
            ),
            (
                "latency",
                "p50 \(Figure.seconds(status.latency.p50)), p90 \(Figure.seconds(status.latency.p90)), "
                    + "p99 \(Figure.seconds(status.latency.p99)), longest \(Figure.seconds(status.latency.max))"
            ),
            (
                "requests",
                "\(Figure.count(totals.requests)): \(Figure.count(totals.errors)) errors, "
                    + "\(Figure.count(totals.timeouts)) timeouts, \(Figure.count(totals.retries)) retries"
            ),
            ("created", "\(Figure.count(totals.created)), used again \(Figure.count(totals.reused)) times"),
            ("closed", closed(totals)), ("requests/socket", Figure.rate(status.requestsPerSocket)),
            (
                "bytes",
                "\(Figure.bytes(totals.bytesReceived)) received, \(Figure.bytes(totals.bytesSent)) sent"
            ),
        ]
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in
            name.isEmpty ? "" : name + String(repeating: " ", count: width - name.count + 2) + value
        }
    }

    private static func closed(_ totals: APIValue) -> String {
        let reasons = totals.closedBy.members.sorted { $0.key < $1.key }
            .map { "\(Problem.printable($0.key)) \(Figure.count(APIValue($0.value)))" }
        return Figure.count(totals.closed) + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: ", "))
    }

    /// The setting called `name` as a file could say it.
    static func setting(_ name: String, _ agent: APIValue) -> String {
        switch agent[name].value {
        case .null: "none"
        case .bool(let flag): flag ? "on" : "off"
        case .string(let text): Problem.printable(text)
        case .list: agent[name].elements.compactMap(\.string).joined(separator: ", ")
        case .object: "-"
        case .number(let number):
            EffectiveConfiguration.durationNames.contains(name)
                ? Duration(seconds: number)?.text ?? "\(number)s" : Figure.count(agent[name])
        }
    }
}
