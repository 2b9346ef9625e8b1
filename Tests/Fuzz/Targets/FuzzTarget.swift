/// One thing that is fuzzed: a parser, or the whole exchange of a client and an upstream.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// Heads of requests: parsed in any split, written under any rules, and parsed again.
    case request
    /// Heads of responses, likewise.
    case response
    /// Bodies in chunks, in any split, against a decoder that is as simple as the grammar.
    case body
    /// Trailer sections, byte by byte, against the same decoder.
    case trailers
    /// A route's prefix and a path, a line each, against a match by strings.
    case route
    /// Targets of requests, against the grammar.
    case target
    /// Two hosts with ports, a line each, against the grammar.
    case authority
    /// A value of Forwarded, against the grammar.
    case forwarded
    /// A value of Via, likewise, and whether it can hide what is put behind it.
    case via
    /// A script of what a client and an upstream do, played against a whole proxy in a simulated world.
    case exchange

    /// Does with `bytes` all that the target does.
    ///
    /// - Returns: What became of them, in a few words.
    /// - Throws: What was wrong with that; a trap is a finding too.
    func run(_ bytes: [UInt8]) throws(Finding) -> String {
        switch self {
        case .request: try RequestFuzz.run(bytes)
        case .response: try ResponseFuzz.run(bytes)
        case .body: try BodyFuzz.run(bytes)
        case .trailers: try TrailerFuzz.run(bytes)
        case .route: try RouteFuzz.run(bytes)
        case .target: try TargetFuzz.run(bytes)
        case .authority: try AuthorityFuzz.run(bytes)
        case .forwarded: try ForwardedFuzz.run(bytes)
        case .via: try ViaFuzz.run(bytes)
        case .exchange: try ExchangeFuzz.run(bytes)
        }
    }
}
