import Control

@testable import DataPlane

/// What an operator does in a run, beside changes of settings: agents come and go, are drained and resumed, routes
/// change, and sockets are closed.
extension SimulatedRun {
    /// Does one of these by chance.
    func operate() {
        let delay: UInt64 = world.among([0, 1_000_000, 20_000_000])
        let agent = world.among(swarm.agents)
        let isThere = deployment.blueprint[agent.name] != nil
        switch world.pick(0...9) {
        case 0, 1, 2: if isThere { remove(agent, delay) } else { add(agent, delay) }
        case 3:
            guard isThere else { return }
            remove(agent, delay)
            if deployment.blueprint[agent.name] == nil { add(agent, delay) }
        case 4, 5:
            guard let blueprint = deployment.blueprint[agent.name] else { return }
            deployment.drain(agent.name, !blueprint.isDraining, delayMax: delay)
        case 6:
            deployment.close(agent.name)
        case 7:
            let sockets = swarm.agents.flatMap { agent in
                deployment.sockets(of: agent.name).map { (agent: agent.name, serial: $0.id) }
            }
            guard !sockets.isEmpty else { return }
            journal.count("operator closed a socket")
            let socket = world.among(sockets)
            deployment.close(socket.agent, serial: socket.serial)
        default:
            deployment.change(delayMax: delay) { $0.routes = routes(among: $0.agents.map(\.name)) }
        }
    }

    /// Ends what the operator did: requests are served as in the beginning.
    func putRight() {
        for agent in swarm.agents.prefix(2) where deployment.blueprint[agent.name] == nil { add(agent, 0) }
        for agent in deployment.blueprint.agents { deployment.drain(agent.name, false) }
        deployment.change { $0.routes = Self.routes }
    }

    private func add(_ agent: Swarm.Agent, _ delay: UInt64) {
        move(agent, delay)
        deployment.change(delayMax: delay) { configuration in
            configuration.agents.append(.init(name: agent.name, settings: agent.settings))
            if world.chance(700) { configuration.routes = routes(among: configuration.agents.map(\.name)) }
        }
    }

    private func remove(_ agent: Swarm.Agent, _ delay: UInt64) {
        guard deployment.blueprint.agents.count > 1 else { return }
        journal.count("agent removed")
        move(agent, delay)
        deployment.change(delayMax: delay) { configuration in
            configuration.agents.removeAll { $0.name == agent.name }
            configuration.routes = routes(among: configuration.agents.map(\.name))
        }
    }

    // Most of the time there is a route for every request. What begins with /k is always stripped of it, so that an
    // upstream can tell.
    private func routes(among names: [String]) -> [Route] {
        var routes = [Route(prefix: "/k", stripPrefix: true, agent: world.among(names))]
        if !world.chance(150) { routes.append(Route(prefix: "/", agent: world.among(names))) }
        return routes
    }
}
