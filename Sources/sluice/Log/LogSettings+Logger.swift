import Logging

extension LogSettings {
    /// A logger that writes to standard error as these settings say.
    func logger(label: String) -> Logger {
        Logger(label: label) { label in LineLogHandler(label: label, format: format, logLevel: level) }
    }
}
