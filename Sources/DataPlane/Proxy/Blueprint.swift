import Control

/// A configuration with what goes with it on all loops: the agents' shared ledgers and their looked-up addresses.
struct Blueprint: Sendable {
    /// One agent, as all loops know it.
    struct Agent: Sendable {
        let id: AgentID
        let name: String
        /// Those of the configuration, but with no more sockets than there are descriptors for.
        fileprivate(set) var settings: AgentSettings
        /// Lives on while the configuration changes.
        let ledger: AgentLedger
        fileprivate(set) var address: ResolvedAddress
        /// How often its upstream was changed.
        fileprivate(set) var era: UInt64 = 0
        /// What is measured while its traffic is split between the modes.
        fileprivate(set) var trial: Trial?
        /// Whether it takes no new requests.
        fileprivate(set) var isDraining = false
    }

    /// Rises with every change, so that a loop never goes back to an older one.
    let generation: UInt64
    let configuration: Configuration
    /// In the order of the configuration.
    private(set) var agents: [Agent]
    /// How many clients there are descriptors for.
    let clientsMax: Int
    // The agent that was made last.
    private let lastID: AgentID

    /// The first one.
    ///
    /// - Parameters:
    ///   - addresses: The looked-up addresses of all agents.
    ///   - loops: How many loops there are.
    ///   - descriptors: How many file descriptors there may be.
    init(_ configuration: Configuration, addresses: [String: ResolvedAddress], loops: Int, descriptors: Int) {
        let nothing = Blueprint(
            generation: 0, configuration: Configuration(), agents: [], clientsMax: 0, lastID: AgentID(rawValue: 0))
        self = nothing.changed(to: configuration, addresses: addresses, loops: loops, descriptors: descriptors)
    }

    private init(
        generation: UInt64, configuration: Configuration, agents: [Agent], clientsMax: Int, lastID: AgentID
    ) {
        self.generation = generation
        self.configuration = configuration
        self.agents = agents
        self.clientsMax = clientsMax
        self.lastID = lastID
    }

    /// The agent called `name`.
    subscript(name: String) -> Agent? { agents.first { $0.name == name } }

    /// The next one: `configuration` with the agents that stay, whose ledgers take its limits over at once.
    ///
    /// - Parameters:
    ///   - addresses: The looked-up addresses of the agents that are new or whose upstream is.
    ///   - loops: How many loops there are.
    ///   - descriptors: How many file descriptors there may be.
    func changed(
        to configuration: Configuration, addresses: [String: ResolvedAddress], loops: Int, descriptors: Int
    ) -> Blueprint {
        // Every agent's share follows from what all want.
        let share = DescriptorShare(of: descriptors, loops: loops, configuration)
        var lastID = lastID
        let agents = configuration.agents.map { agent in
            let settings = share.limited(agent.settings)
            if var staying = self[agent.name] {
                staying.settings = settings
                staying.ledger.apply(settings)
                staying.trial = Self.trial(
                    settings, loops: loops, after: addresses[agent.name] == nil ? staying.trial : nil)
                if let address = addresses[agent.name] {
                    staying.address = address
                    staying.era += 1
                    // Nothing is known of the new one.
                    staying.ledger.upstreamAnswered()
                }
                return staying
            }
            guard let address = addresses[agent.name] else { preconditionFailure("a new agent without an address") }
            lastID = AgentID(rawValue: lastID.rawValue + 1)
            let ledger = AgentLedger(settings: settings, counters: (0..<loops).map { _ in AgentCounters() })
            return Agent(
                id: lastID, name: agent.name, settings: settings, ledger: ledger, address: address,
                trial: Self.trial(settings, loops: loops, after: nil))
        }
        return Blueprint(
            generation: generation + 1, configuration: configuration, agents: agents, clientsMax: share.clients,
            lastID: lastID)
    }

    // The trial of an agent whose traffic is split. One goes on while the agent's mode, split and upstream stay.
    private static func trial(_ settings: AgentSettings, loops: Int, after running: Trial?) -> Trial? {
        guard settings.split > 0 else { return nil }
        if let running, running.mode == settings.mode, running.split == settings.split { return running }
        return Trial(mode: settings.mode, split: settings.split, loops: loops)
    }

    /// The next one, in which the agent called `name` takes new requests or does not; the same when that is so already,
    /// nil when there is no such agent.
    func draining(_ name: String, _ isDraining: Bool) -> Blueprint? {
        guard let index = agents.firstIndex(where: { $0.name == name }) else { return nil }
        if agents[index].isDraining == isDraining { return self }
        var next = Blueprint(
            generation: generation + 1, configuration: configuration, agents: agents, clientsMax: clientsMax,
            lastID: lastID)
        next.agents[index].isDraining = isDraining
        return next
    }
}
