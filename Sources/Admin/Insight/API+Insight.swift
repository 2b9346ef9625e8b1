import Control
import Insight
import MicroHTTPD

/// What the figures of an agent say: which mode does better, and which settings suit its traffic.
extension API {
    /// Keep-alive against normal mode on the split traffic of one agent.
    func comparison(_ call: Call) throws(Problem) -> Response {
        let agent = try find(call.name)
        return json(ComparisonJSON.full(Comparison(control.trial(of: agent.name)), of: agent), call)
    }

    /// What to set otherwise for one agent, and why.
    func advice(_ call: Call) throws(Problem) -> Response {
        let agent = try find(call.name)
        return json(AdviceJSON.full(Advice.all(for: agent, minutes: try minutes(of: agent.name)), of: agent), call)
    }

    /// The traffic of the agent called `name` in the minutes of the last day that have figures.
    private func minutes(of name: String) throws(Problem) -> [TrafficMinute] {
        let day = try HistoryQuery(["window": "\(HistorySeries.minutesMax * 60)", "step": "60"])
        let view = sampler.history.view(day, names: [name], gone: false)
        guard let columns = view.agents.first?.columns else { return [] }
        return zip(columns[HistoryColumn.requests.rawValue], columns[HistoryColumn.pending.rawValue])
            .compactMap { rate, pending in
                guard let rate, let pending else { return nil }
                return TrafficMinute(rate: Double(rate), pending: Double(pending))
            }
    }
}
