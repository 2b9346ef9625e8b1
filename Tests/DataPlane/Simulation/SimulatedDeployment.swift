import Control

@testable import DataPlane

/// A whole proxy on a simulated world: several loops, driven in one thread, in an order that the seed decides.
final class SimulatedDeployment {
    /// One loop with its worker.
    struct Node {
        let kernel: SimulatedKernel
        let worker: Worker<SimulatedKernel>
        let clients: ClientCounters
        /// Until when it does nothing, as if its core were busy.
        var stalledUntil: UInt64 = 0
        /// The figures of its last turn, for the trace.
        var turns = 0
        /// Of the configuration that it works by.
        var generation: UInt64 = 1
    }

    let world: SimulatedWorld
    private(set) var nodes: [Node] = []
    /// What is in force, or will be when all loops have heard of it.
    var blueprint: Blueprint
    /// Every agent that there was, whether or not it is still there.
    var incarnations: [Incarnation] = []
    /// How many loops have yet to hear of a change.
    var appliesUnderWay = 0
    /// By worker; the Unix socket's behind them, if there is one.
    private(set) var listeners: [SimulatedListener] = []
    /// Messages between workers that are under way.
    let post: Post
    /// Called after each turn of a loop.
    var onStep: (() -> Void)?
    /// Called when all loops wait, before any time passes.
    var onRest: (() -> Void)?
    /// Called when the configuration has changed, before any loop has heard of it.
    var onChange: (() -> Void)?
    /// Called when a loop has heard of it.
    var onApplied: (() -> Void)?
    private(set) var isStopped = false
    var connections: [WeakConnection] = []

    /// Starts `loops` workers by `configuration`, with one listener for each of them or one for all, and a Unix socket
    /// beside them if `listensOnUnix`; `accessLog` gets their records.
    init(
        world: SimulatedWorld, loops: Int, configuration: Configuration, sharesListener: Bool = false,
        listensOnUnix: Bool = false, accessLog: (any AccessSink)? = nil
    ) {
        self.world = world
        post = Post(world: world)
        blueprint = Blueprint(
            configuration, addresses: Self.addresses(of: configuration.agents), loops: loops, descriptors: .max)
        var shared: (Descriptor, SimulatedListener)?
        let unix = listensOnUnix ? world.listen(isUnix: true) : nil
        let clients = (0..<loops).map { _ in ClientCounters(listeners: listensOnUnix ? 2 : 1) }
        for number in 0..<loops {
            let kernel = SimulatedKernel(world: world)
            let worker = Worker(
                kernel: kernel, number: number, clients: clients, blueprint: blueprint, accessLog: accessLog,
                post: post.callAsFunction)
            nodes.append(Node(kernel: kernel, worker: worker, clients: clients[number]))
            let (descriptor, listener) = sharesListener ? shared ?? world.listen() : world.listen()
            shared = (descriptor, listener)
            listeners.append(listener)
            let own = [descriptor] + (unix.map { [$0.0] } ?? [])
            on(worker) { $0.listen(own) }
        }
        if let unix { listeners.append(unix.1) }
        post.workers = nodes.map(\.worker)
        noteAgents()
    }

    // MARK: Steps

    /// Lets the world and all loops go on by one round, but no further than to `end`; returns false when nothing lies
    /// ahead before it.
    func step(until end: UInt64 = .max) -> Bool {
        if world.runDue() { return true }
        // One after the other from one of chance on; the odds are the same for each, whatever the number of loops.
        let first = world.pick(0...nodes.count - 1)
        for offset in nodes.indices {
            let index = (first + offset) % nodes.count
            guard isDue(nodes[index]) else { continue }
            if world.chance(world.faults.stalledLoop) {
                nodes[index].stalledUntil = world.now + world.number() % 20_000_000
                continue
            }
            turn(index)
            return true
        }
        var next = world.nextHappening ?? .max
        for node in nodes {
            next = min(next, max(node.stalledUntil > world.now ? node.stalledUntil : world.now + 1, node.dueAt))
        }
        if !nodes.contains(where: { $0.stalledUntil > world.now || isDue($0) }) { onRest?() }
        guard next < .max, next <= end else { return false }
        world.advance(to: next)
        return true
    }

    /// Lets all go on until `condition` holds; false when nothing more happens, or when `limit` of virtual time or very
    /// many steps pass first.
    @discardableResult
    func run(for limit: Duration = .seconds(600), until condition: () -> Bool = { false }) -> Bool {
        let end = world.now + limit.wholeNanoseconds
        for _ in 0..<5_000_000 {
            if condition() { return true }
            guard step(until: end) else {
                // What happens only later leaves this run at its end.
                if isAnythingAhead { world.advance(to: end) }
                return condition()
            }
        }
        world.violate(.ends, "it spins")
        return false
    }

    private var isAnythingAhead: Bool {
        world.nextHappening != nil || nodes.contains { isDue($0) || $0.dueAt < .max }
    }

    private func isDue(_ node: Node) -> Bool { node.stalledUntil <= world.now && node.isDue }

    private func turn(_ index: Int) {
        let node = nodes[index]
        node.worker.executor.withCurrent {
            _ = node.worker.assumeIsolated { $0.turn() }
            node.worker.executor.drain()
        }
        nodes[index].turns += 1
        let generation = on(node.worker) { $0.generation }
        if generation != node.generation {
            nodes[index].generation = generation
            onApplied?()
        }
        world.note("turn", index, nodes[index].turns)
        remember(index)
        onStep?()
    }

    /// Lets loop number `index` do nothing for a while.
    func stall(_ index: Int, for duration: Duration) {
        nodes[index].stalledUntil = world.now + duration.wholeNanoseconds
    }

    /// Runs `body` on the loop of `worker`, as its thread would.
    func on<Value: Sendable>(
        _ worker: Worker<SimulatedKernel>, _ body: @Sendable (isolated Worker<SimulatedKernel>) -> Value
    ) -> Value {
        worker.executor.withCurrent {
            let value = worker.assumeIsolated { body($0) }
            worker.executor.drain()
            return value
        }
    }

    // MARK: Clients

    /// A client connects: to one of the listeners, as the kernel would choose, or to that of number `listener`.
    func connect(_ observer: any EndObserver, to listener: Int? = nil) -> SimulatedEnd {
        (listener.map { listeners[$0] } ?? world.among(listeners)).connect(observer)
    }

    /// Has every client stay on the loop that accepts it, from now on.
    func keepClients() {
        for node in nodes { on(node.worker) { $0.proxy.spread = nil } }
    }

    /// A connection of the proxy, as long as somebody holds it.
    struct WeakConnection {
        weak var connection: ClientConnection<SimulatedKernel>?
    }

    // Keeps an eye on the connections that a loop has accepted.
    private func remember(_ index: Int) {
        let known = accepted[index, default: 0]
        let count = nodes[index].clients.listeners.reduce(0) { $0 &+ $1.accepted.value }
        guard count > known else { return }
        accepted[index] = count
        connections +=
            on(nodes[index].worker) { worker in
                Found(worker.proxy.connections.suffix(Int(count - known)).map { WeakConnection(connection: $0) })
            }.connections
    }

    // Carries what a loop knows out of `on`. `@unchecked Sendable` is right because `on` runs its body at once, on the
    // thread that calls it, which is the world's (``SimulatedWorld/checkThread()`` stops any other): nothing crosses.
    private struct Found: @unchecked Sendable {
        let connections: [WeakConnection]
        init(_ connections: [WeakConnection]) { self.connections = connections }
    }

    private var accepted: [Int: UInt64] = [:]

    /// Stops all loops; what is still under way `grace` nanoseconds later is cut, nothing without one.
    func stop(grace: UInt64? = nil) {
        isStopped = true
        if let grace {
            world.after(grace) { [self] in
                for node in nodes { Task(executorPreference: node.worker.executor) { await node.worker.cut() } }
            }
        }
        for node in nodes {
            Task(executorPreference: node.worker.executor) {
                await node.worker.stopAccepting()
                await node.worker.stop()
            }
        }
    }
}

extension SimulatedDeployment.Node {
    /// Whether the loop has something to do now.
    var isDue: Bool { worker.executor.withCurrent { worker.executor.hasJobs } || kernel.epoll.isDue }

    /// When the loop has something to do, if nothing happens before.
    var dueAt: UInt64 { isDue ? 0 : kernel.epoll.wakeAt }
}

/// Carries messages between workers, as ``WorkerDirectory`` does, and knows which are under way.
///
/// `@unchecked Sendable` is right because one thread uses it, its world's: whatever a loop does here has
/// ``SimulatedWorld/checkThread()`` stop any other thread first, and the rest is read by the test that runs the world.
final class Post: @unchecked Sendable {
    var workers: [Worker<SimulatedKernel>] = []
    /// Sockets that no loop has at the moment, by agent.
    private(set) var socketsUnderWay: [AgentID: Int] = [:]
    /// How many messages of agents there were, and how many of them carried a socket.
    private(set) var messageCount = 0
    private(set) var socketCount = 0
    /// How many clients were handed over; these are no messages of agents.
    private(set) var clientCount = 0
    private let world: SimulatedWorld

    init(world: SimulatedWorld) { self.world = world }

    func callAsFunction(_ number: Int, _ message: LoopMessage) {
        world.checkThread()
        let worker = workers[number]
        guard case .agent(let agent, let message) = message else {
            world.note("client post", number)
            clientCount += 1
            Task(executorPreference: worker.executor) { await worker.receive(message) }
            return
        }
        let isSocket = if case .socket = message { 1 } else { 0 }
        world.note("post", number, isSocket)
        messageCount += 1
        socketCount += isSocket
        socketsUnderWay[agent, default: 0] += isSocket
        Task(executorPreference: worker.executor) {
            self.world.checkThread()
            self.socketsUnderWay[agent, default: 0] -= isSocket
            await worker.receive(.agent(agent, message))
        }
    }
}
