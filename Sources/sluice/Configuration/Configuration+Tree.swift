import Control

extension Configuration {
    /// As a tree that a file could hold: durations in seconds, sizes in bytes, what is unlimited as null.
    var tree: SettingValue {
        var root: [String: SettingValue] = [:]
        var sections: [String: [String: SettingValue]] = [:]
        for key in ConfigurationKey.all {
            let words = key.path.split(separator: ".").map(String.init)
            if words.count == 2 {
                sections[words[0], default: [:]][words[1]] = key.value(self)
            } else {
                root[key.path] = key.value(self)
            }
        }
        for (name, members) in sections { root[name] = .object(members) }
        let settings = agents.map { agent in
            (agent.name, SettingValue.object(Self.members(AgentSettings.keys.map { ($0.name, $0.get(agent.settings)) })))
        }
        root["agents"] = .object(Self.members(settings))
        root["routes"] = .list(routes.map { .object(Self.members(RouteMembers.values(of: $0))) })
        return .object(root)
    }

    private static func members(_ pairs: [(String, SettingValue)]) -> [String: SettingValue] {
        Dictionary(pairs) { first, _ in first }
    }
}
