import ArgumentParser
import FoundationEssentials

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

            SIGHUP has the file read again and the access log's file opened anew; --watch has the file read as soon as \
            it changes. A file with faults changes nothing. SIGTERM stops it when running requests are done.

            Example:
              sluice serve --upstream http://127.0.0.1:8080 --max-sockets 50
            """)

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let source = ConfigurationSource(flags: options.flags, environment: ProcessInfo.processInfo.environment)
        let text = source.text()
        switch source.read(text) {
        case .success(let effective):
            throw try await serve(ServeStart(source: source, text: text, effective: effective))
        case .failure(let problems):
            StandardError.write(problems.lines)
            throw ExitCode.badConfiguration
        }
    }
}
