import Control

/// One thing that was done, for one event and one line of log.
struct ChangePart: Sendable, Equatable {
    let what: ChangeLog.What
    /// Nil when it concerns no single agent.
    let agent: String?
    let changes: [SettingChange]

    /// "changed agent k: mode from "normal" to "keepalive"".
    var words: String {
        let name = agent ?? ""
        let list = changes.map { "\($0.setting) from \($0.before.json) to \($0.after.json)" }.joined(separator: ", ")
        let settings = changes.map { "\($0.setting) \($0.after.json)" }.joined(separator: ", ")
        return switch what {
        case .settings: "changed agent \(name): \(list)"
        case .agentAdded: "added agent \(name): \(settings)"
        case .agentRemoved: "removed agent \(name)"
        case .drain: "drains agent \(name)"
        case .resume: "resumed agent \(name)"
        case .routes: "changed the \(list)"
        case .configuration: "changed the configuration: \(list)"
        case .socketsClosed: "closed sockets of agent \(name): \(list)"
        }
    }
}

/// A change of the configuration, taken apart.
struct ConfigurationChangeParts {
    /// In a stable order: agents that changed or came, those that went, the routes, the rest.
    let all: [ChangePart]

    /// What differs between before and after.
    init(_ change: ConfigurationChange) {
        let (before, after) = (change.before.configuration, change.after.configuration)
        var parts: [ChangePart] = []
        for agent in after.agents {
            let old = before.settings(of: agent.name)
            let changes = Self.changes(from: old, to: agent.settings)
            if old == nil {
                parts.append(ChangePart(what: .agentAdded, agent: agent.name, changes: changes))
            } else if !changes.isEmpty {
                parts.append(ChangePart(what: .settings, agent: agent.name, changes: changes))
            }
        }
        for agent in before.agents where after.settings(of: agent.name) == nil {
            let changes = Self.changes(from: agent.settings, to: nil)
            parts.append(ChangePart(what: .agentRemoved, agent: agent.name, changes: changes))
        }
        if before.routes != after.routes {
            func list(_ routes: [Route]) -> SettingValue { .list(routes.map { .object($0.tree) }) }
            let change = SettingChange(setting: "routes", before: list(before.routes), after: list(after.routes))
            parts.append(ChangePart(what: .routes, agent: nil, changes: [change]))
        }
        let others = Self.changes(from: before.ownTree, to: after.ownTree)
        if !others.isEmpty { parts.append(ChangePart(what: .configuration, agent: nil, changes: others)) }
        all = parts
    }

    // In the order in which settings are shown; nil: the agent is not there.
    private static func changes(from before: AgentSettings?, to after: AgentSettings?) -> [SettingChange] {
        AgentSettings.keys.compactMap { key in
            let (old, new) = (before.map(key.get) ?? .null, after.map(key.get) ?? .null)
            return old == new ? nil : SettingChange(setting: key.name, before: old, after: new)
        }
    }

    // Objects are looked into: `client.headTimeout`.
    private static func changes(
        from before: [String: SettingValue], to after: [String: SettingValue], prefix: String = ""
    ) -> [SettingChange] {
        Set(before.keys).union(after.keys).sorted().flatMap { name -> [SettingChange] in
            let (old, new) = (before[name] ?? .null, after[name] ?? .null)
            if case .object(let old) = old, case .object(let new) = new {
                return changes(from: old, to: new, prefix: "\(prefix)\(name).")
            }
            return old == new ? [] : [SettingChange(setting: "\(prefix)\(name)", before: old, after: new)]
        }
    }
}

extension SettingValue {
    /// As JSON, in one line: also lists and objects in full.
    fileprivate var json: String { String(decoding: JSONValue(self).encoded(), as: UTF8.self) }
}

extension SettingChange {
    /// `{"setting": …, "before": …, "after": …}`.
    var json: JSONValue {
        ["setting": .string(setting), "before": JSONValue(before), "after": JSONValue(after)]
    }

    /// The same with the agent that it is of, or null.
    func json(agent: String?) -> JSONValue {
        [
            "agent": agent.map(JSONValue.string) ?? .null, "setting": .string(setting),
            "before": JSONValue(before), "after": JSONValue(after),
        ]
    }
}
