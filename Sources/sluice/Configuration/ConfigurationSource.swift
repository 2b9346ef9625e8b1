import Control

/// Where the configuration comes from: a file, if one is named, the environment and flags. They stay the same while the
/// program runs; what the file says may change.
struct ConfigurationSource: Sendable {
    let flags: ConfigurationReader.Flags
    let environment: [String: String]

    /// The path of the file that the flag names, or the variable; nil: none does.
    var file: String? {
        let variable = environment[Override.config.variable].flatMap { $0.isEmpty ? nil : $0 }
        return flags[Override.config.flag]?.last ?? variable
    }

    /// What the file holds now, or why it cannot be read; nil: there is none.
    func text() -> Result<String, Problem>? {
        file.map { TextFile.read($0, bytesMax: YAMLText.bytesMax) }
    }

    /// Puts the configuration together. The files that it names, of the admin server's access, are read too.
    ///
    /// - Parameters:
    ///   - text: What ``text()`` said.
    ///   - running: What is in force, when this is to take its place.
    func read(
        _ text: Result<String, Problem>?, running: Configuration? = nil
    ) -> Result<EffectiveConfiguration, Problems> {
        var content: ConfigurationReader.File?
        switch text {
        case .success(let text): content = file.map { .init(name: $0, text: text) }
        case .failure(let problem): return .failure(Problems([problem]))
        case nil: break
        }
        return ConfigurationReader.read(file: content, environment: environment, flags: flags, running: running)
            .flatMap(AccessFiles.read)
    }
}
