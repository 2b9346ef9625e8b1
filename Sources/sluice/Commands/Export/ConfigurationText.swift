import Control

/// A configuration as a file that says what is not a default, for where the addresses are given otherwise.
struct ConfigurationText {
    private let configuration: Configuration

    /// The file for `configuration`, without its addresses, its admin server and its threads.
    init(_ configuration: Configuration) { self.configuration = configuration }

    /// The file's lines.
    var lines: [String] {
        let usual = Configuration()
        var lines: [String] = []
        var section = ""
        for key in ConfigurationKey.all where !key.isFixed && !isLeftOut(key.path) {
            let text = key.text(configuration)
            guard text != key.text(usual) else { continue }
            let names = key.path.split(separator: ".")
            if names.count == 1 {
                lines.append("\(names[0]): \(text)")
            } else {
                if names[0] != section { lines.append("\(names[0]):") }
                lines.append("  \(names[1]): \(text)")
                section = String(names[0])
            }
        }
        return lines + agents + routes
    }

    // Where the program runs decides on these; a file for the access log is a matter of the place too.
    private func isLeftOut(_ path: String) -> Bool {
        if path == "accessLog", case .file = configuration.program.accessLog { return true }
        return path == "watch" || path.hasPrefix("admin.")
    }

    private var agents: [String] {
        ["agents:"]
            + configuration.agents.flatMap { agent in
                let usual = AgentSettings(upstream: agent.settings.upstream)
                // The upstream and the mode always: they are what is looked for first.
                let keys = AgentSettings.keys.filter {
                    ["upstream", "mode"].contains($0.name) || $0.get(agent.settings) != $0.get(usual)
                }
                return ["  \(YAMLWord.text(agent.name)):"]
                    + keys.map { "    \($0.name): \(EffectiveConfiguration.text(of: $0, in: agent.settings))" }
            }
    }

    private var routes: [String] {
        if configuration.routes.isEmpty { return [] }
        return ["routes:"]
            + configuration.routes.map { route in
                var members: [String] = []
                if let host = route.host { members.append("host: \(YAMLWord.text(host))") }
                members.append("prefix: \(YAMLWord.text(route.prefix))")
                if route.stripPrefix { members.append("stripPrefix: true") }
                return "  - {\((members + ["agent: \(YAMLWord.text(route.agent))"]).joined(separator: ", "))}"
            }
    }
}
