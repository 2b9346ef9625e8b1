import ArgumentParser
import Control

/// `sluice agents switch`.
struct AgentsSwitch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switch",
        abstract: "Switch an agent to a mode, while traffic flows.",
        discussion: """
            keepalive uses sockets again and again, normal opens one for each request. No request fails or waits \
            longer because of a switch.

            Example:
              sluice agents switch k normal
            """)

    @OptionGroup var agent: AgentArgument

    @Argument(
        help: ArgumentHelp("keepalive or normal.", valueName: "mode"),
        completion: .list(AgentMode.allCases.map(\.rawValue)))
    var mode: String

    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Server") var client: ClientOptions

    func validate() throws {
        do throws(SettingFault) {
            _ = try SettingValue.string(mode).word(AgentMode.self)
        } catch {
            throw ValidationError("mode: \(error.message)")
        }
    }

    func run() async throws {
        try await AgentPatch(agent: agent.name, settings: [("mode", .string(mode))]).send(client, output)
    }
}

/// `sluice agents set`.
struct AgentsSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change settings of an agent, all or none of them.",
        discussion: """
            The names and values are those of the configuration file: durations as 500ms, 4s or 2m, none for no limit. \
            What is refused is told by its name, and then nothing has changed.

            Settings: \(AgentSettings.keys.map(\.name).joined(separator: ", ")).

            Example:
              sluice agents set k maxSockets=50 freeSocketTimeout=3s
              sluice agents set k split=10
            """)

    @OptionGroup var agent: AgentArgument

    @Argument(
        help: ArgumentHelp("Settings with their new values.", valueName: "key=value"),
        completion: .list(AgentSettings.keys.map { "\($0.name)=" }))
    var settings: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Server") var client: ClientOptions

    func validate() throws { _ = try patch() }

    func run() async throws { try await AgentPatch(agent: agent.name, settings: patch()).send(client, output) }

    /// The settings by name, in the order in which they were given.
    func patch() throws -> [(name: String, value: SettingValue)] {
        var patch: [(name: String, value: SettingValue)] = []
        for setting in settings {
            guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else {
                throw ValidationError("\(setting): must be a setting and its value, such as maxSockets=50")
            }
            let name = String(setting[..<equals])
            let text = String(setting[setting.index(after: equals)...])
            guard !patch.contains(where: { $0.name == name }) else { throw ValidationError("\(name): is there twice") }
            // In a merge patch null would put the default back (RFC 7396); here it is only a word that is wrong.
            let value = PlainScalar.value(text)
            patch.append((name, value == .null ? .string(text) : value))
        }
        return patch
    }
}

/// A change of one agent's settings.
private struct AgentPatch {
    let agent: String
    let settings: [(name: String, value: SettingValue)]

    /// Makes it and prints what holds now.
    func send(_ options: ClientOptions, _ output: OutputOptions) async throws {
        let reply = try await options.use { client throws(ClientFailure) in
            try await client.send(
                "PATCH", APIClient.path(of: agent),
                body: .object(Dictionary(settings.map { ($0.name, $0.value) }) { _, last in last }),
                type: "application/merge-patch+json")
        }
        if output.json {
            print(reply.text)
        } else {
            for setting in settings {
                print("\(agent): \(setting.name) is \(AgentTable.setting(setting.name, reply.json))")
            }
        }
    }
}
