import Control
import Synchronization

/// A proxy whose figures are what a test says.
final class FakeControl: ProxyControl {
    struct State {
        var agents: [AgentSnapshot]
        var clients = ClientSnapshot()
        var sockets: [String: [SocketSnapshot]] = [:]
        var isServing = true
        /// Called before each change, as another operator would come in between.
        var beforeChange: (@Sendable (inout [AgentSnapshot]) -> Void)?
    }

    let state: Mutex<State>
    let listeners: [SocketAddress] = [.tcp(host: "127.0.0.1", port: 1985)]
    let threads = 2
    let configuration = Configuration()

    /// Agents `k` (keepalive, all figures set) and `default` (normal, all zero).
    init() {
        state = Mutex(State(agents: [Self.busy("k"), Self.idle("default")]))
        state.withLock { state in
            state.clients.connections = 120
            state.clients.accepted = 200
            state.clients.responses = [200: 119_990, 503: 10]
            state.clients.duration.counts[40] = 120_000
            state.clients.duration.sumNanoseconds = 600_000_000_000
            state.clients.bytesReceived = 7
            state.clients.bytesSent = 8
            state.clients.threads = [(busy: 500, total: 1000), (busy: 0, total: 0)]
        }
    }

    var isServing: Bool { state.withLock { $0.isServing } }

    func agents() -> [AgentSnapshot] { state.withLock { $0.agents } }

    func clients() -> ClientSnapshot { state.withLock { $0.clients } }

    func sockets(of name: String) async -> [SocketSnapshot]? {
        state.withLock { state in
            state.agents.contains { $0.name == name } ? state.sockets[name] ?? [] : nil
        }
    }

    func change(
        agent name: String, ifVersion version: UInt64?,
        _ change: @Sendable (AgentSettings) throws(ControlError) -> AgentSettings
    ) async throws(ControlError) -> AgentSnapshot {
        let result: Result<AgentSnapshot, ControlError> = state.withLock { state in
            state.beforeChange?(&state.agents)
            guard let index = state.agents.firstIndex(where: { $0.name == name }) else {
                return .failure(.unknownAgent(name))
            }
            let agent = state.agents[index]
            if let version, version != agent.version { return .failure(.versionMismatch(current: agent.version)) }
            do throws(ControlError) {
                let settings = try change(agent.settings)
                if settings != agent.settings {
                    state.agents[index].settings = settings
                    state.agents[index].version += 1
                }
                return .success(state.agents[index])
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Changes the figures of the agent called `name`.
    func update(_ name: String, _ body: (inout AgentSnapshot) -> Void) {
        state.withLock { state in
            for index in state.agents.indices where state.agents[index].name == name { body(&state.agents[index]) }
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
        agent.figures.lastByte[0].sumNanoseconds = 1_000_000_000
        agent.figures.requestsOfClosed[3] = 3
        agent.figures.requestsOfClosedSum = 21
        return agent
    }
}
