import Control
import Insight

/// Advice as the API shows it.
enum AdviceJSON {
    /// All of an agent's, each with the merge patch that follows it.
    static func full(_ advice: [Advice], of agent: AgentSnapshot) -> JSONValue {
        ["agent": .string(agent.name), "advice": .list(advice.map(one))]
    }

    private static func one(_ advice: Advice) -> JSONValue {
        [
            "setting": .string(advice.setting), "current": .figure(advice.current), "value": .figure(advice.value),
            "confidence": .string(advice.confidence.rawValue), "sentence": .string(advice.sentence),
            "evidence": .object(advice.evidence.mapValues { .figure($0) }),
            "patch": advice.value.map { .object([advice.setting: .figure($0)]) } ?? .null,
        ]
    }
}
