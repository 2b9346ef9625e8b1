import Control

/// A merge patch (RFC 7396) of an agent's settings.
struct MergePatch: Sendable {
    private let members: [String: SettingValue]

    /// A patch out of a body; throws when it is not an object, or touches what cannot be set.
    ///
    /// Faults that need no settings to be found are found with the rest, in ``apply(to:)``.
    init(_ body: JSONValue) throws(Problem) {
        guard case .object(let members) = body else {
            throw .invalidSettings([
                Problem.Fault(
                    place: .pointer(""), detail: "must be an object of settings, such as {\"mode\": \"normal\"}")
            ])
        }
        self.members = members.mapValues(SettingValue.init)
    }

    /// The settings after the patch; throws all faults of it at once.
    ///
    /// - Parameter defaults: What a setting becomes that the patch removes.
    func apply(to settings: AgentSettings, defaults: AgentSettings) throws(ControlError) -> AgentSettings {
        var changed = settings
        var faults: [ConfigurationFault] = []
        // In the order in which settings are shown, so that faults are told in a stable one.
        for key in AgentSettings.keys {
            guard let value = members[key.name] else { continue }
            if value == .null, key.name == "upstream" {
                faults.append(ConfigurationFault(path: key.name, message: "cannot be removed: an agent needs one"))
                continue
            }
            do {
                // Removing a member of the settings brings its default back.
                try key.set(&changed, value == .null ? key.get(defaults) : value)
            } catch {
                faults.append(ConfigurationFault(path: key.name, message: error.message))
            }
        }
        for name in members.keys.sorted() where AgentSettings.key(name) == nil {
            faults.append(ConfigurationFault(path: name, message: Self.unknown(name)))
        }
        guard faults.isEmpty else { throw .invalid(faults) }
        return changed
    }

    /// What is wrong with a member that is no setting.
    static func unknown(_ name: String) -> String {
        switch name {
        case "name": "cannot be changed: it is the agent's name in the configuration and in routes"
        case "status": "can only be read"
        default:
            "is not a setting; there are " + AgentSettings.keys.map(\.name).joined(separator: ", ")
        }
    }
}
