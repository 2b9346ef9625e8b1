/// All that the admin server may ask of a running proxy.
package protocol ProxyControl: Sendable {
    /// The addresses that clients can connect to, with the ports that were really bound.
    var listeners: [SocketAddress] { get }
    /// How many loops there are.
    var threads: Int { get }
    /// False once a stop has begun.
    var isServing: Bool { get }
    /// The configuration in force.
    var configuration: Configuration { get }

    /// Every agent, in the order of the configuration.
    func agents() -> [AgentSnapshot]
    /// The clients' figures.
    func clients() -> ClientSnapshot
    /// The open sockets of the agent called `name`, by id; nil when there is no such agent.
    func sockets(of name: String) async -> [SocketSnapshot]?
    /// Puts `change` of the settings of the agent called `name` in force on every loop, all or nothing.
    ///
    /// - Parameters:
    ///   - version: When given, the change is made only if the settings still have this version.
    ///   - change: Makes the new settings out of those in force; what it throws is thrown on.
    /// - Returns: The agent with its new settings, once every loop works by them.
    func change(
        agent name: String, ifVersion version: UInt64?,
        _ change: @Sendable (AgentSettings) throws(ControlError) -> AgentSettings
    ) async throws(ControlError) -> AgentSnapshot
}

/// Why a change was not made.
package enum ControlError: Error, Sendable, Equatable {
    /// No agent has this name.
    case unknownAgent(String)
    /// The settings have changed since; their version now.
    case versionMismatch(current: UInt64)
    /// One entry for each fault: the setting's name and what is wrong with it.
    case invalid([ConfigurationFault])
}
