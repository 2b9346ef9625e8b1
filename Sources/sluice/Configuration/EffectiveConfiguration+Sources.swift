import Control

extension EffectiveConfiguration {
    /// Where each value of `current` came from, by JSON pointer: what is as it was loaded has the label of its origin,
    /// what was changed since has `api`.
    func sources(of current: Configuration) -> [String: String] {
        var sources: [String: String] = [:]
        func note(_ pointer: String, _ path: String, isLoaded: Bool) {
            sources[pointer] = isLoaded ? origin(of: path).label : Self.changedLater
        }
        for key in ConfigurationKey.all {
            let pointer = "/" + key.path.replacing(".", with: "/")
            note(pointer, key.path, isLoaded: configuration.value(at: key.path) == current.value(at: key.path))
        }
        for agent in current.agents {
            // One that was not loaded has its defaults from nobody.
            let loaded = configuration.settings(of: agent.name) ?? AgentSettings(upstream: BuiltInUpstream.url)
            let isNew = configuration.settings(of: agent.name) == nil
            for key in AgentSettings.keys {
                let isLoaded = key.get(loaded) == key.get(agent.settings) && !(isNew && key.name == "upstream")
                // A name has no character that a pointer would have to escape.
                note("/agents/\(agent.name)/\(key.name)", "agents.\(agent.name).\(key.name)", isLoaded: isLoaded)
            }
        }
        let isLoaded = configuration.routes == current.routes
        for (index, route) in current.routes.enumerated() {
            for name in route.tree.keys {
                let path = origins["routes"] == .benchmark ? "routes" : "routes[\(index)].\(name)"
                note("/routes/\(index)/\(name)", path, isLoaded: isLoaded)
            }
        }
        return sources
    }

    // What neither file, environment nor flags say.
    private static let changedLater = "api"
}
