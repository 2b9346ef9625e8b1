import Control

extension ConfigurationReader {
    /// Reads the file that the flag or the variable names, if one does, and puts the configuration together.
    ///
    /// The files that the configuration itself names, of the admin server's access, are read here too.
    static func load(flags: Flags, environment: [String: String]) -> Result<EffectiveConfiguration, Problems> {
        let variable = environment[Override.config.variable].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = flags[Override.config.flag]?.last ?? variable else {
            return read(file: nil, environment: environment, flags: flags).flatMap(AccessFiles.read)
        }
        switch TextFile.read(path, bytesMax: YAMLText.bytesMax) {
        case .success(let text):
            return read(file: File(name: path, text: text), environment: environment, flags: flags)
                .flatMap(AccessFiles.read)
        case .failure(let problem):
            return .failure(Problems([problem]))
        }
    }
}
