import Testing

/// One sentence of a specification (or of ours) with an exchange that shows whether the proxy keeps it.
///
/// A case is what the client sends, what the upstream does, and what must be seen on the wire. All text is Latin-1: one
/// character is one byte, so that "\u{E9}" is the byte 0xE9 and `"\r\n"` is what it says.
///
///     .must("9112-3.2-host-missing", "A request without Host is answered with 400.",
///         "GET / HTTP/1.1\r\n\r\n", .refused([400]))
struct Requirement: Sendable, CustomTestStringConvertible {
    /// How strong the sentence is (RFC 2119); `may` is for what the text leaves open and we chose.
    enum Level: String, Sendable, CaseIterable {
        case must = "MUST"
        case mustNot = "MUST NOT"
        case should = "SHOULD"
        case may = "MAY"
    }

    /// Document and section, then a name: "9112-3.2-host-missing". Unique, held by a test.
    let id: String
    /// How strong it is.
    let level: Level
    /// What is required, in one sentence.
    let sentence: String
    /// What the client does.
    let client: ClientScript
    /// What the proxy is told beside its defaults; a peer is not asked what only Sluice can be told.
    let options: Options
    /// What the upstream does; once through, and by default, it answers each request with 200 and "ok".
    let upstream: [UpstreamStep]
    /// What must be seen, all of it.
    let seen: [Expectation]

    var testDescription: String { "\(id) (\(level.rawValue))" }

    /// The same requirement with the client's bytes in other pieces.
    func sent(as client: ClientScript) -> Requirement {
        Requirement(
            id: id, level: level, sentence: sentence, client: client, options: options, upstream: upstream, seen: seen)
    }

    /// What RFC 2119 calls MUST.
    static func must(
        _ id: String, _ sentence: String, _ client: ClientScript, options: Options = Options(),
        upstream: [UpstreamStep] = [], _ seen: Expectation...
    ) -> Requirement {
        Requirement(
            id: id, level: .must, sentence: sentence, client: client, options: options, upstream: upstream, seen: seen)
    }

    /// What RFC 2119 calls MUST NOT.
    static func mustNot(
        _ id: String, _ sentence: String, _ client: ClientScript, options: Options = Options(),
        upstream: [UpstreamStep] = [], _ seen: Expectation...
    ) -> Requirement {
        Requirement(
            id: id, level: .mustNot, sentence: sentence, client: client, options: options, upstream: upstream,
            seen: seen)
    }

    /// What RFC 2119 calls SHOULD.
    static func should(
        _ id: String, _ sentence: String, _ client: ClientScript, options: Options = Options(),
        upstream: [UpstreamStep] = [], _ seen: Expectation...
    ) -> Requirement {
        Requirement(
            id: id, level: .should, sentence: sentence, client: client, options: options, upstream: upstream,
            seen: seen)
    }

    /// What the specifications leave to us, and we chose.
    static func may(
        _ id: String, _ sentence: String, _ client: ClientScript, options: Options = Options(),
        upstream: [UpstreamStep] = [], _ seen: Expectation...
    ) -> Requirement {
        Requirement(
            id: id, level: .may, sentence: sentence, client: client, options: options, upstream: upstream, seen: seen)
    }
}

/// What the proxy's configuration says beside the defaults; each part is YAML.
struct Options: Sendable, Equatable {
    /// Settings of `client:` as a flow mapping without braces: "maxHeadSize: 2KiB, maxFields: 10".
    var client = ""
    /// Settings of the one agent, likewise: "mode: normal".
    var agent = ""
    /// Whole lines at the top level: "forwarded: replace".
    var top = ""

    /// Whether there are any.
    var isEmpty: Bool { self == Options() }
}
