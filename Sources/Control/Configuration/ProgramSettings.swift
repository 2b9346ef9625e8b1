/// What the program does beside the proxy: what it logs and where, and whether it watches its configuration file.
package struct ProgramSettings: Sendable, Equatable {
    /// How serious something must be to be logged. The words are those of swift-log.
    package enum LogLevel: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// How a line of a log is written.
    package enum LogFormat: String, Sendable, CaseIterable {
        /// For people.
        case text
        /// One JSON object a line.
        case json
    }

    /// Where requests are logged.
    package enum AccessLog: Sendable, Equatable {
        case off
        /// Standard output.
        case stdout
        /// Behind what the file at this path holds already.
        case file(path: String)

        /// As a file says it.
        package var word: String {
            switch self {
            case .off: "off"
            case .stdout: "stdout"
            case .file(let path): path
            }
        }
    }

    /// Nothing below this is logged.
    package var logLevel: LogLevel = .info
    /// Of the log and of the access log.
    package var logFormat: LogFormat = .text
    package var accessLog: AccessLog = .off
    /// How often the benchmark's status lines are printed. Nil: never.
    package var statusInterval: Duration?
    /// Whether the configuration file is read again as soon as it changes on disk.
    package var watch = false

    /// The defaults.
    package init() {}
}
