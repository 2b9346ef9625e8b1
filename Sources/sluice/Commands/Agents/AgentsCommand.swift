import ArgumentParser

/// `sluice agents`.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents",
        abstract: "Show and steer the agents of a running Sluice.",
        discussion: """
            A client of the admin server's REST API. --json prints what the API says, for scripts; without it there \
            are tables for people, colored on a terminal unless NO_COLOR is set.

            Example:
              sluice agents list
              sluice agents switch k normal
              sluice agents set k maxSockets=50 freeSocketTimeout=3s
              SLUICE_TOKEN=… sluice agents watch --admin https://proxy.example:1986

            Exit codes: 0 done, 64 usage, 65 the server refused the change, 66 no such agent, 69 the server cannot be \
            reached, 77 a token is missing or not for this.
            """,
        subcommands: [
            AgentsList.self, AgentsShow.self, AgentsSwitch.self, AgentsSet.self, AgentsDrain.self, AgentsResume.self,
            AgentsSockets.self, AgentsWatch.self,
        ],
        defaultSubcommand: AgentsList.self)
}

extension CompletionKind {
    /// The names of the running server's agents.
    static var agents: CompletionKind {
        .custom { _, _, _ in
            let options = try? ClientOptions.parse([])
            let reply = try? await options?.client().get("/api/v1/agents")
            return reply?.json.agents.elements.compactMap(\.name.string) ?? []
        }
    }
}

/// The name of an agent, in every command that is about one.
struct AgentArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The agent's name.", valueName: "name"), completion: .agents)
    var name: String
}

/// Whether the reply is for people or for scripts.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print the API's own JSON.")
    var json = false
}
