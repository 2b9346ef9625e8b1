import Testing

/// What the specifications require of an intermediary, one case each, against the running proxy.
@Suite("Requirements", .bounded)
struct RequirementTests {
    @Test("each requirement has a name of its own, a sentence, and something to see")
    func table() {
        let all = RequirementTable.topics.flatMap(\.requirements)
        let twice = Dictionary(grouping: all, by: \.id).filter { $1.count > 1 }.keys
        #expect(twice.sorted() == [])
        for requirement in all {
            #expect(requirement.id.contains(/^[a-z0-9.]+-[a-z0-9.]+-[a-z0-9.-]+$/), "\(requirement.id)")
            #expect(requirement.sentence.hasSuffix(".") && !requirement.seen.isEmpty, "\(requirement.id)")
        }
    }

    @Test("request lines", arguments: RequestLineRequirements.all)
    func requestLines(requirement: Requirement) async throws { try await requirement.check() }

    @Test("targets", arguments: TargetRequirements.all)
    func targets(requirement: Requirement) async throws { try await requirement.check() }

    @Test("Host", arguments: HostRequirements.all)
    func hosts(requirement: Requirement) async throws { try await requirement.check() }

    @Test("fields", arguments: FieldRequirements.all)
    func fields(requirement: Requirement) async throws { try await requirement.check() }

    @Test("Content-Length", arguments: LengthRequirements.all)
    func lengths(requirement: Requirement) async throws { try await requirement.check() }

    @Test("Transfer-Encoding", arguments: CodingRequirements.all)
    func codings(requirement: Requirement) async throws { try await requirement.check() }

    @Test("chunks", arguments: ChunkRequirements.all)
    func chunks(requirement: Requirement) async throws { try await requirement.check() }

    @Test("trailers", arguments: TrailerRequirements.all)
    func trailers(requirement: Requirement) async throws { try await requirement.check() }

    @Test("limits", arguments: LimitRequirements.all)
    func limits(requirement: Requirement) async throws { try await requirement.check() }

    @Test("pipelines and persistence", arguments: PipelineRequirements.all)
    func pipelines(requirement: Requirement) async throws { try await requirement.check() }

    @Test("Expect", arguments: ExpectRequirements.all)
    func expectations(requirement: Requirement) async throws { try await requirement.check() }

    @Test("hop by hop", arguments: HopRequirements.all)
    func hops(requirement: Requirement) async throws { try await requirement.check() }

    @Test("Max-Forwards", arguments: MaxForwardsRequirements.all)
    func maxForwards(requirement: Requirement) async throws { try await requirement.check() }

    @Test("Forwarded", arguments: ForwardedRequirements.all)
    func forwarded(requirement: Requirement) async throws { try await requirement.check() }

    @Test("refusals", arguments: RefusalRequirements.all)
    func refusals(requirement: Requirement) async throws { try await requirement.check() }
}
