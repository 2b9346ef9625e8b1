import ArgumentParser
import FoundationEssentials
import Logging

/// `sluice serve`, and `sluice` alone.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the proxy and its admin server.",
        discussion: """
            Without --upstream and --config it starts an upstream of its own, the sleep server of the benchmark, with \
            the benchmark's two agents: k for /k/…, which keeps its sockets, and default for the rest, which opens one \
            for each request.

            Every flag can be given as a variable too: --max-sockets is SLUICE_MAX_SOCKETS (several addresses for \
            SLUICE_LISTEN are separated by commas). Flags override variables, variables override the file, the file \
            overrides the defaults. "sluice check FILE" shows what holds.

            Example:
              sluice serve --upstream http://127.0.0.1:8080 --max-sockets 50
            """)

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        switch ConfigurationReader.load(flags: options.flags, environment: environment) {
        case .success(let effective):
            let log = effective.log.logger(label: "sluice")
            for note in effective.notes { log.warning("\(note)") }
            throw try await serve(effective, log: log)
        case .failure(let problems):
            StandardError.write(problems.lines)
            throw ExitCode.badConfiguration
        }
    }
}
