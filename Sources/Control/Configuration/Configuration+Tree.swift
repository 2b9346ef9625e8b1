extension Configuration {
    /// Everything as a tree that a configuration file could hold: durations as numbers of seconds, sizes as numbers of
    /// bytes, what is unlimited as null. It has no secrets, since a configuration has none.
    package var tree: [String: SettingValue] {
        var tree = keyTree
        tree["agents"] = .object(
            Dictionary(agents.map { ($0.name, .object($0.settings.tree)) }, uniquingKeysWith: { first, _ in first }))
        tree["routes"] = .list(routes.map { .object($0.tree) })
        return tree
    }

    // The part of the tree that is neither an agent's nor a route.
    private var keyTree: [String: SettingValue] {
        var tree = ownTree
        tree["listen"] = .list(listen.map { .string($0.description) })
        tree["threads"] = .whole(threads)
        tree["io"] = .string(io.rawValue)
        return tree
    }

    /// The part of ``tree`` that is neither an agent's nor a route and that can change while it runs.
    package var ownTree: [String: SettingValue] {
        let own: [String: SettingValue] = [
            "admin": admin.tree,
            "client": .object(client.tree),
            "forwarded": .string(forwarded.rawValue),
            "trustedProxies": trustedProxies.map { .list($0.map { .string("\($0)") }) } ?? .string("everyone"),
            "upgrade": .list(upgrade.map(SettingValue.string)),
            "connect": .string(connect.rawValue),
            "via": .string(via),
            "grace": .number(grace.seconds),
        ]
        return own.merging(program.tree) { own, _ in own }
    }

    /// The value of a key that is neither an agent's nor a route, by its path (`client.headTimeout`); null for none.
    package func value(at path: String) -> SettingValue {
        path.split(separator: ".").reduce(.object(keyTree)) { value, name in
            if case .object(let members) = value { members[String(name)] ?? .null } else { .null }
        }
    }
}

extension ProgramSettings {
    fileprivate var tree: [String: SettingValue] {
        [
            "accessLog": .string(accessLog.word), "logLevel": .string(logLevel.rawValue),
            "logFormat": .string(logFormat.rawValue),
            "statusInterval": statusInterval.map { .number($0.seconds) } ?? .null, "watch": .bool(watch),
        ]
    }
}

extension AgentSettings {
    /// By name.
    package var tree: [String: SettingValue] {
        var tree: [String: SettingValue] = [:]
        for key in Self.keys { tree[key.name] = key.get(self) }
        return tree
    }
}

extension Route {
    /// By name; the host is left out when the route matches every host.
    package var tree: [String: SettingValue] {
        var tree: [String: SettingValue] = [
            "prefix": .string(prefix), "stripPrefix": .bool(stripPrefix), "agent": .string(agent),
        ]
        if let host { tree["host"] = .string(host) }
        return tree
    }
}

extension ClientLimits {
    fileprivate var tree: [String: SettingValue] {
        [
            "headTimeout": .number(headTimeout.seconds), "bodyTimeout": .number(bodyTimeout.seconds),
            "idleTimeout": .number(idleTimeout.seconds), "continueTimeout": .number(continueTimeout.seconds),
            "tunnelTimeout": .number(tunnelTimeout.seconds), "maxHeadSize": .whole(maxHeadSize),
            "maxFields": .whole(maxFields), "maxBodySize": .whole(maxBodySize),
            "maxConnections": .whole(maxConnections), "maxRequestsPerConnection": .whole(maxRequestsPerConnection),
        ]
    }
}

extension AdminSettings {
    fileprivate var tree: SettingValue {
        var tree: [String: SettingValue] = [
            "listen": .string(listen.description), "socketMode": .string("0" + String(socketMode, radix: 8)),
            "hosts": .list(hosts.map(SettingValue.string)), "unprotected": .bool(unprotected),
        ]
        if let tls {
            var files: [String: SettingValue] = [
                "certificateFile": .string(tls.certificateFile), "keyFile": .string(tls.keyFile),
            ]
            if let clientCAFile = tls.clientCAFile { files["clientCAFile"] = .string(clientCAFile) }
            tree["tls"] = .object(files)
        }
        if let readTokenFile { tree["readTokenFile"] = .string(readTokenFile) }
        if let changeTokenFile { tree["changeTokenFile"] = .string(changeTokenFile) }
        return .object(tree)
    }
}

extension SettingValue {
    /// A whole number; null for none.
    fileprivate static func whole(_ value: Int?) -> SettingValue { value.map { .number(Double($0)) } ?? .null }
}
