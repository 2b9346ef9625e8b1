import ArgumentParser
import FoundationEssentials

/// `sluice check FILE`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file and print what it means.",
        discussion: """
            Prints every value with where it came from: the line of the file, a SLUICE_ variable, or the default. A \
            file that cannot be used gives one line for each fault on standard error and exit code 78.

            Example:
              sluice check sluice.yaml
            """)

    @Argument(help: ArgumentHelp("Configuration file (YAML).", valueName: "file"), completion: .file())
    var file: String

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        switch ConfigurationReader.load(flags: ["--config": [file]], environment: environment) {
        case .success(let effective):
            print(effective.table)
            StandardError.write(effective.notes)
        case .failure(let problems):
            StandardError.write(problems.lines)
            throw ExitCode.badConfiguration
        }
    }
}
