import Testing

@testable import DataPlane

/// What kind of run it is; each kind promises its own.
enum RunKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// Nothing goes wrong: every request gets its answer.
    case calm
    /// Modes and limits change meanwhile: every request gets its answer all the same.
    case switching
    /// Agents come and go and are drained, routes change and sockets are closed meanwhile: every request gets its answer,
    /// unless its agent was drained or there was no route for it.
    case operating
    /// All goes wrong that can: each answer is right, or an error, or visibly cut.
    case trouble

    /// Runs it by `seed` to its end.
    func run(seed: UInt64) -> SimulatedRun {
        let run = SimulatedRun(seed: seed) { swarm, world in
            switch self {
            case .calm: break
            case .switching:
                swarm.changesMax = 60
                swarm.changesModesOnly = true
            case .operating:
                swarm.addOperations(world)
                swarm.changesMax = world.among([0, 20])
                swarm.changesModesOnly = true
            case .trouble:
                swarm.addTrouble(world: world)
                // By the seed, so that those without it are as they would be.
                if seed % 4 == 3 { swarm.addOperations(world) }
            }
        }
        run.run()
        return run
    }

    /// What went against the promises, in words.
    func faults(of run: SimulatedRun) -> [String] {
        switch self {
        case .calm:
            let lost = run.journal.sent - run.journal.whole
            return run.world.violations + run.problems + (lost == 0 ? [] : ["\(lost) requests got no answer"])
        case .operating:
            let lost = run.journal.sent - run.journal.whole - run.journal.refusals
            return run.world.violations + run.problems + (lost == 0 ? [] : ["\(lost) requests got no answer"])
        case .switching: return run.world.violations + run.problems
        case .trouble: return run.world.violations
        }
    }

    var testDescription: String { rawValue }

    /// The command that replays a run of this kind; `SLUICE_TRACE=1` before it prints all that happens.
    func replay(_ seed: UInt64) -> String {
        "SLUICE_SEED=\(seed) swift test --disable-xctest --filter SimulationTests/\(rawValue)"
    }
}
