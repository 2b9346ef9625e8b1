import Control
import Glibc
import Locks
import Synchronization
import TestSupport
import Testing

@testable import DataPlane

@Suite("Pools of several loops on threads of their own", .serialized)
struct PoolThreadTests {
    @Test("every request is answered, the cap holds, and nothing is left", arguments: Seeds.forThisRun(2))
    func threads(seed: UInt64) throws {
        let loops = 4
        let world = PoolWorld(loops: loops, seed: seed, requestsPerLoop: 20_000)
        try Threads.run(loops) { index in
            var runner = PoolRunner(world: world, loop: index)
            runner.run()
        }
        let faults = world.faults.withLock { $0 }
        #expect(faults.isEmpty, "SLUICE_SEED=\(seed): \(faults)")

        // What was still on its way when the threads ended arrives now.
        var runners = world.ended.withLock { $0 }
        #expect(runners.count == loops)
        runners.sort { $0.loop < $1.loop }
        var isBusy = true
        while isBusy {
            isBusy = false
            for index in runners.indices where runners[index].receive() { isBusy = true }
        }
        for index in runners.indices { runners[index].end() }
        #expect(world.ledger.figures.permits == 0, "SLUICE_SEED=\(seed)")
        #expect(world.ledger.figures.waiting == 0, "SLUICE_SEED=\(seed)")
        #expect(world.openCount.load(ordering: .relaxed) == 0, "SLUICE_SEED=\(seed)")
        let figures = AgentFigures(summing: world.ledger.counters)
        #expect(figures.createdTotal == figures.closedTotal, "SLUICE_SEED=\(seed)")
        #expect(figures.open == 0 && figures.pending == 0, "SLUICE_SEED=\(seed)")
    }
}

/// What the threads of one run share.
final class PoolWorld: Sendable {
    enum Message: Sendable {
        case alert
        case handover(Handover)
        case permit(Ticket)
        case settings(AgentSettings)
    }

    static let socketsMax = 8

    let ledger: AgentLedger
    let settings: AgentSettings
    let seed: UInt64
    let requestsPerLoop: Int
    let clock = Atomic<UInt64>(1)
    let openCount = Atomic<Int>(0)
    let busyLoops: Atomic<Int>
    let faults = Lock<[String]>([])
    let ended = Lock<[PoolRunner]>([])
    private let mailboxes: Lock<[[Message]]>

    init(loops: Int, seed: UInt64, requestsPerLoop: Int) {
        var settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 1984)))
        settings.maxSockets = Self.socketsMax
        settings.maxFreeSockets = Self.socketsMax / 2
        self.settings = settings
        self.seed = seed
        self.requestsPerLoop = requestsPerLoop
        ledger = AgentLedger(settings: settings, counters: (0..<loops).map { _ in AgentCounters() })
        busyLoops = Atomic(loops)
        mailboxes = Lock(Array(repeating: [], count: loops))
    }

    func send(_ message: Message, to loop: Int) { mailboxes.withLock { $0[loop].append(message) } }

    func sendAll(_ message: Message) {
        mailboxes.withLock { for loop in $0.indices { $0[loop].append(message) } }
    }

    func take(_ loop: Int) -> [Message] {
        mailboxes.withLock { boxes in
            if boxes[loop].isEmpty { return [] }
            let messages = boxes[loop]
            boxes[loop] = []
            return messages
        }
    }

    func fault(_ text: String) { faults.withLock { if $0.count < 5 { $0.append(text) } } }
}

/// One thread's loop: its pool, its sockets and its requests.
struct PoolRunner: Sendable {
    let world: PoolWorld
    let loop: Int
    private var pool: Pool
    private var random: SplitMix64
    private var active: [SocketID] = []
    private var connecting: [SocketID] = []
    private var waiting: Set<Ticket> = []
    private var started = 0

    init(world: PoolWorld, loop: Int) {
        self.world = world
        self.loop = loop
        pool = Pool(ledger: world.ledger, loop: loop, settings: world.settings)
        random = SplitMix64(seed: world.seed &* 31 &+ UInt64(loop))
    }

    private var now: Instant {
        Instant(nanoseconds: world.clock.wrappingAdd(1_000, ordering: .relaxed).newValue)
    }

    private var isDone: Bool {
        started == world.requestsPerLoop && waiting.isEmpty && active.isEmpty && connecting.isEmpty
    }

    /// Runs until every loop is done; an impossible number of turns is a fault, not a hang.
    mutating func run() {
        var wasDone = false
        for _ in 0..<50_000_000 {
            let received = receive()
            if !isDone { turn() }
            if isDone, !wasDone {
                wasDone = true
                world.busyLoops.subtract(1, ordering: .relaxed)
            }
            if wasDone, world.busyLoops.load(ordering: .relaxed) == 0 {
                world.ended.withLock { $0.append(self) }
                return
            }
            if !received { sched_yield() }
        }
        world.fault("loop \(loop): \(waiting.count) requests wait for ever")
        world.busyLoops.subtract(wasDone ? 0 : 1, ordering: .relaxed)
    }

    /// Does what the other loops asked for; whether there was anything.
    mutating func receive() -> Bool {
        let messages = world.take(loop)
        for message in messages {
            switch message {
            case .alert: pool.alerted(now: now)
            case .permit(let ticket): pool.permitArrived(ticket, now: now)
            case .handover(let handover): _ = pool.arrived(handover, now: now)
            case .settings(let settings): pool.apply(settings, now: now)
            }
            runActions()
        }
        return !messages.isEmpty
    }

    /// Closes what is free, at the end.
    mutating func end() {
        pool.closeFree(reason: .drain, now: now)
        runActions()
    }

    private mutating func turn() {
        if started < world.requestsPerLoop, active.count + connecting.count + waiting.count < 6 { request() }
        if let id = connecting.popLast() {
            if Int.random(in: 0..<50, using: &random) == 0 {
                pool.connectFailed(id, now: now)
            } else {
                pool.connected(id, now: now)
                active.append(id)
            }
            runActions()
        }
        if !active.isEmpty, Bool.random(using: &random) {
            let id = active.remove(at: Int.random(in: 0..<active.count, using: &random))
            let isClean = Int.random(in: 0..<20, using: &random) != 0
            let outcome: Pool.Outcome =
                isClean ? .reusable(keepAliveTimeout: nil, keepAliveMax: nil) : .close(.upstreamClose)
            pool.finished(id, outcome: outcome, now: now)
            runActions()
        }
        if let ticket = waiting.first, Int.random(in: 0..<100, using: &random) == 0 {
            waiting.remove(ticket)
            _ = pool.abandoned(ticket, now: now)
            runActions()
        }
    }

    private mutating func request() {
        started += 1
        let ticket = Ticket(rawValue: UInt64(loop) << 32 | UInt64(started))
        let isOther = Int.random(in: 0..<100, using: &random) < pool.settings.split
        let mode: AgentMode = (pool.settings.mode == .normal) != isOther ? .normal : .keepalive
        switch pool.lease(for: ticket, mode: mode, now: now) {
        case .reuse(let id): active.append(id)
        case .open(let id): open(id)
        case .wait: waiting.insert(ticket)
        case .refused: world.fault("refused below maxPending")
        }
        runActions()
        if loop == 0, started.isMultiple(of: 500) {
            var settings = world.settings
            settings.mode = Bool.random(using: &random) ? .normal : .keepalive
            settings.split = [0, 10, 50].randomElement(using: &random) ?? 0
            settings.maxSockets = Int.random(in: 2...PoolWorld.socketsMax, using: &random)
            world.ledger.apply(settings)
            world.sendAll(.settings(settings))
        }
    }

    private mutating func open(_ id: SocketID) {
        let count = world.openCount.add(1, ordering: .relaxed).newValue
        if count > PoolWorld.socketsMax { world.fault("\(count) sockets are open") }
        connecting.append(id)
    }

    private mutating func runActions() {
        var next = 0
        while next < pool.actions.count {
            switch pool.actions[next] {
            case .close(let id, _):
                world.openCount.subtract(1, ordering: .relaxed)
                pool.closed(id, now: now)
            case .grant(let ticket, let grant):
                if waiting.remove(ticket) == nil { world.fault("\(ticket) does not wait") }
                switch grant {
                case .reuse(let id): active.append(id)
                case .open(let id): open(id)
                }
            case .handOver(_, let handover): world.send(.handover(handover), to: handover.loop)
            case .sendPermit(let target, let ticket): world.send(.permit(ticket), to: target)
            case .alert(let target): world.send(.alert, to: target)
            }
            next += 1
        }
        pool.actions.removeAll(keepingCapacity: true)
    }
}
