/// All that the admin server may ask of a running proxy.
package protocol ProxyControl: Sendable {
    /// The addresses that clients can connect to, with the ports that were really bound.
    var listeners: [SocketAddress] { get }
    /// How many loops there are.
    var threads: Int { get }
    /// By what the loops hear of their sockets; never ``Configuration/IO/auto``.
    var io: Configuration.IO { get }
    /// False once a stop has begun.
    var isServing: Bool { get }
    /// The configuration in force, with the versions of its parts.
    var state: VersionedConfiguration { get }

    /// Every agent, in the order of the configuration.
    func agents() -> [AgentSnapshot]
    /// The clients' figures.
    func clients() -> ClientSnapshot
    /// The open sockets of the agent called `name`, by id; nil when there is no such agent.
    func sockets(of name: String) async -> [SocketSnapshot]?
    /// What the agent called `name` has measured of both modes since its traffic is split; nil while it is not.
    func trial(of name: String) -> TrialSnapshot?

    /// Puts a changed configuration in force on every loop, all or nothing.
    ///
    /// Agents that are new begin, those that are gone end with their last request, those that stay keep their sockets
    /// and figures. No request is lost by it. The addresses that are listened on and the number of loops cannot change.
    ///
    /// - Parameter change: Makes the new configuration out of the one in force, whose versions it may ask for first;
    ///   it is called again when somebody else was faster. What it throws is thrown on.
    /// - Returns: What was in force before and is now, once every loop works by it.
    func change(
        _ change: @Sendable (VersionedConfiguration) throws(ControlError) -> Configuration
    ) async throws(ControlError) -> ConfigurationChange
    /// From now on new requests of the agent called `name` get 503 with `Retry-After`, those under way or waiting are
    /// served, and sockets close when they are free. Draining a drained agent changes nothing.
    func drain(agent name: String) async throws(ControlError) -> AgentSnapshot
    /// Ends what ``drain(agent:)`` began.
    func resume(agent name: String) async throws(ControlError) -> AgentSnapshot
    /// Closes sockets of the agent called `name` for the reason `operator`.
    ///
    /// - Returns: How many were closed, or will be after their request.
    func close(_ sockets: SocketSelection, of name: String) async throws(ControlError) -> Int
}

extension ProxyControl {
    /// The configuration in force.
    package var configuration: Configuration { state.configuration }
}

/// Which of an agent's sockets.
package enum SocketSelection: Sendable, Equatable {
    /// All that no request holds.
    case free
    /// The one with this ``SocketSnapshot/id``: at once when it is free, else after its request.
    case one(id: UInt64)
}

/// Why a change was not made.
package enum ControlError: Error, Sendable, Equatable {
    /// No agent has this name.
    case unknownAgent(String)
    /// An agent has this name already.
    case agentExists(String)
    /// The agent cannot be removed: these routes lead to it (empty: it is `default`, and there are no routes).
    case agentInUse(String, routes: [Int])
    /// What was to be changed has changed since; its version now.
    case versionMismatch(current: UInt64)
    /// The agent has no open socket of this id.
    case unknownSocket(UInt64)
    /// One entry for each fault: the key's path in the whole configuration (`agents.k.maxSockets`) and what is wrong.
    case invalid([ConfigurationFault])
}
