/// All requirements, by topic. A new table is a line here and a test in ``RequirementTests``.
enum RequirementTable {
    /// Requirements about one thing.
    struct Topic: Sendable {
        /// What they are about.
        let name: String
        /// The requirements.
        let requirements: [Requirement]
    }

    /// All of them.
    static let topics: [Topic] = [
        Topic(name: "request lines", requirements: RequestLineRequirements.all),
        Topic(name: "targets", requirements: TargetRequirements.all),
        Topic(name: "Host", requirements: HostRequirements.all),
        Topic(name: "fields", requirements: FieldRequirements.all),
        Topic(name: "Content-Length", requirements: LengthRequirements.all),
        Topic(name: "Transfer-Encoding", requirements: CodingRequirements.all),
        Topic(name: "chunks", requirements: ChunkRequirements.all),
        Topic(name: "trailers", requirements: TrailerRequirements.all),
        Topic(name: "limits", requirements: LimitRequirements.all),
        Topic(name: "pipelines and persistence", requirements: PipelineRequirements.all),
        Topic(name: "Expect", requirements: ExpectRequirements.all),
        Topic(name: "hop by hop", requirements: HopRequirements.all),
        Topic(name: "Max-Forwards", requirements: MaxForwardsRequirements.all),
        Topic(name: "Forwarded", requirements: ForwardedRequirements.all),
        Topic(name: "refusals", requirements: RefusalRequirements.all),
    ]

    private static let topicsByID: [String: String] = {
        let pairs = topics.flatMap { topic in topic.requirements.map { ($0.id, topic.name) } }
        return Dictionary(pairs) { first, _ in first }
    }()

    /// The topic of the requirement called `id`.
    static func topic(of id: String) -> String { topicsByID[id] ?? "" }
}
