import Control
import Locks
import Logging
import Synchronization

/// What is logged now, and how. Every logger made of it goes by it from line to line.
final class LogSettings: Sendable {
    private let state: Lock<(level: Logger.Level, format: ProgramSettings.LogFormat)>

    /// As `settings` say.
    init(_ settings: ProgramSettings) {
        state = Lock((settings.level, settings.logFormat))
    }

    /// Nothing below this is written.
    var level: Logger.Level { state.withLock { $0.level } }
    var format: ProgramSettings.LogFormat { state.withLock { $0.format } }

    /// From now on as `settings` say.
    func follow(_ settings: ProgramSettings) {
        state.withLock { $0 = (settings.level, settings.logFormat) }
    }

    /// A logger that writes to standard error.
    func logger(label: String) -> Logger {
        Logger(label: label) { label in LineLogHandler(label: label, settings: self) }
    }
}

extension ProgramSettings {
    // The words are the same.
    fileprivate var level: Logger.Level { Logger.Level(rawValue: logLevel.rawValue) ?? .info }
}
