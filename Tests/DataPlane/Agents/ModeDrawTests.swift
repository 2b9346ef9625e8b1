import Control
import TestSupport
import Testing

@testable import DataPlane

@Suite("The draw of a request's mode")
struct ModeDrawTests {
    private static func settings(_ mode: AgentMode, _ split: Int) -> AgentSettings {
        var settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 1984)))
        settings.mode = mode
        settings.split = split
        return settings
    }

    @Test(
        "the other mode's share is the split, within six standard deviations", arguments: AgentMode.allCases,
        [0, 1, 10, 50, 90, 99, 100])
    func share(mode: AgentMode, split: Int) {
        for seed in Seeds.forThisRun(5) {
            var draw = ModeDraw(Self.settings(mode, split), seed: seed)
            let count = 20_000
            var others = 0
            for _ in 0..<count where draw.next() != mode { others += 1 }
            let share = Double(split) / 100
            let bound = 6 * (Double(count) * share * (1 - share)).squareRoot()
            let isWithin = abs(Double(others) - Double(count) * share) <= bound
            #expect(isWithin, "SLUICE_SEED=\(seed): \(others) of \(count)")
        }
    }

    @Test("neighbors in the sequence do not depend on each other", arguments: Seeds.forThisRun(5))
    func independence(seed: UInt64) {
        var draw = ModeDraw(Self.settings(.keepalive, 50), seed: seed)
        let count = 20_000
        var last = draw.next()
        var changes = 0
        for _ in 0..<count {
            let next = draw.next()
            if next != last { changes += 1 }
            last = next
        }
        let bound = 6 * (Double(count) / 4).squareRoot()
        #expect(abs(Double(changes) - Double(count) / 2) <= bound, "SLUICE_SEED=\(seed): \(changes) changes")
    }

    @Test("a change of the settings goes on in the sequence, and the same seed draws the same")
    func changed() {
        let (half, tenth) = (Self.settings(.keepalive, 50), Self.settings(.normal, 10))
        var (first, second) = (ModeDraw(half, seed: 7), ModeDraw(half, seed: 7))
        #expect((0..<100).map { _ in first.next() } == (0..<100).map { _ in second.next() })
        // Began anew it would repeat what it drew.
        var (going, begun) = (first.changed(to: half), ModeDraw(half, seed: 7))
        #expect((0..<100).map { _ in going.next() } != (0..<100).map { _ in begun.next() })
        var changed = first.changed(to: tenth)
        #expect((0..<1000).count { _ in changed.next() == .normal } > 800)
    }
}
