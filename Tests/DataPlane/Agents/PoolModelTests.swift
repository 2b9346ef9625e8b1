import Control
import TestSupport
import Testing

@testable import DataPlane

@Suite("Pools of several loops under random events", .serialized)
struct PoolModelTests {
    /// What may happen in a step; each run leaves some of it out, or makes it rare.
    enum Event: Int, CaseIterable {
        case request, connected, connectFailed, finished, finishedWithHints, broken, abandoned, delivered, closed
        case settings, applied, sweep, time, closedWhileFree, closeFree, nothing
    }

    @Test("every rule holds after every step, and nobody starves", arguments: Seeds.forThisRun(400))
    func randomEvents(seed: UInt64) throws {
        var choices = SplitMix64(seed: seed ^ 0x5EED)
        var settings = AgentSettings(upstream: try UpstreamURL("http://127.0.0.1:1984"))
        Self.vary(&settings, using: &choices, all: true)
        let model = PoolModel(seed: seed, loops: Int.random(in: 1...4, using: &choices), settings: settings)
        let weights = Self.weights(using: &choices)
        let total = weights.reduce(0, +)
        for step in 0..<5_000 {
            model.steps = step
            var draw = Int.random(in: 0..<total, using: &model.random)
            let event = Event.allCases.first { event in
                draw -= weights[event.rawValue]
                return draw < 0
            }
            Self.happen(event ?? .nothing, in: model)
            model.check()
            if !model.faults.isEmpty { break }
        }
        model.checkTotals()
        if model.faults.isEmpty { model.drain() }
        #expect(model.faults.isEmpty, "SLUICE_SEED=\(seed): \(model.faults)")
    }

    /// A weight for each kind of event: requests and their ends always happen, others may not.
    private static func weights(using random: inout SplitMix64) -> [Int] {
        Event.allCases.map { event in
            switch event {
            case .request: Int.random(in: 5...30, using: &random)
            case .connected, .finished, .delivered, .closed: Int.random(in: 3...30, using: &random)
            case .applied, .sweep, .time: Int.random(in: 1...10, using: &random)
            case .nothing: 1
            default: Bool.random(using: &random) ? 0 : Int.random(in: 1...8, using: &random)
            }
        }
    }

    private static func vary(_ settings: inout AgentSettings, using random: inout SplitMix64, all: Bool = false) {
        func change() -> Bool { all || Int.random(in: 0..<4, using: &random) == 0 }
        if change() { settings.mode = Int.random(in: 0..<4, using: &random) == 0 ? .normal : .keepalive }
        if change() {
            let some = Bool.random(using: &random)
            settings.split =
                some ? [10, 50, 90, 100, .random(in: 0...100, using: &random)].randomElement(using: &random) ?? 0 : 0
        }
        if change() { settings.maxSockets = Int.random(in: 1...6, using: &random) }
        if change() { settings.maxFreeSockets = Int.random(in: 0...8, using: &random) }
        if change() { settings.maxPending = Int.random(in: 0...12, using: &random) }
        if change() { settings.freeSocketTimeout = .milliseconds(Int.random(in: 1...400, using: &random)) }
        if change() {
            let some = Bool.random(using: &random)
            settings.socketActiveTTL = some ? .milliseconds(Int.random(in: 1...500, using: &random)) : nil
        }
        if change() {
            settings.maxRequestsPerSocket = Bool.random(using: &random) ? Int.random(in: 1...9, using: &random) : nil
        }
        if change() { settings.scheduling = Bool.random(using: &random) ? .lifo : .fifo }
    }

    private static func happen(_ event: Event, in model: PoolModel) {
        let loop = Int.random(in: 0..<model.pools.count, using: &model.random)
        switch event {
        case .request: model.request(loop: loop)
        case .connected: pick(.connecting, loop, model) { $0.connect(loop: loop, $1, succeeds: true) }
        case .connectFailed: pick(.connecting, loop, model) { $0.connect(loop: loop, $1, succeeds: false) }
        case .finished:
            pick(.active, loop, model) {
                $0.finish(loop: loop, $1, outcome: .reusable(keepAliveTimeout: nil, keepAliveMax: nil))
            }
        case .finishedWithHints:
            pick(.active, loop, model) {
                let timeout = UInt32.random(in: 0...3, using: &$0.random)
                let max = UInt32.random(in: 0...4, using: &$0.random)
                $0.finish(loop: loop, $1, outcome: .reusable(keepAliveTimeout: timeout, keepAliveMax: max))
            }
        case .broken: pick(.active, loop, model) { $0.finish(loop: loop, $1, outcome: .close(.reset)) }
        case .abandoned:
            guard !model.waiting.isEmpty else { return }
            let tickets = model.waiting.keys.sorted { $0.rawValue < $1.rawValue }
            model.abandon(tickets[Int.random(in: 0..<tickets.count, using: &model.random)])
        case .delivered:
            guard !model.messages.isEmpty else { return }
            model.deliver(Int.random(in: 0..<model.messages.count, using: &model.random))
        case .closed:
            guard !model.closing.isEmpty else { return }
            model.close(Int.random(in: 0..<model.closing.count, using: &model.random))
        case .settings:
            var settings = model.settings
            vary(&settings, using: &model.random)
            model.change(settings)
        case .applied:
            if !model.unapplied[loop].isEmpty { model.apply(loop: loop) }
        case .sweep: model.sweep(loop: loop)
        case .time:
            // Mostly within the slack, sometimes far beyond every deadline.
            let bits = UInt64.random(in: 10...29, using: &model.random)
            model.now = model.now.advanced(nanoseconds: .random(in: 0..<(1 << bits), using: &model.random))
        case .closedWhileFree: pick(.free, loop, model) { $0.closedWhileFree(loop: loop, $1) }
        case .closeFree: model.closeFree(loop: loop)
        case .nothing: break
        }
    }

    /// Calls `body` with a random socket of that loop in that state, if there is one.
    private static func pick(
        _ state: PoolModel.Descriptor.State, _ loop: Int, _ model: PoolModel,
        _ body: (PoolModel, SocketID) -> Void
    ) {
        // Sorted, because the order of a dictionary differs between runs and a seed must not.
        var found: [SocketID] = []
        for (id, descriptor) in model.sockets[loop] where descriptor.state == state { found.append(id) }
        guard !found.isEmpty else { return }
        found.sort { $0.slot < $1.slot }
        let index = Int.random(in: 0..<found.count, using: &model.random)
        body(model, found[index])
    }
}
