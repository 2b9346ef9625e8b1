import Control
import TestSupport
import Testing

@testable import DataPlane

/// Whole deployments in a simulated world; `SLUICE_SEED` replays one, `SLUICE_TRACE=1` prints all that happens in it.
@Suite(.serialized) struct SimulationTests {
    @Test("without trouble every request gets its answer", arguments: Seeds.forThisRun(40))
    func calm(seed: UInt64) {
        let run = SimulatedRun(seed: seed) { _, _ in }
        run.run()
        #expect(run.world.violations.isEmpty, "seed \(seed)")
        #expect(run.problems.isEmpty, "seed \(seed)")
        #expect(run.journal.whole == run.journal.sent, "seed \(seed)")
    }

    @Test("no request fails because modes and limits change", arguments: Seeds.forThisRun(60))
    func switching(seed: UInt64) {
        let run = SimulatedRun(seed: seed) { swarm, _ in
            swarm.changesMax = 60
            swarm.changesModesOnly = true
        }
        run.run()
        #expect(run.world.violations.isEmpty, "seed \(seed)")
        #expect(run.problems.isEmpty, "seed \(seed)")
    }

    @Test("in any trouble each answer is right or an error", arguments: Seeds.forThisRun(250))
    func trouble(seed: UInt64) {
        let run = SimulatedRun(seed: seed) { $0.addTrouble(world: $1) }
        run.run()
        #expect(run.world.violations.isEmpty, "seed \(seed)")
    }

    @Test("the same seed gives the same run", arguments: Seeds.forThisRun(5))
    func replays(seed: UInt64) {
        let hashes = (0..<2).map { _ in
            let run = SimulatedRun(seed: seed) { $0.addTrouble(world: $1) }
            run.run()
            return run.world.traceHash
        }
        #expect(hashes[0] == hashes[1], "seed \(seed)")
    }

    @Test("runs are as varied as they should be")
    func varied() {
        var tally: [String: Int] = [:]
        for seed in 0..<60 as Range<UInt64> {
            let run = SimulatedRun(seed: seed) { $0.addTrouble(world: $1) }
            run.run()
            tally.merge(run.journal.tally) { $0 + $1 }
        }
        let kinds = [
            "reused", "retry", "early answer", "cut answer", "handover", "permit", "400", "408", "502", "503", "504",
            "GET left on a reused socket", "POST left on a reused socket",
        ]
        for kind in kinds { #expect(tally[kind, default: 0] > 0, "\(kind) in \(tally)") }
    }
}
