extension RequirementTable {
    /// The topics of ``IntermediaryRequirementTests``.
    static let intermediaryTopics: [Topic] = [
        Topic(name: "status line", requirements: StatusLineRequirements.all),
        Topic(name: "response fields", requirements: ResponseFieldRequirements.all),
        Topic(name: "response framing", requirements: ResponseFramingRequirements.all),
        Topic(name: "response chunks", requirements: ResponseChunkRequirements.all),
        Topic(name: "response ends", requirements: ResponseEndRequirements.all),
        Topic(name: "interim responses", requirements: InterimRequirements.all),
        Topic(name: "hop by hop", requirements: HopByHopRequirements.all),
        Topic(name: "Max-Forwards", requirements: MaxForwardsRequirements.all),
        Topic(name: "Forwarded", requirements: ForwardedRequirements.all),
    ]
}
