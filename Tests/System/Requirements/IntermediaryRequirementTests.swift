import Testing

/// What the specifications require of an intermediary towards its upstream, and between both sides.
@Suite("Requirements of an intermediary", .bounded)
struct IntermediaryRequirementTests {
    @Test("status lines", arguments: StatusLineRequirements.all)
    func statusLines(requirement: Requirement) async throws { try await requirement.check() }

    @Test("fields of responses", arguments: ResponseFieldRequirements.all)
    func responseFields(requirement: Requirement) async throws { try await requirement.check() }

    @Test("where responses end", arguments: ResponseFramingRequirements.all)
    func responseFraming(requirement: Requirement) async throws { try await requirement.check() }

    @Test("chunked responses", arguments: ResponseChunkRequirements.all)
    func responseChunks(requirement: Requirement) async throws { try await requirement.check() }

    @Test("ends of responses", arguments: ResponseEndRequirements.all)
    func responseEnds(requirement: Requirement) async throws { try await requirement.check() }

    @Test("interim responses", arguments: InterimRequirements.all)
    func interim(requirement: Requirement) async throws { try await requirement.check() }

    @Test("fields of one connection, Via", arguments: HopByHopRequirements.all)
    func hopByHop(requirement: Requirement) async throws { try await requirement.check() }

    @Test("Max-Forwards, TRACE and OPTIONS", arguments: TraceRequirements.all)
    func maxForwards(requirement: Requirement) async throws { try await requirement.check() }

    @Test("Forwarded and X-Forwarded", arguments: ForwardedTrustRequirements.all)
    func forwarded(requirement: Requirement) async throws { try await requirement.check() }

    @Test("what passes untouched", arguments: TransparencyRequirements.all)
    func transparency(requirement: Requirement) async throws { try await requirement.check() }

    @Test("upstreams, HTTP/1.0, what is sent again", arguments: PersistenceRequirements.all)
    func persistence(requirement: Requirement) async throws { try await requirement.check() }

    @Test("upgrades and tunnels", arguments: UpgradeRequirements.all)
    func upgrades(requirement: Requirement) async throws { try await requirement.check() }

    @Test("CONNECT", arguments: ConnectRequirements.all)
    func connects(requirement: Requirement) async throws { try await requirement.check() }

    @Test("errors of our own", arguments: ProxyErrorRequirements.all)
    func proxyErrors(requirement: Requirement) async throws { try await requirement.check() }

    @Test("responses in pieces and at random", arguments: ResponsePieceRequirements.all)
    func responsePieces(requirement: Requirement) async throws { try await requirement.check() }
}
