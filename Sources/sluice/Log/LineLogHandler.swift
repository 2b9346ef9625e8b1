import FoundationEssentials
import Logging

/// Writes each event of the log as one line to standard error.
struct LineLogHandler: LogHandler {
    let label: String
    let format: LogSettings.Format
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    /// A handler for the logger called `label` that writes nothing below `logLevel`.
    init(label: String, format: LogSettings.Format, logLevel: Logger.Level) {
        self.label = label
        self.format = format
        self.logLevel = logLevel
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
        switch format {
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

/// JSON as text (RFC 8259).
enum JSONText {
    /// A string with its quotes.
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A value of the log's metadata.
    static func value(_ value: Logger.MetadataValue) -> String {
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
