import Admin
import Control
import Yams

/// Puts the configuration together: flags override the environment, that overrides the file, that the defaults.
///
/// A pure function of texts, so that a changed file is read again by calling it again.
struct ConfigurationReader {
    /// A file's content and what it is called in messages.
    struct File: Sendable {
        let name: String
        let text: String
    }

    /// Flags that were given, by their names with dashes, each with its values in order.
    typealias Flags = [String: [String]]

    private var result = EffectiveConfiguration()
    private var problems: [Problem] = []
    // What environment and flags say about every agent, by the setting's name; the flag's comes last and wins.
    private var agentDefaults: [(name: String, value: SettingValue, origin: Origin)] = []
    private let layer: FileLayer?
    // Whether the layer is a tree that came from no file.
    private let isTree: Bool

    /// Reads everything and tells everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - file: Nil when no file was named.
    ///   - environment: All variables; those that are not ours are left alone.
    ///   - running: What is in force, when this is to take its place: what only a restart can change must be the same.
    static func read(
        file: File?, environment: [String: String], flags: Flags, running: Configuration? = nil
    ) -> Result<EffectiveConfiguration, Problems> {
        var reader = ConfigurationReader(layer: file.map { FileReader.read($0.text, name: $0.name) })
        reader.applyFile()
        let variables = EnvironmentLayer(environment)
        reader.problems += variables.problems
        for (override, texts) in variables.values {
            reader.apply(override, texts, from: .environment(override.variable))
        }
        reader.applyTokens(variables.tokens)
        for override in Override.all {
            guard let texts = flags[override.flag] else { continue }
            reader.apply(override, texts, from: .flag(override.flag))
        }
        return reader.finish(running)
    }

    /// Reads a tree that is to take the place of file, environment and flags, by the same rules as a file.
    ///
    /// What only a restart can change stays as it is in `running` when it is left out.
    ///   - agentDefaults: What applies to settings of agents that the tree leaves out.
    static func read(
        tree: SettingValue, running: Configuration,
        agentDefaults: AgentSettings = AgentSettings(upstream: BuiltInUpstream.url)
    ) -> Result<EffectiveConfiguration, Problems> {
        var layer = FileReader.read(Node(tree))
        // The members of an object come in no order. Those that run keep theirs: what was read and is written back
        // changes nothing.
        let order = Dictionary(uniqueKeysWithValues: running.agents.enumerated().map { ($1.name, $0) })
        layer.agents?.sort { (order[$0.name] ?? .max, $0.name) < (order[$1.name] ?? .max, $1.name) }
        var reader = ConfigurationReader(layer: layer, isTree: true)
        reader.result.agentDefaults = agentDefaults
        reader.result.configuration.listen = running.listen
        reader.result.configuration.admin = running.admin
        reader.result.configuration.threads = running.threads
        reader.result.configuration.io = running.io
        reader.applyFile()
        return reader.finish(running)
    }

    private init(layer: FileLayer?, isTree: Bool = false) {
        self.layer = layer
        self.isTree = isTree
        problems = layer?.problems ?? []
    }

    private consuming func finish(_ running: Configuration?) -> Result<EffectiveConfiguration, Problems> {
        makeAgents()
        makeRoutes()
        checkWhole()
        if let running { checkFixed(running) }
        return problems.isEmpty ? .success(result) : .failure(Problems(problems))
    }

    private mutating func applyFile() {
        guard let layer else { return }
        for (path, entry) in layer.values {
            apply(path, entry.value, from: .file(name: layer.name, entry.position))
        }
    }

    private mutating func apply(_ override: Override, _ texts: [String], from origin: Origin) {
        let value = override.value(of: texts)
        switch override.target {
        case .file: break
        case .key(let path): apply(path, value, from: origin)
        case .agentDefault(let name):
            if let fault = override.fault(of: value) {
                problems.append(Problem(origin: origin, path: "", message: fault.message))
            } else {
                agentDefaults.append((name, value, origin))
                try? AgentSettings.key(name)?.set(&result.agentDefaults, value)
            }
        }
    }

    private mutating func applyTokens(_ tokens: [(variable: String, text: String)]) {
        for (variable, text) in tokens {
            result.configuration.admin.hasToken = true
            do throws(SettingFault) {
                let token = try Token(text)
                if variable == EnvironmentLayer.readToken {
                    result.access.readToken = token
                } else {
                    result.access.changeToken = token
                }
            } catch {
                problems.append(Problem(origin: .environment(variable), path: "", message: error.message))
            }
        }
    }

    private mutating func apply(_ path: String, _ value: SettingValue, from origin: Origin) {
        do throws(SettingFault) {
            try ConfigurationKey.key(path)?.set(&result.configuration, value)
            result.origins[path] = origin
        } catch {
            report(error, at: path, from: origin)
        }
    }
}

// Faults.
extension ConfigurationReader {
    private mutating func report(_ fault: SettingFault, at path: String, from origin: Origin) {
        // A value that is no value at all, because of its tag, has been told already.
        guard !problems.contains(where: { $0.path == path && $0.origin == origin }) else { return }
        problems.append(Problem(origin: origin, path: path, message: fault.message))
    }
}

// Agents and routes.
extension ConfigurationReader {
    private mutating func makeAgents() {
        let hasUpstream = agentDefaults.contains { $0.name == "upstream" }
        if let layer, let agents = layer.agents, !agents.isEmpty || !hasUpstream {
            for agent in agents { makeAgent(agent, in: layer) }
            noteUselessDefaults(in: layer)
        } else if hasUpstream {
            addAgent("default", agentDefaults)
        } else if layer == nil {
            result.usesBuiltInUpstream = true
            for (name, settings) in BuiltInUpstream.agents {
                let upstream = ("upstream", SettingValue.string(BuiltInUpstream.url.description), Origin.benchmark)
                addAgent(name, [upstream] + settings.map { ($0.name, $0.value, .benchmark) } + agentDefaults)
            }
        } else if problems.isEmpty, let layer {
            problems.append(
                Problem(
                    origin: .file(name: layer.name, nil), path: "agents",
                    message: "must name at least one agent" + (isTree ? "" : ", unless --upstream is given")))
        }
    }

    private mutating func makeAgent(_ agent: FileLayer.Agent, in layer: FileLayer) {
        let own = agent.settings.map { setting in
            (setting.name, setting.entry.value, Origin.file(name: layer.name, setting.entry.position))
        }
        let all = agentDefaults + own
        if agent.isMapping, !all.contains(where: { $0.name == "upstream" }) {
            problems.append(
                Problem(
                    origin: .file(name: layer.name, agent.position), path: "agents.\(agent.name).upstream",
                    message: "is missing; must be http://host:port or unix:/path"))
        }
        addAgent(agent.name, all)
    }

    /// Adds the agent called `name`; of two values for one setting the later one wins.
    private mutating func addAgent(_ name: String, _ own: [(name: String, value: SettingValue, origin: Origin)]) {
        var settings = result.agentDefaults
        for (key, value, origin) in own {
            let path = "agents.\(name).\(key)"
            do throws(SettingFault) {
                try AgentSettings.key(key)?.set(&settings, value)
                result.origins[path] = origin
            } catch {
                report(error, at: path, from: origin)
            }
        }
        result.configuration.agents.append(.init(name: name, settings: settings))
    }

    // A flag that changes nothing is not an error (a variable may be set for many deployments), but it is worth a word.
    private mutating func noteUselessDefaults(in layer: FileLayer) {
        guard let agents = layer.agents, !agents.isEmpty else { return }
        for (name, _, origin) in agentDefaults
        where agents.allSatisfy({ agent in agent.settings.contains { $0.name == name } }) {
            result.notes.append("\(origin.label) changes nothing: every agent in \(layer.name) sets \(name) itself")
        }
    }

    private mutating func makeRoutes() {
        if result.usesBuiltInUpstream {
            result.configuration.routes = BuiltInUpstream.routes
            result.origins["routes"] = .benchmark
        }
        guard let layer, let routes = layer.routes else { return }
        result.origins["routes"] = layer.origin(of: "routes")
        for entry in routes {
            let index = entry.index
            var route = Route(prefix: "/", agent: "")
            // A value that is wrong must not look like one that another route has.
            if !entry.isMapping || entry.members.contains(where: { $0.name == "prefix" }) { route.prefix = "?\(index)" }
            if entry.members.contains(where: { $0.name == "host" }) { route.host = "?\(index)" }
            for (name, member) in entry.members {
                let path = "routes[\(index)].\(name)"
                let origin = Origin.file(name: layer.name, member.position)
                do throws(SettingFault) {
                    try RouteMembers.set(name, of: &route, to: member.value)
                    result.origins[path] = origin
                } catch {
                    report(error, at: path, from: origin)
                }
            }
            if entry.isMapping, !entry.members.contains(where: { $0.name == "agent" }) {
                problems.append(
                    Problem(
                        origin: .file(name: layer.name, entry.position), path: "routes[\(index)].agent",
                        message: "is missing; must be the name of an agent"))
            }
            result.configuration.routes.append(route)
        }
    }
}

// What only shows when the whole is looked at.
extension ConfigurationReader {
    private mutating func checkWhole() {
        // Without its agents, because of a fault in the text or in the key, most of what follows would be noise.
        if let layer, layer.agents == nil, !problems.isEmpty { return }
        let admin = result.configuration.admin
        if admin.readTokenFile != nil || admin.changeTokenFile != nil { result.configuration.admin.hasToken = true }
        let configuration = result.configuration
        var faults = configuration.faults()
        if !admin.listen.takesAnyPort, configuration.listen.contains(admin.listen) {
            faults.append(ConfigurationFault(path: "admin.listen", message: "\(admin.listen) is in listen too"))
        }
        let wrong = problems.map(\.path).filter { !$0.isEmpty }
        for fault in faults where !wrong.contains(where: { Self.overlap($0, fault.path) }) {
            problems.append(Problem(origin: place(of: fault.path), path: fault.path, message: fault.message))
        }
    }

    private mutating func checkFixed(_ running: Configuration) {
        // A text that could not be read says nothing of addresses.
        if let layer, layer.agents == nil, !problems.isEmpty { return }
        func report(_ path: String, _ message: String) {
            problems.append(Problem(origin: place(of: path), path: path, message: message))
        }
        // Who may use the API is not for the API to say.
        for key in ConfigurationKey.all where key.isFixed || isTree && key.path.hasPrefix("admin.") {
            guard result.configuration.value(at: key.path) != running.value(at: key.path),
                !problems.contains(where: { Self.overlap($0.path, key.path) })
            else { continue }
            let how = key.isFixed ? "without a restart" : "over the API"
            report(key.path, "cannot change \(how); it is \(key.text(running))")
        }
        if !isTree, (result.configuration.admin.tls == nil) != (running.admin.tls == nil) {
            let state = running.admin.tls == nil ? "off" : "on"
            report("admin.tls", "cannot be switched on or off without a restart; it is \(state)")
        }
    }

    /// Whether one path leads through the other: what was told of one explains the other.
    private static func overlap(_ left: String, _ right: String) -> Bool {
        let (short, long) = left.utf8.count < right.utf8.count ? (left, right) : (right, left)
        guard long.hasPrefix(short) else { return false }
        let rest = long.dropFirst(short.count)
        return rest.isEmpty || rest.hasPrefix(".") || rest.hasPrefix("[")
    }

    /// Where the value at `path` was said, or else where it would belong.
    private func place(of path: String) -> Origin {
        if let origin = result.origins[path] { return origin }
        return layer?.origin(of: path) ?? .default
    }
}
