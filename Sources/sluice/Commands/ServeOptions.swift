import ArgumentParser
import Control

/// The flags of `serve`.
struct ServeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Configuration file (YAML).", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String?

    @OptionGroup var settings: SettingOptions

    /// What was given, by flag.
    var flags: ConfigurationReader.Flags {
        var flags = settings.flags
        if let config { flags["--config"] = [config] }
        return flags
    }
}
