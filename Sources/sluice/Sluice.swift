import ArgumentParser

/// The command line: picks the command, `serve` when none is named.
@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "A pooled HTTP/1.1 proxy.",
        discussion: """
            Clients connect to it; it forwards each request through an agent, a bounded pool of sockets towards an \
            upstream. Without any option it runs the benchmark's set-up with an upstream of its own.

            Example:
              sluice --upstream http://127.0.0.1:8080 --max-sockets 50
              curl http://127.0.0.1:1985/

            Exit codes: 0 after a clean stop, 64 usage, 69 an address that cannot be bound, 78 configuration; those of \
            agents are in its help.
            """,
        version: Version.current,
        subcommands: [
            ServeCommand.self, AgentsCommand.self, CheckCommand.self, ExportCommand.self, BenchCommand.self,
            SleepServerCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)
}
