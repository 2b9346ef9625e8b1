import Control

extension Advice {
    /// Just below the age at which the upstream closes idle sockets, so that no request races a close.
    static func freeSocketTimeout(_ agent: AgentSnapshot) -> Advice {
        let current = agent.settings.freeSocketTimeout.seconds
        var advice = Advice(setting: "freeSocketTimeout", current: current)
        let figures = agent.figures
        let times = IdleTimes(figures.reuse, closed: figures.closed[CloseReason.upstreamClosedIdle.rawValue])
        advice.evidence = ["idleTimes": Double(times.all), "closesByUpstream": Double(times.closes.count)]
        guard times.all > 0 else {
            advice.sentence = "not enough seen: no free socket was used again or closed yet"
            return advice
        }
        guard let found = ClosingAge(times) else {
            let closed = UInt64(times.closes.count)
            advice.sentence =
                "how long the upstream keeps idle sockets cannot be told: of \(Words.count(times.all)) it closed "
                + (closed == 0 ? "none" : "\(Words.count(closed)), at no age in common") + longer(figures)
            return advice
        }
        let reached = UInt64(max(found.closes, found.atRisk).rounded())
        advice.evidence.merge([
            "closingAge": found.age, "latestClosingAge": found.latest, "closesAtAge": found.closes.rounded(),
            "reachedAge": Double(reached), "survivedAge": (Double(reached) - found.closes).rounded(),
        ]) { $1 }
        advice.confidence = confidence(found)
        let value = below(found.age)
        let seen =
            "the upstream closes sockets that are idle for \(Words.duration(found.age)): so it did "
            + "\(Words.count(UInt64(found.closes.rounded()))) of \(Words.count(reached)) that were so long"
        guard current > value else {
            advice.sentence = "nothing to change: \(seen), and this closes them sooner"
            return advice
        }
        advice.value = value
        advice.sentence = "\(seen); closed a little sooner, none is used just as it closes"
        return advice
    }

    /// A twentieth or half a second below `age`, whichever is more; at least half of it, and a tenth of a second.
    private static func below(_ age: Double) -> Double {
        let value = max(0.1, age - min(max(age / 20, 0.5), age / 2))
        let steps: Double = value >= 10 ? 2 : value >= 1 ? 10 : 100
        return (value * steps + 1e-9).rounded(.down) / steps
    }

    private static func confidence(_ found: ClosingAge) -> Confidence {
        if found.share >= 0.9, found.closes >= 30 { return .high }
        return found.share >= 0.5 && found.closes >= 10 ? .medium : .low
    }

    /// Whether a longer timeout would bring reuse: only if this one closes sockets that are then opened anew.
    private static func longer(_ figures: AgentFigures) -> String {
        let own = figures.closed[CloseReason.freeSocketTimeout.rawValue]
        let created = figures.createdTotal
        guard own > 0, 10 * own >= created else { return "; a longer timeout would hardly bring more reuse" }
        return
            "; this timeout closed \(Words.count(own)) of \(Words.count(created)) sockets opened, so a longer one may "
            + "bring more reuse"
    }
}
