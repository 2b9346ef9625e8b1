import Logging

/// What is logged, and how.
struct LogSettings: Sendable, Equatable {
    /// How a line of the log is written.
    enum Format: String, Sendable, CaseIterable {
        /// For people.
        case text
        /// One JSON object a line.
        case json
    }

    /// Nothing below this is written. Default info.
    var level: Logger.Level = .info
    var format: Format = .text
}
