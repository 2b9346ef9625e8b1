@testable import DataPlane

/// How many sockets each agent may have: its limit, or what was out when that was lowered, until it has fallen.
struct Allowances {
    private struct Allowance {
        var now: Int
        var past: [(time: UInt64, value: Int)] = []
    }

    private var allowances: [AgentID: Allowance] = [:]

    /// Takes note of what is out, after each turn of a loop.
    mutating func note(_ deployment: SimulatedDeployment) {
        for agent in deployment.incarnations {
            // One that nothing holds any longer has no socket.
            let (limit, permits, _) = agent.ledger?.figures ?? (0, 0, 0)
            var allowance = allowances[agent.id] ?? Allowance(now: limit)
            let now = max(limit, min(allowance.now, permits))
            if permits > max(limit, allowance.now) {
                deployment.world.violate(
                    .books, "\(agent.name): \(permits) permits, \(allowance.now) were allowed")
            }
            if now != allowance.now {
                allowance.past.append((deployment.world.now, allowance.now))
                allowance.now = now
            }
            allowances[agent.id] = allowance
        }
    }

    /// How many the upstream of the agents called `name` may see now: of all of them together, what was allowed while
    /// the connect was under way.
    func allowed(_ name: String, _ deployment: SimulatedDeployment) -> Int {
        deployment.incarnations.filter { $0.name == name }.reduce(0) { sum, agent in
            let limit = agent.ledger?.figures.limit ?? 0
            guard let allowance = allowances[agent.id] else { return sum + limit }
            let past = allowance.past.reversed().prefix { $0.time + 2_000_000 >= deployment.world.now }.map(\.value)
            return sum + max(allowance.now, past.max() ?? 0, limit)
        }
    }
}
