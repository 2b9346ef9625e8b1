extension RequirementTable {
    /// The topics of ``IntermediaryRequirementTests``.
    static let intermediaryTopics: [Topic] = [
        Topic(name: "status line", requirements: StatusLineRequirements.all),
        Topic(name: "response fields", requirements: ResponseFieldRequirements.all),
    ]
}
