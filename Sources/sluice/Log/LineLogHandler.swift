import Control
import FoundationEssentials
import Logging

/// Writes each event of the log as one line to standard error.
struct LineLogHandler: LogHandler {
    let label: String
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let settings: LogSettings
    // One logger's own level, for whoever sets it.
    private var ownLevel: Logger.Level?

    /// A handler for the logger called `label` that goes by `settings`.
    init(label: String, settings: LogSettings) {
        self.label = label
        self.settings = settings
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? settings.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        StandardError.write([line(of: event, at: time)])
    }

    /// The line for `event`.
    ///
    /// - Parameter time: RFC 3339.
    func line(of event: LogEvent, at time: String) -> String {
        var members = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        members.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { members["error"] = "\(error)" }
        let sorted = members.sorted { $0.key < $1.key }
        switch settings.format {
        case .text:
            // The message may repeat what a peer sent: nothing in it may start another line.
            let values = sorted.map { " \(Problem.printable($0.key))=\(Problem.printable($0.value.description))" }
            return "\(time) \(event.level) \(Problem.printable(event.message.description))" + values.joined()
        case .json:
            // Metadata stands in an object of its own, so that no key of it can pass for one of the line's.
            let pairs = [
                ("time", JSONText.string(time)), ("level", JSONText.string(event.level.rawValue)),
                ("message", JSONText.string(event.message.description)),
            ]
            let values = sorted.map { "\(JSONText.string($0.key)):\(JSONText.value($0.value))" }
            let all = pairs.map { "\"\($0.0)\":\($0.1)" } + ["\"metadata\":{\(values.joined(separator: ","))}"]
            return "{\((values.isEmpty ? Array(all.dropLast()) : all).joined(separator: ","))}"
        }
    }
}

extension JSONText {
    /// A value of the log's metadata.
    fileprivate static func value(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .array(let values): "[\(values.map(Self.value).joined(separator: ","))]"
        case .dictionary(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\(string($0.key)):\(Self.value($0.value))" }
                .joined(separator: ",") + "}"
        default: string(value.description)
        }
    }
}
