import Testing
import TestSupport

/// How the client's bytes are cut into pieces changes nothing: a sample of the requirements, cut at random.
@Suite("Requirements: in other pieces", .bounded, .enabled(if: ProxyUnderTest.current == .sluice))
struct RequirementSplitTests {
    @Test("holds in other pieces", arguments: Seeds.forThisRun(8))
    func pieces(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let all = RequirementTable.topics.flatMap(\.requirements).filter { $0.client.steps.count == 1 }
        for _ in 0..<12 {
            guard let requirement = all.randomElement(using: &random) else { return }
            let client = requirement.client.cut(into: Int.random(in: 2...6, using: &random), using: &random)
            try await requirement.sent(as: client).check(comment: "seed \(seed): ")
        }
    }
}
