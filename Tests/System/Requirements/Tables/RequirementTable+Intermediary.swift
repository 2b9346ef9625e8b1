extension RequirementTable {
    /// All of them.
    static let topics = requestTopics + intermediaryTopics

    /// The topics of ``IntermediaryRequirementTests``.
    static let intermediaryTopics: [Topic] = [
        Topic(name: "status line", requirements: StatusLineRequirements.all),
        Topic(name: "response fields", requirements: ResponseFieldRequirements.all),
        Topic(name: "response framing", requirements: ResponseFramingRequirements.all),
        Topic(name: "response chunks", requirements: ResponseChunkRequirements.all),
        Topic(name: "response ends", requirements: ResponseEndRequirements.all),
        Topic(name: "interim responses", requirements: InterimRequirements.all),
        Topic(name: "hop by hop, both ways", requirements: HopByHopRequirements.all),
        Topic(name: "TRACE and OPTIONS", requirements: TraceRequirements.all),
        Topic(name: "Forwarded, trust", requirements: ForwardedTrustRequirements.all),
        Topic(name: "transparency", requirements: TransparencyRequirements.all),
        Topic(name: "persistence, both ways", requirements: PersistenceRequirements.all),
        Topic(name: "upgrades", requirements: UpgradeRequirements.all),
        Topic(name: "CONNECT", requirements: ConnectRequirements.all),
        Topic(name: "errors of our own", requirements: ProxyErrorRequirements.all),
        Topic(name: "responses in pieces", requirements: ResponsePieceRequirements.all),
    ]
}
