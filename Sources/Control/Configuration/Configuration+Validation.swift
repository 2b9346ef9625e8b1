/// One fault of a configuration: where, and what.
package struct ConfigurationFault: Error, Sendable, Equatable {
    /// The key's path: `agents.k.maxSockets`.
    package let path: String
    /// What is wrong, and what is allowed.
    package let message: String

    /// A fault at `path`.
    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }
}

extension Configuration {
    /// How many agents there may be: each has its sockets, figures and timers on every loop.
    package static let agentsMax = 1_000
    /// How many routes there may be: a request without an agent is held against all of them.
    package static let routesMax = 1_000

    /// What only shows when the whole is looked at: names that nothing carries, routes that clash. Empty: none.
    package func faults() -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        func report(_ path: String, _ message: String) {
            faults.append(ConfigurationFault(path: path, message: message))
        }
        if listen.isEmpty { report("listen", "must name at least one address") }
        if agents.isEmpty { report("agents", "must name at least one agent") }
        faults += admin.faults()
        if upgrade.count > UpgradeProtocol.namesMax {
            report("upgrade", "must be at most \(UpgradeProtocol.namesMax) protocols, not \(upgrade.count)")
        }
        let names = agents.map(\.name)
        for name in names where !Self.isName(name) {
            report("agents.\(name)", "an agent's name is 1 to 64 letters, digits, '-', '_' or '.'")
        }
        if names.count > Self.agentsMax {
            report("agents", "must be at most \(Self.agentsMax) agents, not \(names.count)")
        }
        var known: Set<String> = []
        for name in names where !known.insert(name).inserted { report("agents.\(name)", "is there twice") }
        if routes.isEmpty, !names.isEmpty, !names.contains("default") {
            report(
                "routes",
                "without routes there must be an agent named default; there is \(names.joined(separator: ", "))")
        }
        if routes.count > Self.routesMax {
            report("routes", "must be at most \(Self.routesMax) routes, not \(routes.count)")
        }
        // By host and prefix, so that a long table is checked in one go.
        var matches: Set<[String?]> = []
        for (index, route) in routes.enumerated() {
            let path = "routes[\(index)]"
            if !known.contains(route.agent) { report("\(path).agent", "no agent is named \"\(route.agent)\"") }
            if !route.prefix.hasPrefix("/") { report("\(path).prefix", "must start with /, not \"\(route.prefix)\"") }
            if !matches.insert([route.host, route.prefix]).inserted {
                report(path, "the same host and prefix stand in an earlier route")
            }
        }
        return faults
    }

    /// Whether `name` can stand in a URL and in a label as it is.
    package static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
