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
    static let topics: [Topic] =
        [
            Topic(name: "request line", requirements: RequestLineRequirements.all)
        ] + intermediaryTopics

    private static let topicsByID: [String: String] = {
        let pairs = topics.flatMap { topic in topic.requirements.map { ($0.id, topic.name) } }
        return Dictionary(pairs) { first, _ in first }
    }()

    /// The topic of the requirement called `id`.
    static func topic(of id: String) -> String { topicsByID[id] ?? "" }
}
