import Control
import TestSupport
import Testing

@testable import DataPlane

/// Whole deployments in a simulated world: `SLUICE_SEEDS=1000` runs that many, `SLUICE_SEED=7` replays one,
/// `SLUICE_TRACE=1` prints all that happens in it, and `SLUICE_SIMULATE=10m` runs new ones for as long as it says.
@Suite(.serialized) struct SimulationTests {
    @Test("without trouble every request gets its answer", arguments: Seeds.forThisRun(20))
    func calm(seed: UInt64) { check(.calm, seed) }

    @Test("no request fails because modes and limits change", arguments: Seeds.forThisRun(30))
    func switching(seed: UInt64) { check(.switching, seed) }

    @Test("no request is lost to what an operator does to agents", arguments: Seeds.forThisRun(40))
    func operating(seed: UInt64) { check(.operating, seed) }

    @Test("in any trouble each answer is right or an error", arguments: Seeds.forThisRun(175))
    func trouble(seed: UInt64) { check(.trouble, seed) }

    private func check(_ kind: RunKind, _ seed: UInt64) {
        let run = kind.run(seed: seed)
        #expect(kind.faults(of: run) == [], "\(kind.replay(seed))")
    }

    @Test("the same seed gives the same run", arguments: Seeds.forThisRun(5))
    func replays(seed: UInt64) {
        let hashes = (0..<2).map { _ in RunKind.trouble.run(seed: seed).world.traceHash }
        #expect(hashes[0] == hashes[1], "seed \(seed)")
    }

    @Test("for as long as asked, no run breaks a rule", .enabled(if: LongSimulation.duration != nil))
    func long() throws {
        var simulation = LongSimulation()
        simulation.run(for: try #require(LongSimulation.duration))
        #expect(simulation.failures == [])
    }

    @Test("runs are as varied as they should be")
    func varied() {
        var tally: [String: Int] = [:]
        for seed in 0..<120 as Range<UInt64> {
            tally.merge(RunKind.trouble.run(seed: seed).journal.tally) { $0 + $1 }
        }
        for kind in Self.kinds { #expect(tally[kind, default: 0] > 0, "\(kind) in \(tally)") }
    }

    private static let kinds = [
        "reused", "retry", "early answer", "early answer and a close", "cut answer", "handover", "permit",
        "client handed over",
        "idempotent request met a stale socket", "other request met a stale socket", "unix client", "unix upstream",
        "agent removed", "agent drained", "no route", "operator closed a socket", "garbage answer", "overlong answer",
        "unasked bytes", "client ignores an end", "trailers",
        "flood of interims", "ignored Expect", "upstream left within a request", "client left within an answer",
        "GET tunnel", "CONNECT tunnel", "TRACE at its last hop", "OPTIONS at its last hop", "508",
        "client stalls", "client halfCloses", "client closes", "client resets",
        "1.0 length answer", "1.0 untilClose answer", "1.0 none answer", "1.1 chunked answer", "1.1 none answer",
        "100", "102", "103", "400", "408", "413", "414", "431", "501", "502", "503", "504", "505",
    ]
}
