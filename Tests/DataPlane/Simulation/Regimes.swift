import Control

@testable import DataPlane

/// Which routes were in force and which agents drained, and when any loop worked by it: what may become of a request.
final class Regimes {
    private struct Regime {
        let generation: UInt64
        let routes: [Route]
        let draining: Set<String>
        let from: UInt64
        var until = UInt64.max

        /// The agent for requests whose path begins with `prefix`, which is the whole of a route's or of none's.
        func agent(for prefix: String) -> String? {
            (routes.first { $0.prefix == prefix } ?? routes.first { $0.prefix == "/" })?.agent
        }
    }

    private var regimes: [Regime] = []

    /// From `now` on a loop may work by `blueprint`.
    func begin(_ blueprint: Blueprint, now: UInt64) {
        let draining = Set(blueprint.agents.filter(\.isDraining).map(\.name))
        regimes.append(
            Regime(
                generation: blueprint.generation, routes: blueprint.configuration.routes, draining: draining, from: now)
        )
    }

    /// No loop works any longer by what is older than `generation`.
    func end(before generation: UInt64, now: UInt64) {
        for index in regimes.indices where regimes[index].generation < generation {
            regimes[index].until = min(regimes[index].until, now)
        }
    }

    /// Whether the head of a request may have been taken, since a moment, for the agent called `name`.
    func mayReach(_ name: String, prefix: String, since: UInt64) -> Bool {
        contains(since) { $0.agent(for: prefix) == name && !$0.draining.contains(name) }
    }

    /// Whether it may have been refused because its agent was drained.
    func mayBeDrained(prefix: String, since: UInt64) -> Bool {
        contains(since) { regime in regime.agent(for: prefix).map { regime.draining.contains($0) } ?? false }
    }

    /// Whether it may have been refused because there was no route for it.
    func mayLackRoute(prefix: String, since: UInt64) -> Bool {
        contains(since) { $0.agent(for: prefix) == nil }
    }

    private func contains(_ since: UInt64, _ isSuch: (Regime) -> Bool) -> Bool {
        regimes.contains { $0.until >= since && isSuch($0) }
    }
}
