import Control

@testable import DataPlane

/// What an operator does to a deployment: as in the running proxy the shared part changes first, then each loop in its
/// own time, at most `delayMax` nanoseconds later.
extension SimulatedDeployment {
    /// An agent that there was at some time, as long as anything holds it.
    struct Incarnation {
        let id: AgentID
        let name: String
        private(set) weak var ledger: AgentLedger?

        init(_ agent: Blueprint.Agent) {
            id = agent.id
            name = agent.name
            ledger = agent.ledger
        }
    }

    /// Changes an agent's settings.
    func change(agent name: String, delayMax: UInt64 = 0, _ change: (inout AgentSettings) -> Void) {
        guard let index = blueprint.configuration.agents.firstIndex(where: { $0.name == name }) else { return }
        self.change(delayMax: delayMax) { change(&$0.agents[index].settings) }
    }

    /// Changes the configuration; agents and routes may come and go.
    func change(delayMax: UInt64 = 0, _ change: (inout Configuration) -> Void) {
        let before = blueprint.configuration
        var after = before
        change(&after)
        let faults = after.faults()
        precondition(faults.isEmpty, "\(faults)")
        let moved = after.agents.filter { before.settings(of: $0.name)?.upstream != $0.settings.upstream }
        put(
            blueprint.changed(
                to: after, addresses: Self.addresses(of: moved), loops: nodes.count, descriptors: .max), delayMax)
        noteAgents()
    }

    /// Begins or ends a drain of an agent.
    func drain(_ name: String, _ isDraining: Bool = true, delayMax: UInt64 = 0) {
        guard let next = blueprint.draining(name, isDraining) else { return }
        put(next, delayMax)
    }

    private func put(_ next: Blueprint, _ delayMax: UInt64) {
        world.note("change", Int(next.generation))
        blueprint = next
        onChange?()
        for node in nodes {
            appliesUnderWay += 1
            world.after(delayMax == 0 ? 0 : world.number() % delayMax) { [self] in
                appliesUnderWay -= 1
                Task(executorPreference: node.worker.executor) { await node.worker.apply(next) }
            }
        }
    }

    /// The oldest configuration that any loop works by.
    var oldestGeneration: UInt64 { nodes.map(\.generation).min() ?? 0 }

    /// Closes an agent's free sockets on each loop, or the one of number `serial` wherever it is.
    func close(_ name: String, serial: UInt64? = nil) {
        guard let id = blueprint[name]?.id else { return }
        world.note("operator closes", Int(truncatingIfNeeded: serial ?? 0))
        for node in nodes {
            Task(executorPreference: node.worker.executor) {
                if let serial {
                    _ = await node.worker.close(serial: serial, of: id)
                } else {
                    _ = await node.worker.closeFree(of: id)
                }
            }
        }
    }

    /// The open sockets of an agent on all loops.
    func sockets(of name: String) -> [SocketSnapshot] {
        guard let id = blueprint[name]?.id else { return [] }
        return nodes.flatMap { node in on(node.worker) { $0.sockets(of: id) } }
    }

    func noteAgents() {
        let known = Set(incarnations.map(\.id))
        incarnations += blueprint.agents.filter { !known.contains($0.id) }.map(Incarnation.init)
    }

    static func addresses(of agents: [Configuration.Agent]) -> [String: ResolvedAddress] {
        var addresses: [String: ResolvedAddress] = [:]
        for agent in agents {
            addresses[agent.name] =
                switch agent.settings.upstream.address {
                case .tcp(_, let port): SimulatedKernel.address(port: port)
                case .unix(let path): SimulatedKernel.unix(path: path)
                }
        }
        return addresses
    }
}
