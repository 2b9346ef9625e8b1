import Control

@testable import DataPlane

/// What a simulated run is made of. By a seed, each kind of trouble is switched off or given a weight of its own, so
/// that runs differ in kind and rare combinations come up (swarm testing).
struct Swarm {
    /// One agent: its settings at first, and the addresses that it may have.
    struct Agent {
        let name: String
        var settings: AgentSettings
        let addresses: [SocketAddress]
    }

    var faults = Faults.none
    var clients = ClientManners.sound
    var upstreams = UpstreamManners.sound
    var loops = 2
    var clientCount = 12
    var sharesListener = false
    var listensOnUnix = false
    var agents: [Agent] = []
    var limits = ClientLimits()
    var connect = Configuration.Connect.forward
    /// How often the settings change, at most; 0 for never.
    var changesMax = 0
    /// Whether changes are of the mode, the split, the number of sockets and the address alone.
    var changesModesOnly = false
    /// How often the operator does something to agents, routes or sockets, at most; 0 for never.
    var operationsMax = 0
    /// Out of a thousand runs so many are stopped in their midst.
    var stops = 0
    /// How often the process runs out of descriptors for a while.
    var exhaustionsMax = 0

    /// A deployment that meets no trouble; two agents, of which one is in each mode.
    init(world: SimulatedWorld) {
        loops = world.pick(1...4)
        clientCount = world.pick(1...20)
        sharesListener = world.chance(300)
        listensOnUnix = world.chance(300)
        agents = [
            Self.agent("keep", port: 9001, mode: .keepalive, world),
            Self.agent("default", port: 9011, mode: .normal, world),
        ]
        faults.latencyMax = UInt64(world.among([0, 20_000, 300_000]))
        faults.reusesDescriptors = world.chance(300)
        faults.window = world.among([2_000, 16_000, 100_000])
        faults.eventsMax = world.among([1, 3, 256])
        let isRing = world.chance(500)
        faults.omitsRoomAtFirst = isRing
        faults.lateEvent = isRing ? 100 : 0
        clients.pipelines = world.among([0, 300])
        clients.readsSlowly = world.among([0, 200])
        clients.tinyPieces = world.among([0, 200])
        clients.old = world.among([0, 200])
        clients.saysClose = world.among([0, 0, 0, 100, 1000])
        clients.expects = world.among([0, 500])
        clients.requestsMax = world.among([2, 8, 16])
        clients.thinkMax = UInt64(world.among([1_000_000, 10_000_000, 10_000_000, 400_000_000]))
        clients.tunnels = world.among([0, 0, 100, 500])
        upstreams.refusesTunnels = world.among([0, 200])
        upstreams.ignoresExpect = world.among([0, 0, 500])
        upstreams.interim = world.among([0, 200])
        upstreams.saysClose = world.among([0, 100])
        upstreams.hints = world.among([0, 200])
        upstreams.tinyPieces = world.among([0, 200])
        upstreams.readsSlowly = world.among([0, 200])
        upstreams.old = world.among([0, 0, 200, 1000])
        upstreams.delayMax = UInt64(world.among([0, 2_000_000, 30_000_000]))
        let bodyMax = world.among([100, 4_000, 20_000, 100_000])
        clients.bodyMax = bodyMax
        clients.bodies = world.among([300, 700])
        upstreams.bodyMax = bodyMax
    }

    /// Has an operator do things, for which a third agent lies ready.
    mutating func addOperations(_ world: SimulatedWorld) {
        agents.append(Self.agent("spare", port: 9021, mode: world.among([.keepalive, .normal]), world))
        operationsMax = world.among([5, 40])
    }

    private static func agent(_ name: String, port: UInt16, mode: AgentMode, _ world: SimulatedWorld) -> Agent {
        let addresses = (0..<3).map { number -> SocketAddress in
            if world.chance(250) { return .unix(path: "/run/\(name)-\(number)") }
            return .tcp(host: "127.0.0.1", port: port + UInt16(number))
        }
        var settings = AgentSettings(upstream: UpstreamURL(address: addresses[0]))
        settings.mode = mode
        settings.split = world.among(Self.splits)
        settings.maxSockets = world.among([1, 2, 5, 50])
        settings.pendingTimeout = .seconds(60)
        settings.timeout = .seconds(10)
        settings.freeSocketTimeout = .milliseconds(world.among([1, 50, 4000, 4000]))
        return Agent(name: name, settings: settings, addresses: addresses)
    }

    // Half of the agents have none at first.
    private static let splits = [0, 0, 0, 0, 10, 50, 50, 90, 100]

    /// Changes an agent's settings by chance.
    func change(_ settings: inout AgentSettings, of agent: Agent, _ world: SimulatedWorld) {
        switch world.pick(0...(changesModesOnly ? 4 : 16)) {
        case 0, 1: settings.mode = settings.mode == .normal ? .keepalive : .normal
        case 2: settings.maxSockets = world.among([1, 2, 5, 50])
        case 3: settings.split = world.among(Self.splits)
        case 4, 5: settings.upstream = UpstreamURL(address: world.among(agent.addresses))
        case 6: settings.maxFreeSockets = world.among([0, 1, 5, 256])
        case 7: settings.freeSocketTimeout = .milliseconds(world.among([1, 20, 4000]))
        case 8: settings.socketActiveTTL = world.among([nil, .milliseconds(5), .seconds(1)])
        case 9: settings.maxRequestsPerSocket = world.among([nil, 1, 3])
        case 10: settings.scheduling = world.among([.lifo, .fifo])
        case 11: settings.timeout = .milliseconds(world.among([50, 500, 2000]))
        case 12: settings.connectTimeout = .milliseconds(world.among([5, 200]))
        case 13: settings.pendingTimeout = .milliseconds(world.among([5, 200, 5000]))
        case 14: settings.retry.toggle()
        default: settings.maxPending = world.among([0, 10, 1024])
        }
    }
}
