import Control

/// A configuration with what goes with it on all loops: the agents' shared ledgers and their looked-up addresses.
struct Blueprint: Sendable {
    /// Rises with every change, so that a loop never goes back to an older one.
    let generation: UInt64
    let configuration: Configuration
    /// By agent; they live on while the configuration changes.
    let ledgers: [String: AgentLedger]
    let addresses: [String: ResolvedAddress]
    /// By agent: how often its upstream was changed.
    let eras: [String: UInt64]
    /// By agent: what is measured while its traffic is split between the modes.
    var trials: [String: Trial] = [:]

    /// The next one: `configuration` with the ledgers of the agents that stay.
    ///
    /// - Parameters:
    ///   - changed: The looked-up addresses of the agents whose upstream is new.
    ///   - loops: How many loops there are.
    func changed(
        to configuration: Configuration, addresses changed: [String: ResolvedAddress], loops: Int
    ) -> Blueprint {
        let share = DescriptorShare(of: DescriptorLimit.current, loops: loops, configuration)
        var ledgers: [String: AgentLedger] = [:]
        var addresses: [String: ResolvedAddress] = [:]
        var eras: [String: UInt64] = [:]
        for agent in configuration.agents {
            let settings = share.limited(agent.settings)
            if let ledger = self.ledgers[agent.name] {
                ledger.apply(settings)
                ledgers[agent.name] = ledger
            } else {
                ledgers[agent.name] = AgentLedger(
                    settings: settings, counters: (0..<loops).map { _ in AgentCounters() })
            }
            addresses[agent.name] = changed[agent.name] ?? self.addresses[agent.name]
            eras[agent.name] = (self.eras[agent.name] ?? 0) + (changed[agent.name] == nil ? 0 : 1)
        }
        return Blueprint(
            generation: generation + 1, configuration: configuration, ledgers: ledgers, addresses: addresses,
            eras: eras, trials: Self.trials(of: configuration, loops: loops, after: self))
    }

    /// The trials of the agents whose traffic is split. One goes on while its agent's mode, split and upstream stay.
    static func trials(
        of configuration: Configuration, loops: Int, after before: Blueprint? = nil
    ) -> [String: Trial] {
        var trials: [String: Trial] = [:]
        for agent in configuration.agents where agent.settings.split > 0 {
            let (name, settings) = (agent.name, agent.settings)
            let running =
                before?.configuration.settings(of: name)?.upstream == settings.upstream
                ? before?.trials[name] : nil
            if let running, running.mode == settings.mode, running.split == settings.split {
                trials[name] = running
            } else {
                trials[name] = Trial(mode: settings.mode, split: settings.split, loops: loops)
            }
        }
        return trials
    }
}
