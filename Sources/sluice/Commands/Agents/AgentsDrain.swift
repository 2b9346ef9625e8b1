import ArgumentParser
import Control

/// `sluice agents drain`.
struct AgentsDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let an agent end its requests and take no new ones.",
        discussion: """
            New requests get 503 with Retry-After, and /readyz says 503, until the agent is put back to work.

            Example:
              sluice agents drain k
              sluice agents resume k
            """)

    @OptionGroup var agent: AgentArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Server") var client: ClientOptions

    func run() async throws { try await AgentState.change("drain", agent.name, client, output) }
}

/// `sluice agents resume`.
struct AgentsResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Put an agent that drains back to work.",
        discussion: """
            Example:
              sluice agents resume k
            """)

    @OptionGroup var agent: AgentArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Server") var client: ClientOptions

    func run() async throws { try await AgentState.change("resume", agent.name, client, output) }
}

private enum AgentState {
    /// Asks for `verb` and prints what the agent does now.
    static func change(_ verb: String, _ agent: String, _ options: ClientOptions, _ output: OutputOptions) async throws
    {
        let reply = try await options.use { client throws(ClientFailure) in
            try await client.send("POST", APIClient.path(of: agent, "/\(verb)"), body: .object([:]))
        }
        if output.json {
            print(reply.text)
        } else {
            let status = reply.json.status
            print(
                "\(agent): \(status.state.string ?? "-"), \(Figure.count(status.sockets.active)) requests under way, "
                    + "\(Figure.count(status.pending)) pending")
        }
    }
}
