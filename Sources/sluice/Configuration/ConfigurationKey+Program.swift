import Control

// What the program does beside the proxy.
extension ConfigurationKey {
    static let program: [ConfigurationKey] = [
        ConfigurationKey(
            path: "accessLog", text: { YAMLWord.text($0.program.accessLog.word) },
            set: { result, value throws(SettingFault) in
                result.program.accessLog = try ProgramSettings.AccessLog(value)
            }),
        word("logLevel", \.program.logLevel),
        word("logFormat", \.program.logFormat),
        ConfigurationKey(
            path: "statusInterval", text: { $0.program.statusInterval?.text ?? "off" },
            set: { result, value throws(SettingFault) in
                let range: ClosedRange<Duration> = .milliseconds(100)...(.seconds(3_600))
                result.program.statusInterval = value.isNone || value.isOff ? nil : try value.duration(in: range)
            }),
        ConfigurationKey(
            path: "watch", text: { $0.program.watch ? "on" : "off" },
            set: { result, value throws(SettingFault) in result.program.watch = try value.bool() }),
    ]
}

extension SettingValue {
    /// Whether it is the word for "not at all".
    fileprivate var isOff: Bool { self == .string("off") || self == .bool(false) }
}

extension ProgramSettings.AccessLog {
    // Longer ones the system does not take (PATH_MAX with its closing zero).
    private static let pathBytesMax = 4_095

    /// Reads `off`, `stdout` or a path; throws what is wrong, in words.
    ///
    /// A path has a slash in it, so that a mistyped word does not become a file.
    init(_ value: SettingValue) throws(SettingFault) {
        switch value {
        case _ where value.isOff: self = .off
        case .string("stdout"): self = .stdout
        case .string(let path)
        where path.contains("/") && !path.hasSuffix("/") && !path.utf8.contains(0)
            && path.utf8.count <= Self.pathBytesMax:
            self = .file(path: path)
        default:
            throw SettingFault(
                "must be off, stdout or a path such as /var/log/sluice/access.log or ./access.log, not \(value.text)")
        }
    }
}
