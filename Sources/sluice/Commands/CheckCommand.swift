import ArgumentParser
import FoundationEssentials

/// `sluice check FILE`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file and print what it means.",
        discussion: """
            Prints every value with where it came from: the line of the file, a SLUICE_ variable, a flag, or the \
            default. The flags are those of serve. A file that cannot be used gives one line for each fault on \
            standard error and exit code 78.

            Example:
              sluice check sluice.yaml
            """)

    @Argument(help: ArgumentHelp("Configuration file (YAML or JSON).", valueName: "file"), completion: .file())
    var file: String

    @OptionGroup(title: "Flags of serve") var settings: SettingOptions

    func run() throws {
        var flags = settings.flags
        flags["--config"] = [file]
        let source = ConfigurationSource(flags: flags, environment: ProcessInfo.processInfo.environment)
        switch source.read(source.text()) {
        case .success(let effective):
            print(effective.table)
            StandardError.write(effective.notes)
        case .failure(let problems):
            StandardError.write(problems.lines)
            throw ExitCode.badConfiguration
        }
    }
}
