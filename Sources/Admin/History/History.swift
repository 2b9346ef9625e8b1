import Control
import FoundationEssentials
import Locks
import Synchronization

/// The figures of all agents over time. 100 agents take 9.4 MB: (900 + 1440) slots of 40 bytes each.
final class History: Sendable {
    /// How one agent fared, for ``append(_:at:time:)``.
    struct Entry {
        let agent: AgentSnapshot
        /// Since the sample before; nil when the agent was not in it.
        let latest: Activity?
        /// In the window that quantiles are read from.
        let longer: Activity
    }

    /// What was asked for.
    struct View {
        /// The first slot's begin.
        let start: Date
        /// When the window began, to look for what else happened in it.
        let earliest: ContinuousClock.Instant
        /// By agent, in order of their names; each a list by ``HistoryColumn``.
        let agents: [(name: String, columns: [[Float?]])]
    }

    private struct State {
        var series: [String: HistorySeries] = [:]
        var origin: ContinuousClock.Instant?
        /// The newest second, counted from the origin, and when it was.
        var second = 0
        var at: ContinuousClock.Instant?
        var time = Date.distantPast

        /// Lets go of agents that are too long gone, or too many.
        mutating func forget() {
            series = series.filter { [second] in second - $0.value.seconds.newest < HistorySeries.minutesMax * 60 }
            let gone = series.filter { $0.value.seconds.newest < second }.map { ($0.value.seconds.newest, $0.key) }
            for (_, name) in gone.sorted(by: <).dropLast(History.goneMax) { series[name] = nil }
        }
    }

    /// How many agents are remembered that are no more.
    static let goneMax = 32

    private let state = Lock(State())

    /// Takes the sample of a second; agents that are not in it are no more.
    func append(_ entries: [Entry], at now: ContinuousClock.Instant, time: Date) {
        state.withLock { state in
            let origin = state.origin ?? now
            state.origin = origin
            // Samples come a second apart, give or take: the nearest second is theirs.
            let second = max(state.second, Int(origin.duration(to: now).seconds.rounded()))
            state.second = second
            state.at = now
            state.time = time
            for entry in entries {
                state.series[entry.agent.name, default: HistorySeries()].append(
                    entry.agent.figures, latest: entry.latest, longer: entry.longer, at: now, second: second)
            }
            if state.series.count > entries.count { state.forget() }
        }
    }

    /// The columns of the agents called `names` and, with `gone`, of those that were there in the window.
    func view(_ query: HistoryQuery, names: [String], gone: Bool) -> View {
        // A copy, so that reading a day of it keeps no sample waiting.
        let (series, second, at, time) = state.withLock { ($0.series, $0.second, $0.at, $0.time) }
        let (step, count) = (query.step, query.count)
        var agents: [(name: String, columns: [[Float?]])] = []
        let others = gone ? series.keys.filter { !names.contains($0) } : []
        for name in (names + others).sorted() {
            let columns = HistoryColumn.allCases.map { column in
                series[name]?.column(column, newest: second, step: step, count: count)
                    ?? [Float?](repeating: nil, count: count)
            }
            if names.contains(name) || columns.contains(where: { $0.contains { $0 != nil } }) {
                agents.append((name, columns))
            }
        }
        // How far the first slot's begin lies behind the newest second.
        let back = second - (second / step - count + 1) * step
        return View(
            start: time - Double(back), earliest: (at ?? .now) - .seconds(query.window), agents: agents)
    }

    /// Whether there is anything of an agent called `name`.
    func knows(_ name: String) -> Bool { state.withLock { $0.series[name] != nil } }
}
