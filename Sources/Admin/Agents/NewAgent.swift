import Control

/// An agent out of the body of a POST: its name, its upstream, and settings that differ from the defaults.
struct NewAgent {
    /// What a body may look like.
    static let example = #"{"name": "k", "upstream": "http://127.0.0.1:1984"}"#

    let agent: Configuration.Agent

    /// Reads it; throws all that is wrong with it.
    ///
    /// - Parameter defaults: What applies to the settings that it leaves out.
    init(_ members: [String: JSONValue], defaults: AgentSettings) throws(Problem) {
        var faults: [Problem.Fault] = []
        func report(_ name: String, _ detail: String) {
            faults.append(Problem.Fault(place: .pointer(JSONPointer.text([name])), detail: detail))
        }
        var name = ""
        if case .string(let text) = members["name"], Configuration.isName(text) {
            name = text
        } else {
            report("name", "must be a name of 1 to 64 letters, digits, '-', '_' or '.'")
        }
        // Its upstream stands in until the body's own is read; without one there is no agent.
        var settings = defaults
        if members["upstream"] == nil { report("upstream", "is missing; must be http://host:port or unix:/path") }
        for key in AgentSettings.keys {
            guard let value = members[key.name] else { continue }
            do throws(SettingFault) {
                try key.set(&settings, SettingValue(value))
            } catch {
                report(key.name, error.message)
            }
        }
        for other in members.keys.sorted() where other != "name" && AgentSettings.key(other) == nil {
            report(other, MergePatch.unknown(other))
        }
        guard faults.isEmpty else { throw .invalidSettings(faults) }
        agent = Configuration.Agent(name: name, settings: settings)
    }
}
