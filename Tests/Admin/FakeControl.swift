import Control
import Synchronization

/// A proxy whose figures are what a test says.
final class FakeControl: ProxyControl {
    struct Fake {
        var agents: [AgentSnapshot]
        var clients = ClientSnapshot()
        var sockets: [String: [SocketSnapshot]] = [:]
        var isServing = true
        var trials: [String: TrialSnapshot] = [:]
        var versioned: VersionedConfiguration
        /// Called before each change, as another operator would come in between.
        var beforeChange: (@Sendable (inout VersionedConfiguration) -> Void)?

        /// Has the snapshots follow the configuration.
        mutating func arrange() {
            agents = versioned.configuration.agents.map { agent in
                let version = versioned.version(of: agent.name)
                var snapshot =
                    agents.first { $0.name == agent.name }
                    ?? AgentSnapshot(name: agent.name, settings: agent.settings, version: version)
                snapshot.settings = agent.settings
                snapshot.version = version
                return snapshot
            }
        }
    }

    let fake: Mutex<Fake>
    let listeners: [SocketAddress] = [.tcp(host: "127.0.0.1", port: 1985)]
    let threads = 2
    let io = Configuration.IO.ring

    /// Agents `k` (keepalive, all figures set) and `default` (normal, all zero).
    init() {
        let agents = [Self.busy("k"), Self.idle("default")]
        var configuration = Configuration()
        configuration.agents = agents.map { .init(name: $0.name, settings: $0.settings) }
        configuration.routes = [
            Route(prefix: "/k", stripPrefix: true, agent: "k"), Route(prefix: "/", agent: "default"),
        ]
        var versioned = VersionedConfiguration(configuration)
        for agent in agents { versioned.agentVersions[agent.name] = agent.version }
        fake = Mutex(Fake(agents: agents, versioned: versioned))
        fake.withLock { state in
            var listener = ListenerSnapshot(address: .tcp(host: "127.0.0.1", port: 1985))
            listener.connections = 120
            listener.accepted = 200
            listener.responses = [200: 119_990, 503: 10]
            listener.duration.counts[40] = 120_000
            listener.duration.sums[40] = 600_000_000_000
            listener.bytesReceived = 7
            listener.bytesSent = 8
            state.clients.listeners = [listener]
            state.clients.connections = listener.connections
            state.clients.accepted = listener.accepted
            state.clients.responses = listener.responses
            state.clients.duration = listener.duration
            state.clients.bytesReceived = listener.bytesReceived
            state.clients.bytesSent = listener.bytesSent
            state.clients.threads = [(busy: 500, total: 1000), (busy: 0, total: 0)]
        }
    }

    var state: VersionedConfiguration { fake.withLock { $0.versioned } }

    var isServing: Bool { fake.withLock { $0.isServing } }

    func agents() -> [AgentSnapshot] { fake.withLock { $0.agents } }

    func clients() -> ClientSnapshot { fake.withLock { $0.clients } }

    func sockets(of name: String) async -> [SocketSnapshot]? {
        fake.withLock { state in
            state.agents.contains { $0.name == name } ? state.sockets[name] ?? [] : nil
        }
    }

    func trial(of name: String) -> TrialSnapshot? { fake.withLock { $0.trials[name] } }

    func change(
        _ change: @Sendable (VersionedConfiguration) throws(ControlError) -> Configuration
    ) async throws(ControlError) -> ConfigurationChange {
        let result: Result<ConfigurationChange, ControlError> = fake.withLock { fake in
            fake.beforeChange?(&fake.versioned)
            let before = fake.versioned
            do throws(ControlError) {
                let wanted = try change(before)
                let faults = wanted.faults()
                if !faults.isEmpty { throw .invalid(faults) }
                fake.versioned = before.advanced(to: wanted)
                fake.arrange()
                return .success(ConfigurationChange(before: before, after: fake.versioned))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    func drain(agent name: String) async throws(ControlError) -> AgentSnapshot { try set(.draining, of: name) }

    func resume(agent name: String) async throws(ControlError) -> AgentSnapshot { try set(.running, of: name) }

    func close(_ sockets: SocketSelection, of name: String) async throws(ControlError) -> Int {
        let result: Result<Int, ControlError> = fake.withLock { fake in
            guard fake.agents.contains(where: { $0.name == name }) else { return .failure(.unknownAgent(name)) }
            let open = fake.sockets[name] ?? []
            let left = open.filter { socket in
                switch sockets {
                case .free: socket.state != .free
                case .one(let id): socket.id != id
                }
            }
            if case .one(let id) = sockets, left.count == open.count { return .failure(.unknownSocket(id)) }
            fake.sockets[name] = left
            return .success(open.count - left.count)
        }
        return try result.get()
    }

    private func set(_ state: AgentSnapshot.State, of name: String) throws(ControlError) -> AgentSnapshot {
        let agent = fake.withLock { fake -> AgentSnapshot? in
            guard let index = fake.agents.firstIndex(where: { $0.name == name }) else { return nil }
            fake.agents[index].state = state
            return fake.agents[index]
        }
        guard let agent else { throw .unknownAgent(name) }
        return agent
    }

    /// Changes the figures of the agent called `name`.
    func update(_ name: String, _ body: (inout AgentSnapshot) -> Void) {
        fake.withLock { state in
            for index in state.agents.indices where state.agents[index].name == name {
                body(&state.agents[index])
                state.versioned.configuration.agents[index].settings = state.agents[index].settings
            }
        }
    }

    /// Gives the agent called `name` an open socket.
    func addSocket(_ id: UInt64, to name: String, _ state: SocketSnapshot.State = .active) {
        fake.withLock { fake in
            fake.sockets[name, default: []].append(
                SocketSnapshot(
                    id: id, state: state, localPort: 40_000, age: 1.5, idle: state == .free ? 0.25 : nil, requests: 3,
                    bytesReceived: 1, bytesSent: 2, thread: 1))
        }
    }

    private static func settings() -> AgentSettings {
        AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 1984)))
    }

    private static func idle(_ name: String) -> AgentSnapshot {
        var settings = settings()
        settings.mode = .normal
        return AgentSnapshot(name: name, settings: settings, version: 1)
    }

    /// The figures of the documentation's example.
    private static func busy(_ name: String) -> AgentSnapshot {
        var settings = settings()
        settings.maxSockets = 100
        settings.freeSocketTimeout = .seconds(30)
        var agent = AgentSnapshot(name: name, settings: settings, version: 7)
        agent.figures.active = 88
        agent.figures.free = 12
        agent.figures.pending = 20
        agent.figures.created = [100, 0]
        agent.figures.reused = [119_900, 0]
        agent.figures.closed[CloseReason.upstreamClose.rawValue] = 3
        agent.figures.responses[1] = 119_990
        agent.figures.responses[4] = 10
        agent.figures.errors[AgentErrorKind.reset.rawValue] = 4
        agent.figures.timeouts[AgentTimeoutKind.response.rawValue] = 5
        agent.figures.retries = 6
        agent.figures.bytesReceived = 9_600_000
        agent.figures.bytesSent = 14_400_000
        agent.figures.lastByte[0].counts[30] = 120_000
        agent.figures.lastByte[0].sums[0] = 1_000_000_000
        agent.figures.requestsOfClosed[3] = 3
        agent.figures.requestsOfClosedSum = 21
        return agent
    }
}
