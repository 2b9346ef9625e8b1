import ArgumentParser

/// `sluice export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print a ready-made file for what Sluice works with.",
        discussion: """
            Made for the agents and addresses of --config FILE, or of the server that runs at --admin URL; without \
            both, for agents of any name.

            Example:
              sluice export grafana-dashboard --config sluice.yaml > dashboard.json
              sluice export prometheus-rules --admin http://127.0.0.1:1986 > sluice-rules.yml
              sluice export systemd-unit --config /etc/sluice/sluice.yaml > /etc/systemd/system/sluice.service
            """,
        subcommands: [
            ExportDashboard.self, ExportRules.self, ExportScrape.self, ExportUnit.self, ExportKubernetes.self,
            ExportOpenAPI.self, ExportCompletions.self,
        ])
}

/// `sluice export completions`.
struct ExportCompletions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Completions of this command line for a shell.",
        discussion: """
            Agents are completed by the names that the running server has.

            Example:
              sluice export completions --shell bash > /etc/bash_completion.d/sluice
            """)

    @Option(
        help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"),
        completion: .list(CompletionShell.allCases.map(\.rawValue)))
    var shell = "bash"

    func validate() throws { _ = try known() }

    func run() async throws { print(Sluice.completionScript(for: try known())) }

    private func known() throws -> CompletionShell {
        guard let known = CompletionShell(rawValue: shell) else {
            throw ValidationError("--shell: must be bash, zsh or fish, not \"\(shell)\"")
        }
        return known
    }
}
