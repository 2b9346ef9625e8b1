import Control

/// Notices when an upstream no longer answers, and when it does again, so that each is told once.
///
/// An upstream is lost when requests to it failed and not a byte came from it since the last look; it is back with the
/// first byte. One without requests stays what it was.
struct UpstreamWatch {
    /// What there is to tell.
    enum Turn: Equatable {
        /// So many requests could not connect or got no answer.
        case lost(agent: String, upstream: String, failures: UInt64)
        case back(agent: String, upstream: String)
    }

    private struct Figures {
        var failures: UInt64 = 0
        var bytesReceived: UInt64 = 0

        init() {}

        init(_ figures: AgentFigures) {
            let errors: [AgentErrorKind] = [.connect, .reset, .closed]
            let timeouts: [AgentTimeoutKind] = [.connect, .response]
            failures =
                errors.reduce(0) { $0 &+ figures.errors[$1.rawValue] }
                &+ timeouts.reduce(0) { $0 &+ figures.timeouts[$1.rawValue] }
            bytesReceived = figures.bytesReceived
        }
    }

    private var last: [String: Figures] = [:]
    private var lost: Set<String> = []

    /// One that has not looked yet.
    init() {}

    /// Looks at all agents, again and again.
    mutating func look(at agents: [AgentSnapshot]) -> [Turn] {
        var turns: [Turn] = []
        var current: [String: Figures] = [:]
        for agent in agents {
            let name = agent.name
            let upstream = agent.settings.upstream.description
            let now = Figures(agent.figures)
            current[name] = now
            // An agent that was not there before has had neither.
            let before = last[name] ?? Figures()
            if now.bytesReceived != before.bytesReceived {
                if lost.remove(name) != nil { turns.append(.back(agent: name, upstream: upstream)) }
            } else if now.failures > before.failures, lost.insert(name).inserted {
                turns.append(.lost(agent: name, upstream: upstream, failures: now.failures - before.failures))
            }
        }
        last = current
        lost.formIntersection(current.keys)
        return turns
    }
}
