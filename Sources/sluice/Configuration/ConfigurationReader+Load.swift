import Control

extension ConfigurationReader {
    /// Reads the file that the flag or the variable names, if one does, and puts the configuration together.
    static func load(flags: Flags, environment: [String: String]) -> Result<EffectiveConfiguration, Problems> {
        let variable = environment[Override.config.variable].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = flags[Override.config.flag]?.last ?? variable else {
            return read(file: nil, environment: environment, flags: flags)
        }
        switch TextFile.read(path, bytesMax: YAMLText.bytesMax) {
        case .success(let text):
            return read(file: File(name: path, text: text), environment: environment, flags: flags)
        case .failure(let problem):
            return .failure(Problems([problem]))
        }
    }
}
