import Control

extension Advice {
    // Minutes in which free sockets were taken that must be seen.
    private static let usedMinutesMin = 10

    /// As many free sockets as are really used again.
    static func maxFreeSockets(_ agent: AgentSnapshot, minutes: [TrafficMinute]) -> Advice {
        let figures = agent.figures
        let current = Double(agent.settings.maxFreeSockets)
        var advice = Advice(setting: "maxFreeSockets", current: current)
        let fewest = fewestFree(figures.reuse)
        advice.evidence = ["minutes": Double(fewest.count)]
        guard fewest.count >= usedMinutesMin, let unused = fewest.min() else {
            advice.sentence =
                "not enough seen: free sockets were used in \(fewest.count) of the "
                + "\(usedMinutesMin) minutes that it takes to tell"
            return advice
        }
        let dropped = figures.closed[CloseReason.maxFreeSockets.rawValue]
        let created = figures.createdTotal
        advice.evidence["neverUsed"] = Double(unused)
        advice.evidence["closedForTooMany"] = Double(dropped)
        advice.evidence["created"] = Double(created)
        // Most that were ever free at once: no more than are open, and than may be.
        let most = min(Double(figures.open), current)
        // And as many may come free at once as the busiest minute had in use.
        let busiest = secondsHeld(figures).flatMap { held in minutes.map { $0.rate * held }.max() }
        let needed = busiest.map { ($0 + 2.33 * $0.squareRoot() + 1).rounded(.up) } ?? current
        let wanted = max(most - Double(unused), needed)
        if unused == 0, created >= 100, 10 * dropped >= created {
            let value = min(max(needed, current + 1), Double(agent.settings.maxSockets))
            guard value > current else {
                advice.sentence = "nothing to change: it is as many as maxSockets already"
                return advice
            }
            advice.value = value
            advice.confidence = .medium
            advice.sentence =
                "\(Words.count(dropped)) sockets were closed because too many were free, "
                + "\(Words.count(created)) opened, and every free one was used again: more of them would be, too"
        } else if Double(unused) >= max(2, most / 5), wanted < current {
            advice.value = wanted
            advice.confidence = .medium
            advice.sentence =
                "in none of the last \(fewest.count) minutes were fewer than \(Words.count(unused)) sockets "
                + "left free: so many are never used"
        } else {
            advice.sentence = "nothing to change: nearly all free sockets were used again"
        }
        return advice
    }

    /// For each of the last whole minutes in which a free socket was taken: how many were left, when fewest were.
    ///
    /// A loop that took none in a minute says nothing of its own: then only those of the others count.
    private static func fewestFree(_ loops: [SocketReuseSnapshot]) -> [UInt64] {
        let rows = loops.flatMap(\.fewestFree)
        guard let newest = rows.map(\.minute).max() else { return [] }
        var byMinute: [UInt64: UInt64] = [:]
        // The newest minute is not over, and what a quiet loop kept of long ago is not of the last ones.
        for row in rows where row.minute < newest && row.minute + UInt64(SocketReuse.minutes) > newest {
            byMinute[row.minute, default: 0] += row.free
        }
        return Array(byMinute.values)
    }
}
