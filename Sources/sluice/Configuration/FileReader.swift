import Control
import Yams

/// Reads the text of a configuration file into a ``FileLayer``: which keys there are, and whether they belong there.
struct FileReader {
    private let text: YAMLText
    private var layer: FileLayer

    /// Reads `text`, which came from the file called `name`. What is wrong with it is in the layer's problems.
    static func read(_ text: String, name: String) -> FileLayer {
        do throws(Problem) {
            var reader = FileReader(text: try YAMLText(text, name: name), layer: FileLayer(name: name))
            if let root = reader.text.root { reader.readRoot(root) }
            return reader.layer
        } catch {
            return FileLayer(name: name, problems: [error])
        }
    }

    /// Reads the nodes of a tree that came from no file. What is wrong with it is in the layer's problems.
    static func read(_ root: Node) -> FileLayer {
        var reader = FileReader(text: YAMLText(root: root), layer: FileLayer(name: ""))
        reader.readRoot(root)
        return reader.layer
    }

    private mutating func readRoot(_ root: Node) {
        guard !isNull(root) else { return }
        for entry in entries(of: root, at: "") ?? [] {
            switch entry.name {
            case "agents": readAgents(entry.value, keyAt: entry.position)
            case "routes": readRoutes(entry.value, keyAt: entry.position)
            case "admin", "client": readSection(entry.value, entry.name)
            default:
                guard ConfigurationKey.key(entry.name) != nil else {
                    reportUnknown(entry.name, at: entry.position, path: entry.name, allowed: Self.rootKeys)
                    continue
                }
                readKey(entry.name, entry.value)
            }
        }
    }

    private mutating func readSection(_ node: Node, _ section: String) {
        let prefix = section + "."
        var allowed: [String] = []
        for key in ConfigurationKey.all where key.path.hasPrefix(prefix) {
            let name = String(key.path.dropFirst(prefix.count).prefix { $0 != "." })
            if !allowed.contains(name) { allowed.append(name) }
        }
        guard !isNull(node) else { return }
        for entry in entries(of: node, at: section) ?? [] {
            guard allowed.contains(entry.name) else {
                reportUnknown(entry.name, at: entry.position, path: prefix + entry.name, allowed: allowed)
                continue
            }
            let path = prefix + entry.name
            if ConfigurationKey.key(path) == nil {
                note(path, entry.value)
                readSection(entry.value, path)
            } else {
                readKey(path, entry.value)
            }
        }
    }

    private mutating func readKey(_ path: String, _ node: Node) {
        if let list = ConfigurationKey.lists.first(where: { $0.path == path }) {
            readList(node, list)
        } else {
            add(path, node)
        }
    }

    private mutating func readList(_ node: Node, _ list: ConfigurationKey.List) {
        guard case .sequence(let sequence) = node else {
            add(list.path, node)
            return
        }
        note(list.path, node)
        var values: [SettingValue] = []
        var wrong = false
        for (index, element) in sequence.enumerated() {
            let path = "\(list.path)[\(index)]"
            note(path, element)
            let value = value(of: element, path: path)
            values.append(value)
            do throws(SettingFault) {
                try list.checkEntry(value)
            } catch {
                report(position(of: element), path, error.message)
                wrong = true
            }
        }
        // Each wrong entry was reported where it stands.
        guard !wrong else { return }
        layer.values.append((list.path, .init(value: .list(values), position: position(of: node))))
    }

    private mutating func readAgents(_ node: Node, keyAt position: Position) {
        layer.positions["agents"] = position
        layer.agents = []
        guard !isNull(node) else { return }
        let allowed = AgentSettings.keys.map(\.name)
        for entry in entries(of: node, at: "agents") ?? [] {
            let path = "agents.\(entry.name)"
            layer.positions[path] = entry.position
            var agent = FileLayer.Agent(name: entry.name, position: entry.position)
            let settings = isNull(entry.value) ? [] : entries(of: entry.value, at: path)
            agent.isMapping = settings != nil
            for setting in settings ?? [] {
                let settingPath = "\(path).\(setting.name)"
                guard allowed.contains(setting.name) else {
                    reportUnknown(setting.name, at: setting.position, path: settingPath, allowed: allowed)
                    continue
                }
                note(settingPath, setting.value)
                let value = value(of: setting.value, path: settingPath)
                agent.settings.append((setting.name, .init(value: value, position: self.position(of: setting.value))))
            }
            layer.agents?.append(agent)
        }
    }

    private mutating func readRoutes(_ node: Node, keyAt position: Position) {
        layer.positions["routes"] = position
        layer.routes = []
        guard !isNull(node) else { return }
        guard case .sequence(let sequence) = node else {
            report(self.position(of: node), "routes", "must be a list of routes, not \(value(of: node, path: "").text)")
            return
        }
        for (index, element) in sequence.enumerated() {
            let path = "routes[\(index)]"
            note(path, element)
            let members = entries(of: element, at: path)
            var route = FileLayer.Route(index: index, position: self.position(of: element))
            route.isMapping = members != nil
            for member in members ?? [] {
                let memberPath = "\(path).\(member.name)"
                guard RouteMembers.names.contains(member.name) else {
                    reportUnknown(member.name, at: member.position, path: memberPath, allowed: RouteMembers.names)
                    continue
                }
                note(memberPath, member.value)
                let value = value(of: member.value, path: memberPath)
                route.members.append((member.name, .init(value: value, position: self.position(of: member.value))))
            }
            layer.routes?.append(route)
        }
    }
}

// Nodes.
extension FileReader {
    private typealias Entry = (name: String, position: Position, value: Node)

    private mutating func add(_ path: String, _ node: Node) {
        note(path, node)
        let value = value(of: node, path: path)
        layer.values.append((path, .init(value: value, position: position(of: node))))
    }

    private mutating func note(_ path: String, _ node: Node) { layer.positions[path] = position(of: node) }

    private func position(of node: Node) -> Position {
        node.mark.map(Position.init) ?? Position(line: 1, column: 1)
    }

    private func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.tag.description.isEmpty && PlainScalar.value(scalar.string) == .null
    }

    /// The members of a mapping by name, each once, with those that `<<` brings in; nil when it is no mapping.
    private mutating func entries(of node: Node, at path: String) -> [Entry]? {
        guard case .mapping(let mapping) = node else {
            report(position(of: node), path, "must be keys with values, not \(value(of: node, path: "").text)")
            return nil
        }
        var own: [Entry] = []
        var firsts: [String: Position] = [:]
        var merged: [Entry] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                report(position(of: key), path, "a key must be a word, not \(self.value(of: key, path: "").text)")
                continue
            }
            let name = text.name(of: scalar)
            if name == "<<", scalar.style == .plain {
                merged += mergedEntries(of: value, at: path)
            } else if let first = firsts[name] {
                let keyPath = path.isEmpty ? name : "\(path).\(name)"
                report(position(of: key), keyPath, "is there twice, first in line \(first.line)")
            } else {
                firsts[name] = position(of: key)
                own.append((name, position(of: key), value))
            }
        }
        var names = Set(own.map(\.name))
        // A key of its own wins over a merged one, and an earlier mapping of a list over a later one.
        return own + merged.filter { names.insert($0.name).inserted }
    }

    // A merge inside a merged mapping is not followed: that bounds the work whatever anchors point at.
    private mutating func mergedEntries(of node: Node, at path: String) -> [Entry] {
        var sources = [node]
        if case .sequence(let sequence) = node { sources = Array(sequence) }
        var result: [Entry] = []
        for source in sources {
            guard case .mapping(let mapping) = source else {
                report(position(of: source), path, "<< must be given keys with values")
                continue
            }
            for (key, value) in mapping {
                guard case .scalar(let scalar) = key, text.name(of: scalar) != "<<" else {
                    report(position(of: key), path, "a mapping that << brings in has plain keys only")
                    continue
                }
                result.append((text.name(of: scalar), position(of: key), value))
            }
        }
        return result
    }

    /// What a node says. Lists are looked into one level deep, which is as deep as any key goes, so that anchors
    /// inside anchors cannot multiply.
    private mutating func value(of node: Node, path: String) -> SettingValue {
        switch node {
        case .scalar(let scalar): value(of: scalar, path: path)
        case .sequence(let sequence):
            .list(
                sequence.map { element in
                    switch element {
                    case .scalar(let scalar): value(of: scalar, path: path)
                    case .sequence: .list([])
                    case .mapping, .alias: .object([:])
                    }
                })
        case .mapping, .alias: .object([:])
        }
    }

    private mutating func value(of scalar: Node.Scalar, path: String) -> SettingValue {
        switch scalar.tag.description {
        case "tag:yaml.org,2002:str": return .string(scalar.string)
        // Quotes without a tag make a string; a plain word means what it looks like.
        case "": return scalar.style == .plain ? PlainScalar.value(scalar.string) : .string(scalar.string)
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null":
            return PlainScalar.value(scalar.string)
        case let tag:
            let position = scalar.mark.map(Position.init) ?? Position(line: 1, column: 1)
            report(position, path, "the tag \(tag) means nothing here")
            return .string(scalar.string)
        }
    }
}

// Problems.
extension FileReader {
    private static let rootKeys =
        [
            "listen", "admin", "threads", "io", "client", "forwarded", "trustedProxies", "upgrade", "connect", "via",
            "grace",
        ]
        + ["agents", "routes", "accessLog", "logLevel", "logFormat", "statusInterval", "watch"]

    private mutating func report(_ position: Position, _ path: String, _ message: String) {
        layer.problems.append(Problem(origin: .file(name: layer.name, position), path: path, message: message))
    }

    private mutating func reportUnknown(_ name: String, at position: Position, path: String, allowed: [String]) {
        // A guess for each key of a file that is something else would take long, and nobody sees them all.
        let isShown = layer.problems.count < Problems.shownMax
        report(
            position, path, isShown ? "unknown key; " + hint(for: name, allowed: allowed, path: path) : "unknown key")
    }

    private func hint(for name: String, allowed: [String], path: String) -> String {
        if let near = Suggestion.nearest(to: name, in: allowed) { return "did you mean \(near)?" }
        if AgentSettings.key(name) != nil, !path.hasPrefix("routes") {
            return "it belongs to an agent: agents.NAME.\(name)"
        }
        if let key = ConfigurationKey.all.first(where: { $0.path.hasSuffix(".\(name)") || $0.path == name }) {
            return "it belongs to \(key.path)"
        }
        return "allowed are \(allowed.joined(separator: ", "))"
    }
}
