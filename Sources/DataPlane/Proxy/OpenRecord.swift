import Control

/// The record of a request that is under way. An object, so that a connection without one pays for a test alone.
final class OpenRecord {
    var fields: AccessRecord

    /// A record that begins with what is known of the request's head.
    init(_ fields: AccessRecord) { self.fields = fields }

    /// Notes how the request ends; the first failure is the one to tell.
    func failed(_ failure: ExchangeFailure) {
        if fields.termination == AccessRecord.ok { fields.termination = failure.label.description }
    }
}

/// The sink of a loop's records. An object, because to look at an existential costs ten times as much.
final class AccessLog {
    let sink: any AccessSink

    /// A log that gives its records to `sink`.
    init(_ sink: any AccessSink) { self.sink = sink }
}
