import Control
import Glibc

/// Simulated runs with ever new seeds for as long as `SLUICE_SIMULATE` says (`10m`, `8h`), with a report now and then:
/// how many exchanges there were, of what kinds, and each seed that broke a rule with the command that replays it.
///
/// The first seed is of chance, or `SLUICE_SEED`. An optimised build does the most in a given time:
/// `swift test -c release -Xswiftc -enable-testing --filter SimulationTests/long`.
struct LongSimulation {
    /// How long it shall run; nil when nobody asked.
    static var duration: Duration? {
        getenv("SLUICE_SIMULATE").flatMap { Duration(text: String(cString: $0)) }
    }

    // A report each half minute; more failures than this are the same few again.
    private static let reportEvery = Duration.seconds(30)
    private static let failuresMax = 20

    /// The runs that broke a rule: what they broke, and how to see it again.
    private(set) var failures: [String] = []

    private var runs = 0
    private var exchanges = 0
    private var answers = 0
    private var tally: [String: Int] = [:]
    private let began = ContinuousClock.now
    private var reportedAt = ContinuousClock.now

    /// Runs one after the other until so much time has passed, or far too many have failed.
    mutating func run(for duration: Duration) {
        let first =
            getenv("SLUICE_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 1...999_999) * 1_000_000
        print("simulating for \(duration.text), from seed \(first) on")
        let end = began + duration
        var seed = first
        while ContinuousClock.now < end, failures.count < Self.failuresMax {
            // Most of what can be found lies in trouble.
            one(seed % 8 == 0 ? .calm : seed % 8 == 1 ? .switching : seed % 8 == 2 ? .operating : .trouble, seed)
            seed += 1
            if ContinuousClock.now - reportedAt > Self.reportEvery { report(seed) }
        }
        report(seed)
        for (kind, count) in tally.sorted(by: { $0.key < $1.key }) { print("  \(count) \(kind)") }
    }

    private mutating func one(_ kind: RunKind, _ seed: UInt64) {
        let run = kind.run(seed: seed)
        runs += 1
        exchanges += run.journal.sent
        answers += run.journal.whole
        tally.merge(run.journal.tally) { $0 + $1 }
        let faults = kind.faults(of: run)
        guard let fault = faults.first else { return }
        failures.append("\(kind.replay(seed)): \(fault)")
        print("FAILED \(kind.replay(seed))")
        for fault in faults.prefix(4) { print("    \(fault)") }
        fflush(nil)
    }

    private mutating func report(_ seed: UInt64) {
        reportedAt = ContinuousClock.now
        let seconds = (reportedAt - began).seconds
        // Of the processor, not of the wall: others may use it too.
        let minutes = Double(clock()) / Double(CLOCKS_PER_SEC) / 60
        let rate = Int(Double(exchanges) / max(minutes, 0.001))
        print(
            "\(Int(seconds)) s, seed \(seed): \(runs) runs, \(exchanges) exchanges "
                + "(\(rate) a minute of processor time), "
                + "\(answers) whole, \(failures.count) failed")
        fflush(nil)
    }
}
