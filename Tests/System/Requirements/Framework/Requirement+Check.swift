import Testing
import TestSupport

extension Requirement {
    /// Plays it: what does not hold is an issue of the test, or, for a peer, a line of the report alone.
    ///
    /// - Parameter comment: What an issue begins with, such as the seed.
    func check(comment: String = "") async throws {
        let proxy = ProxyUnderTest.current
        guard proxy == .sluice || options.isEmpty else { return RequirementReport.write(self, nil) }
        try await onThread {
            let (failures, evidence) = try RequirementPlay.run(self)
            RequirementReport.write(self, failures)
            guard proxy == .sluice, !failures.isEmpty else { return }
            Issue.record(Comment(rawValue: comment + text(failures, evidence.scene)))
        }
    }

    /// What was required and what was seen, for people.
    private func text(_ failures: [String], _ scene: Scene) -> String {
        let upstream = scene.connections.enumerated().map { index, connection in
            "upstream received (\(index)): \(WireText.escaped(connection.bytes))"
        }
        return """
            \(testDescription): \(sentence)
            \(failures.map { "- \($0)" }.joined(separator: "\n"))
            client sent in \(client.steps.count) steps: \(WireText.escaped(WireText.bytes(client.sent)))
            \(upstream.isEmpty ? "upstream received nothing" : upstream.joined(separator: "\n"))
            client received: \(WireText.escaped(scene.client)), then \(scene.clientEnd.map { "\($0)" } ?? "open")
            """
    }
}
