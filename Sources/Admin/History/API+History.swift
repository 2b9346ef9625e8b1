import Control
import MicroHTTPD

/// The figures over time.
extension API {
    /// The columns of all agents, or of the one that is asked for, and the changes that were made meanwhile.
    func history(_ call: Call) throws(Problem) -> Response {
        let query = try HistoryQuery(call.query)
        var names = control.agents().map(\.name)
        let agent = call.query["agent"]
        if let agent {
            // One that was removed is remembered for a while.
            guard names.contains(agent) || sampler.history.knows(agent) else { throw .unknownAgent(agent) }
            names = [agent]
        }
        let view = sampler.history.view(query, names: names, gone: agent == nil)
        let bytes = HistoryJSON.encoded(
            view, query, changes: events.changes(since: view.earliest), isPretty: call.isPretty)
        return Response(status: 200, fields: [("Content-Type", "application/json")], body: .bytes(bytes))
    }
}
