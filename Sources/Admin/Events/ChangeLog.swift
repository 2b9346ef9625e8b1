package import Control

/// Tells those that watch, and the log, what was changed and by whom; a change of nothing is not told.
package struct ChangeLog: Sendable {
    /// What was done, as the `change` event says it.
    enum What: String {
        case settings
        case agentAdded
        case agentRemoved
        case drain
        case resume
        case routes
        case configuration
        case socketsClosed
    }

    private let events: EventLog
    private let log: @Sendable (String) -> Void

    /// - Parameters:
    ///   - events: Where the events are appended.
    ///   - log: Takes one line for each of them; called on any thread.
    package init(events: EventLog, log: @escaping @Sendable (String) -> Void) {
        self.events = events
        self.log = log
    }

    /// Tells a change of the configuration: an event for each agent that changed, came or went, one for the routes,
    /// one for all other keys.
    ///
    /// - Parameter who: A client's address, `SIGHUP` or `file`.
    package func announce(_ change: ConfigurationChange, by who: String) {
        for part in ConfigurationChangeParts(change).all { announce(part, by: who) }
    }

    /// Tells that the configuration file was not put in force because of its faults.
    package func announceFailedReload(_ outcome: ReloadOutcome, by who: String) {
        guard !outcome.isSuccess else { return }
        let faults = outcome.faults.count == 1 ? "a fault" : "\(outcome.faults.count) faults"
        let detail = "The configuration file has \(faults); nothing was changed."
        let json: JSONValue = [
            "time": .string(Timestamp.now()), "kind": "reload", "who": .string(who), "detail": .string(detail),
            "errors": .list(outcome.faults.map(\.json)),
        ]
        events.append(.problem, json: String(decoding: json.encoded(), as: UTF8.self))
    }

    /// Tells one thing.
    func announce(_ part: ChangePart, by who: String) {
        let json: JSONValue = [
            "time": .string(Timestamp.now()), "who": .string(who), "what": .string(part.what.rawValue),
            "agent": part.agent.map(JSONValue.string) ?? .null, "changes": .list(part.changes.map { $0.json }),
        ]
        events.append(.change, json: String(decoding: json.encoded(), as: UTF8.self))
        log("\(who) \(part.words)")
    }
}

extension ReloadOutcome.Fault {
    /// `{"pointer": …, "detail": …, "line": …, "column": …}`.
    var json: JSONValue {
        [
            "pointer": .string(JSONPointer.text(ofPath: path)), "detail": .string(message),
            "line": line.map { .integer(UInt64(clamping: $0)) } ?? .null,
            "column": column.map { .integer(UInt64(clamping: $0)) } ?? .null,
        ]
    }
}
