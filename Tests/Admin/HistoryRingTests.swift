import Control
import FoundationEssentials
import TestSupport
import Testing

@testable import Admin

/// The history's parts, without the API around them.
@Suite struct HistoryRingTests {
    private func row(_ value: Double) -> HistoryRow {
        var row = HistoryRow()
        row[.requests] = value
        return row
    }

    @Test("a ring is what a dictionary would be that forgets", arguments: Seeds.forThisRun(20))
    func model(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let slotsMax = Int.random(in: 1...20, using: &random)
        var ring = HistoryRing(slotsMax: slotsMax)
        var model: [Int: Float] = [:]
        var slot = Int.random(in: 0...3, using: &random)
        for _ in 0..<200 {
            slot += [0, 1, 1, 1, 2, Int.random(in: 0...50, using: &random)].randomElement(using: &random) ?? 1
            let value = Float(Int.random(in: 0...1000, using: &random))
            ring.put(row(Double(value)), at: slot)
            // An older one is too late.
            ring.put(row(-1), at: slot - 1)
            model[slot] = value
            model = model.filter { $0.key > slot - slotsMax }
            let first = slot - Int.random(in: 0...(slotsMax + 5), using: &random)
            let last = max(first, slot - Int.random(in: -3...slotsMax, using: &random))
            let expected = (first...last).compactMap { model[$0] }
            let mean = ring.mean(.requests, in: first...last)
            #expect(mean == (expected.isEmpty ? nil : expected.reduce(0, +) / Float(expected.count)), "seed \(seed)")
            #expect(ring.mean(.p50, in: first...last) == nil, "seed \(seed)")
        }
    }

    @Test("an empty ring has nothing")
    func empty() {
        let ring = HistoryRing(slotsMax: 3)
        #expect(ring.mean(.free, in: 0...0) == nil && ring.mean(.free, in: -5...5) == nil)
    }

    private func append(_ history: History, _ names: [String], second: Int, from start: ContinuousClock.Instant) {
        let settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 1984)))
        let entries = names.map { name in
            History.Entry(
                agent: AgentSnapshot(name: name, settings: settings, version: 1), latest: Activity(), longer: Activity()
            )
        }
        history.append(entries, at: start + .seconds(second), time: Date(timeIntervalSince1970: Double(second)))
    }

    @Test("a day later the first seconds and minutes are gone, and time goes on where it should")
    func day() throws {
        let history = History()
        let start = ContinuousClock.now
        for second in 0..<1_000 { append(history, ["k"], second: second, from: start) }
        let query = try HistoryQuery(["window": "1000"])
        #expect(query.step == 60 && query.count == 17)
        var view = history.view(query, names: ["k"], gone: true)
        #expect(view.start == Date(timeIntervalSince1970: 0))
        #expect(view.earliest == start + .seconds(-1))
        #expect(view.agents[0].columns[0].allSatisfy { $0 == 0 })
        view = history.view(try HistoryQuery([:]), names: ["k"], gone: true)
        #expect(view.start == Date(timeIntervalSince1970: 100) && view.agents[0].columns[0].allSatisfy { $0 == 0 })

        append(history, ["k"], second: 90_000, from: start)
        view = history.view(try HistoryQuery(["window": "24h"]), names: ["k"], gone: true)
        #expect(view.agents[0].columns[HistoryColumn.free.rawValue].compactMap { $0 } == [0])
        #expect(view.start == Date(timeIntervalSince1970: 90_000 - 1_439 * 60))
    }

    @Test("of agents that are gone only the last few are remembered, and none for longer than a day")
    func gone() throws {
        let history = History()
        let start = ContinuousClock.now
        for second in 0..<200 { append(history, ["k", "agent-\(second)"], second: second, from: start) }
        var view = history.view(try HistoryQuery([:]), names: ["k"], gone: true)
        // The last one is still there.
        #expect(view.agents.count == History.goneMax + 2)
        #expect(view.agents.contains { $0.name == "agent-199" } && view.agents.contains { $0.name == "agent-167" })
        #expect(history.knows("agent-167") && !history.knows("agent-166"))
        append(history, ["k"], second: 199 + 86_400, from: start)
        view = history.view(try HistoryQuery(["window": "24h"]), names: ["k"], gone: true)
        #expect(view.agents.map(\.name) == ["k"] && !history.knows("agent-199"))
    }
}
