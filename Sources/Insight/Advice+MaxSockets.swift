import Control

extension Advice {
    // Below it the mean time that a request holds a socket says little.
    private static let requestsMin: UInt64 = 1_000
    // A minute in which fewer waited on average is none of waiting.
    private static let pendingMin = 0.1
    // Fewer sockets are only advised after so many minutes of traffic: an hour, and what is quite sure, a day.
    private static let minutesToLower = 60
    private static let minutesToBeSure = 1_440

    /// How many sockets the traffic needs.
    ///
    /// Little's law: on average as many sockets are busy as requests come in a second times the seconds that each holds
    /// one, connecting included. Requests that come at random are a Poisson number at a time; 99 times of 100 it is
    /// below mean + 2.33 * sqrt(mean) + 1. Where clients wait for their answers before they ask again, those that
    /// wait now would be served too: at least as many sockets as were busy and requests waiting.
    static func maxSockets(_ agent: AgentSnapshot, minutes: [TrafficMinute]) -> Advice {
        let current = Double(agent.settings.maxSockets)
        var advice = Advice(setting: "maxSockets", current: current)
        let seen = minutes.filter { $0.rate > 0 }
        guard let held = secondsHeld(agent.figures), !seen.isEmpty else {
            advice.sentence = "not enough seen: fewer than \(Words.count(requestsMin)) requests were answered"
            return advice
        }
        let waiting = seen.filter { $0.pending >= pendingMin }
        let busiest = seen.map { $0.rate * held }.max() ?? 0
        let queued = waiting.map { $0.rate * held + $0.pending }.max() ?? 0
        let needed = max(busiest + 2.33 * busiest.squareRoot() + 1, queued).rounded(.up)
        advice.evidence = [
            "secondsHeld": held, "requestsPerSecond": seen.map(\.rate).max() ?? 0, "busySockets": busiest,
            "neededSockets": needed, "pending": seen.map(\.pending).max() ?? 0, "minutes": Double(seen.count),
            "minutesWaited": Double(waiting.count),
        ]
        let load =
            "in the busiest minute \(Words.fixed(busiest, busiest < 10 ? 1 : 0)) sockets were busy on average, and "
            + "\(Words.count(UInt64(needed))) are enough 99 times of 100"
        if !waiting.isEmpty, needed > current {
            advice.value = min(needed, 1_000_000)
            advice.confidence = waiting.count >= 10 ? .high : waiting.count >= 2 ? .medium : .low
            advice.sentence =
                "requests waited for a socket in \(waiting.count) of \(Words.minutes(seen.count)); \(load)"
        } else if !waiting.isEmpty {
            advice.sentence = "nothing to change: requests waited at times, in bursts; \(load)"
        } else if seen.count < minutesToLower {
            advice.sentence =
                "nothing to change: no request waited for a socket in \(Words.minutes(seen.count)); \(load)"
        } else if max(4, (1.5 * needed).rounded(.up)) <= current / 2 {
            advice.value = max(4, (1.5 * needed).rounded(.up))
            advice.confidence = seen.count >= minutesToBeSure ? .medium : .low
            advice.sentence = "far fewer would do: \(load); this is half as many again"
        } else {
            advice.sentence = "nothing to change: \(load)"
        }
        return advice
    }

    /// How long a request holds a socket, on average; nil when too few tell.
    static func secondsHeld(_ figures: AgentFigures) -> Double? {
        let latency = figures.lastByte[0] + figures.lastByte[1]
        guard latency.count >= requestsMin else { return nil }
        let all = latency.sumNanoseconds
        return Double(all - min(all, figures.waited.sumNanoseconds)) / Double(latency.count) / 1e9
    }
}
