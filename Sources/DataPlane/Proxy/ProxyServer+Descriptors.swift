import Control

extension ProxyServer {
    /// What an operator should know of the process's limit of file descriptors: a line for each agent that may have fewer
    /// sockets than it was told because of it.
    package var descriptorNotes: [String] {
        let limit = DescriptorLimit.current
        let share = DescriptorShare(of: limit, loops: threads, configuration)
        return configuration.agents.compactMap { agent in
            let most = share.limited(agent.settings).maxSockets
            guard most < agent.settings.maxSockets else { return nil }
            return
                "agent \(agent.name) may have \(most) sockets and not \(agent.settings.maxSockets): the process may have "
                + "\(limit) files open (ulimit -n)"
        }
    }
}
