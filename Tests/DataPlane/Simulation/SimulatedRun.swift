import Control

@testable import DataPlane

/// One run of a whole deployment, from its first client to its end.
final class SimulatedRun {
    let seed: UInt64
    let world: SimulatedWorld
    let journal: Journal
    let deployment: SimulatedDeployment
    /// Requests that did not get their upstream's answer, in words.
    private(set) var problems: [String] = []

    let swarm: Swarm
    private var upstreams: [String: ScriptedUpstream] = [:]
    private var clients: [ScriptedClient] = []
    private var allowances = Allowances()
    private var patience: Patience
    private var changesUnderWay = 0
    private var steps = 0

    /// Where requests go at first; every run's clients use these prefixes.
    static let routes = [
        Route(prefix: "/k", stripPrefix: true, agent: "keep"), Route(prefix: "/", agent: "default"),
    ]

    /// A run by `seed`; `shape` makes it what it is.
    init(seed: UInt64, _ shape: (inout Swarm, SimulatedWorld) -> Void) {
        self.seed = seed
        world = SimulatedWorld(seed: seed)
        var swarm = Swarm(world: world)
        shape(&swarm, world)
        self.swarm = swarm
        world.faults = swarm.faults
        journal = Journal(world: world)
        patience = Patience(limits: swarm.limits)
        var configuration = Configuration()
        // Any further one may come later.
        configuration.agents = swarm.agents.prefix(2).map { .init(name: $0.name, settings: $0.settings) }
        configuration.client = swarm.limits
        configuration.connect = swarm.connect
        configuration.routes = Self.routes
        deployment = SimulatedDeployment(
            world: world, loops: swarm.loops, configuration: configuration, sharesListener: swarm.sharesListener,
            listensOnUnix: swarm.listensOnUnix)
        for agent in swarm.agents { addUpstream(of: agent) }
        for _ in 0..<swarm.clientCount {
            clients.append(client(manners: swarm.clients, prefixes: ["/k", "/k", "/k", "/n", ""]))
        }
        deployment.onStep = { [unowned self] in stepped() }
        deployment.onRest = { [unowned self] in deployment.checkNobodyStarves() }
        journal.regimes.begin(deployment.blueprint, now: world.now)
        deployment.onChange = { [unowned self] in journal.regimes.begin(deployment.blueprint, now: world.now) }
        deployment.onApplied = { [unowned self] in
            journal.regimes.end(before: deployment.oldestGeneration, now: world.now)
        }
    }

    private func addUpstream(of agent: Swarm.Agent) {
        let upstream = ScriptedUpstream(
            world: world, journal: journal, name: agent.name, manners: swarm.upstreams,
            addresses: agent.addresses.map(ServerAddress.init))
        upstreams[agent.name] = upstream
        upstream.tunnelTimeout = swarm.limits.tunnelTimeout.wholeNanoseconds
        upstream.limit = { [unowned self] in allowances.allowed(agent.name, deployment) }
        upstream.moved(to: ServerAddress(agent.settings.upstream.address))
        patience.include(agent.settings)
    }

    private func client(manners: ClientManners, prefixes: [String]) -> ScriptedClient {
        let client = ScriptedClient(
            deployment: deployment, journal: journal, manners: manners, prefixes: prefixes)
        // How long a client waits to be accepted has no bound of its own.
        if swarm.limits.maxConnections == nil, swarm.exhaustionsMax == 0, swarm.faults.failedAccept == 0 {
            client.patience = { [unowned self] in patience }
        }
        client.upstreamsRead = swarm.upstreams.stopsReading == 0 && swarm.upstreams.leavesMidRequest == 0
        client.onProblem = { [unowned self] in problems.append($0) }
        return client
    }

    /// Runs it to its end; what went wrong is in the world's violations.
    func run() {
        for client in clients { client.start() }
        planEvents()
        let isDone = deployment.run(for: .seconds(2000)) {
            clients.allSatisfy(\.isDone) && world.descriptorsMax == .max && changesUnderWay == 0
        }
        if !isDone { world.violate(.ends, "the clients are not done after two thousand seconds") }
        if world.violations.isEmpty, !deployment.isStopped { checkFreshRequests() }
        // Longer than any free socket lives, and than an upstream has to close.
        deployment.run(for: .seconds(200))
        deployment.checkEnd(paths: paths)
        world.note("end", journal.whole, journal.problems)
        journal.count("handover", deployment.post.socketCount)
        journal.count("client handed over", deployment.post.clientCount)
        journal.count("permit", deployment.post.messageCount - deployment.post.socketCount)
        deployment.onStep = nil
        deployment.onRest = nil
        deployment.onChange = nil
        deployment.onApplied = nil
        world.end()
    }

    private var paths: [String: SimulatedPath] { upstreams.mapValues(\.path) }

    // When all clients are gone, each loop serves one to each agent at once: what trouble there was has left no trace.
    private func checkFreshRequests() {
        world.faults = .none
        for upstream in upstreams.values { upstream.calmDown() }
        if swarm.operationsMax > 0 { putRight() }
        deployment.run(for: .seconds(20))
        if deployment.isStopped { return }
        deployment.keepClients()
        let before = (journal.whole, problems.count)
        var manners = ClientManners.sound
        (manners.connectionsMax, manners.requestsMax, manners.thinkMax, manners.bodies) = (1, 1, 0, 0)
        for index in deployment.listeners.indices {
            for prefix in ["/k", "/n"] {
                let client = client(manners: manners, prefixes: [prefix])
                client.listener = index
                clients.append(client)
                // A socket that closes gives its permit back when its upstream has closed too.
                deployment.run(for: .seconds(2))
                client.start()
                if deployment.run(for: .milliseconds(100), until: { client.isDone }), problems.count == before.1 {
                    continue
                }
                let what = problems.dropFirst(before.1).first ?? "no answer"
                return world.violate(.freshRequest, "\(prefix) at listener \(index): \(what)")
            }
        }
        if journal.whole - before.0 != 2 * deployment.listeners.count {
            world.violate(.freshRequest, "\(journal.whole - before.0) were answered")
        }
    }

    // MARK: Events

    private func planEvents() {
        for _ in 0..<(swarm.changesMax == 0 ? 0 : world.pick(0...swarm.changesMax)) {
            changesUnderWay += 1
            world.after(world.number() % 300_000_000) { [self] in change() }
        }
        for _ in 0..<(swarm.operationsMax == 0 ? 0 : world.pick(0...swarm.operationsMax)) {
            changesUnderWay += 1
            world.after(world.number() % 300_000_000) { [self] in
                changesUnderWay -= 1
                operate()
            }
        }
        for _ in 0..<(swarm.exhaustionsMax == 0 ? 0 : world.pick(0...swarm.exhaustionsMax)) {
            world.after(world.number() % 300_000_000) { [self] in
                guard world.descriptorsMax == .max else { return }
                world.descriptorsMax = world.openDescriptors + world.pick(0...2)
                world.note("exhausted", world.descriptorsMax)
                world.after(world.number() % 300_000_000) { [self] in world.descriptorsMax = .max }
            }
        }
        guard world.chance(swarm.stops) else { return }
        world.after(world.number() % 300_000_000) { [self] in
            deployment.stop(grace: world.among([10_000_000, 10_000_000_000]))
        }
    }

    private func change() {
        let agent = world.among(swarm.agents)
        let delay: UInt64 = world.among([0, 1_000_000, 20_000_000])
        move(agent, delay)
        deployment.change(agent: agent.name, delayMax: delay) {
            swarm.change(&$0, of: agent, world)
            patience.include($0)
        }
        changesUnderWay -= 1
    }

    /// An agent's address may be about to change, at most `delay` from now on the last of the loops.
    func move(_ agent: Swarm.Agent, _ delay: UInt64) {
        guard let upstream = upstreams[agent.name] else { return }
        changesUnderWay += 1
        upstream.moves()
        let generation = deployment.blueprint.generation + 1
        // By then all loops have taken it over, even if they were stalled.
        world.after(delay + 100_000_000) { [self] in
            changesUnderWay -= 1
            guard generation == deployment.blueprint.generation,
                let settings = deployment.blueprint.configuration.settings(of: agent.name),
                // One that was removed may still serve those that waited.
                deployment.incarnations.count(where: { $0.name == agent.name && $0.ledger != nil }) == 1
            else { return }
            upstream.moved(to: ServerAddress(settings.upstream.address))
        }
    }

    // MARK: Checks

    private func stepped() {
        deployment.checkBooks(paths: paths)
        steps += 1
        if steps.isMultiple(of: 16) { deployment.checkBuffers() }
        allowances.note(deployment)
    }
}

extension ServerAddress {
    /// The simulated place of a configured address.
    init(_ address: SocketAddress) {
        self =
            switch address {
            case .tcp(_, let port): .tcp(port)
            case .unix(let path): .unix(path)
            }
    }
}
