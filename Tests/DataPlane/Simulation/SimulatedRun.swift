import Control

@testable import DataPlane

/// One run of a whole deployment, from its first client to its end.
final class SimulatedRun {
    let world: SimulatedWorld
    let journal: Journal
    let deployment: SimulatedDeployment
    /// Requests that did not get their upstream's answer, in words.
    private(set) var problems: [String] = []

    private let swarm: Swarm
    private var upstreams: [String: ScriptedUpstream] = [:]
    private var clients: [ScriptedClient] = []
    private var allowances: [String: Allowance] = [:]
    private var answerWithin: UInt64 = 0
    private var steps = 0

    // How many sockets an agent may have: its limit, or what was out when that was lowered, until it has fallen.
    private struct Allowance {
        var now: Int
        var past: [(time: UInt64, value: Int)] = []
    }

    /// A run by `seed`; `shape` makes it what it is.
    init(seed: UInt64, _ shape: (inout Swarm, SimulatedWorld) -> Void) {
        world = SimulatedWorld(seed: seed)
        var swarm = Swarm(world: world)
        shape(&swarm, world)
        self.swarm = swarm
        world.faults = swarm.faults
        journal = Journal(world: world)
        var configuration = Configuration()
        configuration.agents = swarm.agents
        configuration.client = swarm.limits
        configuration.routes = [
            Route(prefix: "/k", stripPrefix: true, agent: "keep"), Route(prefix: "/", agent: "default"),
        ]
        deployment = SimulatedDeployment(
            world: world, loops: swarm.loops, configuration: configuration, sharesListener: swarm.sharesListener)
        for (index, agent) in swarm.agents.enumerated() {
            let upstream = ScriptedUpstream(world: world, journal: journal, manners: swarm.upstreams)
            upstreams[agent.name] = upstream
            allowances[agent.name] = Allowance(now: agent.settings.maxSockets)
            upstream.limit = { [unowned self] in allowed(agent.name) }
            world.serve(UInt16(9001 + index), upstream)
        }
        for _ in 0..<swarm.clientCount {
            let client = ScriptedClient(
                deployment: deployment, journal: journal, manners: swarm.clients,
                prefixes: ["/k", "/k", "/k", "/n", ""])
            // How long a client waits to be accepted has no bound of its own.
            if swarm.limits.maxConnections == nil, swarm.exhaustionsMax == 0 {
                client.answerWithin = { [unowned self] in answerWithin }
            }
            client.onProblem = { [unowned self] in problems.append($0) }
            clients.append(client)
        }
        deployment.onStep = { [unowned self] in stepped() }
        noteTimeouts()
    }

    /// Runs it to its end; what went wrong is in the world's violations.
    func run() {
        for client in clients { client.start() }
        planEvents()
        let isDone = deployment.run(for: .seconds(1000)) {
            clients.allSatisfy(\.isDone) && world.descriptorsMax == .max
        }
        if !isDone { world.violate("the clients are not done after a thousand seconds") }
        // Longer than any free socket lives, and than an upstream has to close.
        deployment.run(for: .seconds(200))
        deployment.checkEnd(paths: paths)
        world.note("end", journal.whole, journal.problems)
        journal.count("handover", deployment.post.socketCount)
        journal.count("permit", deployment.post.messageCount - deployment.post.socketCount)
        deployment.onStep = nil
        world.end()
    }

    private var paths: [String: SimulatedPath] { upstreams.mapValues(\.path) }

    // MARK: Events

    private func planEvents() {
        for _ in 0..<(swarm.changesMax == 0 ? 0 : world.pick(0...swarm.changesMax)) {
            world.after(world.number() % 300_000_000) { [self] in
                let agent = world.among(swarm.agents.map(\.name))
                let delay: UInt64 = world.among([0, 1_000_000, 20_000_000])
                deployment.change(agent: agent, delayMax: delay) { swarm.change(&$0, world) }
                noteTimeouts()
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
        if world.chance(swarm.stops) { world.after(world.number() % 300_000_000) { [self] in deployment.stop() } }
    }

    private func noteTimeouts() {
        for agent in deployment.blueprint.configuration.agents {
            let settings = agent.settings
            let sum = settings.pendingTimeout + settings.connectTimeout * 2 + settings.timeout
            // A busy core, and the coarseness of deadlines.
            answerWithin = max(answerWithin, sum.wholeNanoseconds + 300_000_000)
        }
    }

    // MARK: Checks

    private func stepped() {
        deployment.checkBooks(paths: paths)
        steps += 1
        if steps.isMultiple(of: 16) { deployment.checkIdleBuffers() }
        for agent in deployment.blueprint.configuration.agents {
            guard var allowance = allowances[agent.name], let ledger = deployment.blueprint.ledgers[agent.name] else {
                continue
            }
            let figures = ledger.figures
            let now = max(figures.limit, min(allowance.now, figures.permits))
            if figures.permits > max(figures.limit, allowance.now) {
                world.violate("\(agent.name): \(figures.permits) permits out, \(allowance.now) were allowed")
            }
            guard now != allowance.now else { continue }
            allowance.past.append((world.now, allowance.now))
            allowance.now = now
            allowances[agent.name] = allowance
        }
    }

    // What an upstream may see is what was allowed while the connect was under way.
    private func allowed(_ agent: String) -> Int {
        guard let allowance = allowances[agent] else { return 0 }
        let past = allowance.past.reversed().prefix { $0.time + 2_000_000 >= world.now }.map(\.value)
        let limit = deployment.blueprint.ledgers[agent]?.figures.limit ?? 0
        return max(allowance.now, past.max() ?? 0, limit)
    }
}
