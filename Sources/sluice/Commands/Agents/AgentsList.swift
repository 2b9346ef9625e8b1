import ArgumentParser

/// `sluice agents list`.
struct AgentsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the agents with what they do now.",
        discussion: """
            Rates and latencies are those of the last 10 s.

            Example:
              sluice agents list
              sluice agents list --json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Server") var client: ClientOptions

    func run() async throws {
        let reply = try await client.use { client throws(ClientFailure) in try await client.get("/api/v1/agents") }
        if output.json {
            print(reply.text)
        } else {
            for line in AgentTable.lines(reply.json.agents.elements, .current) { print(line) }
        }
    }
}

/// `sluice agents show`.
struct AgentsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one agent: its settings and its figures.",
        discussion: """
            Example:
              sluice agents show k
            """)

    @OptionGroup var agent: AgentArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Server") var client: ClientOptions

    func run() async throws {
        let reply = try await client.use { client throws(ClientFailure) in
            try await client.get(APIClient.path(of: agent.name))
        }
        if output.json {
            print(reply.text)
        } else {
            for line in AgentTable.details(reply.json) { print(line) }
        }
    }
}
