import Control

/// The history of one agent: a slot a second for 15 minutes, and one a minute for 24 hours.
struct HistorySeries: Sendable {
    /// Slots of a second that are kept.
    static let secondsMax = 900
    /// Slots of a minute that are kept.
    static let minutesMax = 1440

    private(set) var seconds = HistoryRing(slotsMax: secondsMax)
    private(set) var minutes = HistoryRing(slotsMax: minutesMax)
    private var minute = Minute()

    /// What of the minute under way is needed to say how it went so far.
    private struct Minute: Sendable {
        var number = -1
        /// The last sample before it.
        var before: Sample?
        var last: Sample?
        /// The states of sockets and the pending requests of its samples, added up.
        var sums = [Double](repeating: 0, count: HistoryColumn.allCases.count)
        var samples = 0.0
    }

    private struct Sample: Sendable {
        let figures: AgentFigures
        let at: ContinuousClock.Instant
    }

    private static let gauges: [HistoryColumn] = [.connecting, .active, .free, .pending]

    /// Takes the agent's figures of one second.
    ///
    /// - Parameters:
    ///   - latest: What it did since the sample before; nil when that had no such agent.
    ///   - longer: What it did in the window that quantiles are read from.
    mutating func append(
        _ figures: AgentFigures, latest: Activity?, longer: Activity, at now: ContinuousClock.Instant, second: Int
    ) {
        var row = HistoryRow()
        row[.connecting] = Double(figures.connecting)
        row[.active] = Double(figures.active)
        row[.free] = Double(figures.free)
        row[.pending] = Double(figures.pending)
        row.put(rates: latest)
        row.put(quantiles: longer)
        seconds.put(row, at: second)

        if minute.number != second / 60 {
            // One that was away for a while begins afresh.
            minute = Minute(number: second / 60, before: minute.number == second / 60 - 1 ? minute.last : nil)
            if minute.before == nil { minute.before = Sample(figures: figures, at: now) }
        }
        minute.samples += 1
        minute.last = Sample(figures: figures, at: now)
        var mean = HistoryRow()
        for gauge in Self.gauges {
            minute.sums[gauge.rawValue] += row[gauge] ?? 0
            mean[gauge] = minute.sums[gauge.rawValue] / minute.samples
        }
        if let before = minute.before, before.at < now {
            let whole = Activity(from: before.figures, to: figures, seconds: before.at.duration(to: now).seconds)
            mean.put(rates: whole)
            mean.put(quantiles: whole)
        }
        // Written each second, so that the minute under way shows too.
        minutes.put(mean, at: second / 60)
    }

    /// The figures of a column in slots of `step` seconds, the last of which holds the second `newest`.
    func column(_ column: HistoryColumn, newest: Int, step: Int, count: Int) -> [Float?] {
        let last = newest / step
        return (last - count + 1...last).map { slot in
            let (first, final) = (slot * step, slot * step + step - 1)
            guard final >= 0 else { return nil }
            if !step.isMultiple(of: 60), first > newest - Self.secondsMax {
                return seconds.mean(column, in: max(0, first)...final)
            }
            return minutes.mean(column, in: max(0, first) / 60...final / 60)
        }
    }
}

extension HistoryRow {
    fileprivate mutating func put(rates activity: Activity?) {
        self[.requests] = activity?.requests
        self[.created] = activity?.created
        self[.closed] = activity?.closed
    }

    fileprivate mutating func put(quantiles activity: Activity) {
        self[.p50] = activity.latency.quantile(0.5)
        self[.p90] = activity.latency.quantile(0.9)
        self[.p99] = activity.latency.quantile(0.99)
    }
}
