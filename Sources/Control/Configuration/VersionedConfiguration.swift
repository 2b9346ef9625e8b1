/// A configuration in force, and how often each part of it has changed: the entity tags of the API.
package struct VersionedConfiguration: Sendable, Equatable {
    package var configuration: Configuration
    /// Rises by one with every change of anything.
    package var version: UInt64
    /// Rises by one with every change of the routes.
    package var routesVersion: UInt64
    /// By agent: rises by one with every change of its settings. An agent that comes back goes on where it was.
    package var agentVersions: [String: UInt64]

    /// The first configuration.
    package init(_ configuration: Configuration) {
        self.configuration = configuration
        version = 1
        routesVersion = 1
        agentVersions = [:]
        for agent in configuration.agents { agentVersions[agent.name] = 1 }
    }

    /// The version of the settings of the agent called `name`; zero when there never was one.
    package func version(of name: String) -> UInt64 { agentVersions[name] ?? 0 }

    /// The next one: `configuration` with the versions of what differs raised; the same when nothing does.
    package func advanced(to configuration: Configuration) -> VersionedConfiguration {
        guard configuration != self.configuration else { return self }
        var next = self
        next.configuration = configuration
        next.version += 1
        if configuration.routes != self.configuration.routes { next.routesVersion += 1 }
        for agent in configuration.agents where agent.settings != self.configuration.settings(of: agent.name) {
            next.agentVersions[agent.name] = version(of: agent.name) + 1
        }
        return next
    }
}

/// One key's value before a change and after it.
package struct SettingChange: Sendable, Equatable {
    /// Its path as the file has it: `maxSockets`, `client.headTimeout`.
    package let setting: String
    /// Null when there was none.
    package let before: SettingValue
    /// Null when there is none any more.
    package let after: SettingValue

    /// A change of `setting` from `before` to `after`.
    package init(setting: String, before: SettingValue, after: SettingValue) {
        self.setting = setting
        self.before = before
        self.after = after
    }
}

/// A change of the configuration that was made.
package struct ConfigurationChange: Sendable, Equatable {
    package let before: VersionedConfiguration
    package let after: VersionedConfiguration

    /// A change from `before` to `after`.
    package init(before: VersionedConfiguration, after: VersionedConfiguration) {
        self.before = before
        self.after = after
    }

    /// Whether anything differs.
    package var isChange: Bool { before.version != after.version }
}
