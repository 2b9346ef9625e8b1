import Control

/// JSON pointers (RFC 6901), and how the key paths of the configuration become such.
enum JSONPointer {
    /// The pointer that leads through `names`, from the outside in.
    static func text(_ names: [String]) -> String {
        names.map { "/" + escaped($0) }.joined()
    }

    /// The pointer for a key path such as `agents.k.maxSockets` or `routes[0].agent`; an empty one for an empty path.
    ///
    /// An agent's name may have dots in it, and so may a member that nobody knows. Where a dot can be either, the
    /// member that `tree` really has decides, then a setting's name at the path's end.
    ///
    /// - Parameter tree: What the path leads into, if it is there.
    static func text(ofPath path: String, in tree: SettingValue = .null) -> String {
        text(names(ofPath: path[...], in: tree, isAgents: false))
    }

    private static func names(ofPath path: Substring, in tree: SettingValue, isAgents: Bool) -> [String] {
        if path.isEmpty { return [] }
        if path.hasPrefix("["), let end = path.firstIndex(of: "]") {
            let index = path[path.index(after: path.startIndex)..<end]
            var inner = SettingValue.null
            if case .list(let values) = tree, let place = Int(index), values.indices.contains(place) {
                inner = values[place]
            }
            return [String(index)] + names(ofPath: rest(path[path.index(after: end)...]), in: inner, isAgents: false)
        }
        let name = firstName(of: path, in: tree, isAgents: isAgents)
        var inner = SettingValue.null
        if case .object(let members) = tree { inner = members[String(name)] ?? .null }
        let rest = rest(path[name.endIndex...])
        return [String(name)] + names(ofPath: rest, in: inner, isAgents: !isAgents && name == "agents")
    }

    private static func firstName(of path: Substring, in tree: SettingValue, isAgents: Bool) -> Substring {
        if case .object(let members) = tree {
            let known = members.keys.filter { name in
                path.hasPrefix(name) && path.dropFirst(name.count).first.map { ".[".contains($0) } ?? true
            }
            if let longest = known.max(by: { $0.count < $1.count }) { return path.prefix(longest.count) }
        }
        if isAgents {
            if let dot = path.lastIndex(of: "."), AgentSettings.key(String(path[path.index(after: dot)...])) != nil {
                return path[..<dot]
            }
            return path[..<(path.firstIndex(of: ".") ?? path.endIndex)]
        }
        // A bracket that nothing closes is part of a name, so that every step takes something off the path.
        let end = path.firstIndex { $0 == "." } ?? path.endIndex
        let bracket = path[..<end].firstIndex(of: "[").flatMap { path[$0...].contains("]") ? $0 : nil }
        return path[..<(bracket ?? end)]
    }

    // What stands behind a name, without the dot between.
    private static func rest(_ path: Substring) -> Substring { path.hasPrefix(".") ? path.dropFirst() : path }

    private static func escaped(_ name: String) -> String {
        var text = ""
        for character in name {
            switch character {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.append(character)
            }
        }
        return text
    }
}
