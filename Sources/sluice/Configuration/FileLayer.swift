import Control

/// What a configuration file says, before it is known whether the values are right.
struct FileLayer {
    /// A value and where it stands.
    struct Entry {
        let value: SettingValue
        let position: Position
    }

    /// An agent and what is said about it, by the setting's name.
    struct Agent {
        let name: String
        let position: Position
        /// Whether what stands there can be an agent at all.
        var isMapping = true
        var settings: [(name: String, entry: Entry)] = []
    }

    /// A route and what is said about it, by the key's name.
    struct Route {
        /// Its place in the list.
        let index: Int
        let position: Position
        /// Whether what stands there can be a route at all.
        var isMapping = true
        var members: [(name: String, entry: Entry)] = []
    }

    /// What the file is called in messages.
    let name: String
    /// By the path of a ``ConfigurationKey``.
    var values: [(path: String, entry: Entry)] = []
    /// Nil: the file has no such key.
    var agents: [Agent]?
    var routes: [Route]?
    /// Where every key path stands, the ones of sections and entries of lists too.
    var positions: [String: Position] = [:]
    var problems: [Problem] = []

    /// The place of what is called `path`, or of the nearest section around it.
    func origin(of path: String) -> Origin {
        var path = path[...]
        while !path.isEmpty {
            if let position = positions[String(path)] { return .file(name: name, position) }
            path = path.lastIndex { $0 == "." || $0 == "[" }.map { path[..<$0] } ?? ""
        }
        return .file(name: name, nil)
    }
}
