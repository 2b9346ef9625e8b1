import Control

@testable import DataPlane

/// What a simulated run is made of. By a seed, each kind of trouble is switched off or given a weight of its own, so
/// that runs differ in kind and rare combinations come up (swarm testing).
struct Swarm {
    var faults = Faults.none
    var clients = ClientManners.sound
    var upstreams = UpstreamManners.sound
    var loops = 2
    var clientCount = 12
    var sharesListener = false
    var agents: [Configuration.Agent] = []
    var limits = ClientLimits()
    /// How often the settings change, at most; 0 for never.
    var changesMax = 0
    /// Whether changes are of the mode and the number of sockets alone.
    var changesModesOnly = false
    /// Out of a thousand runs so many are stopped in their midst.
    var stops = 0
    /// How often the process runs out of descriptors for a while.
    var exhaustionsMax = 0

    /// A deployment that meets no trouble; two agents, of which one is in each mode.
    init(world: SimulatedWorld) {
        loops = world.pick(1...4)
        clientCount = world.pick(1...20)
        sharesListener = world.chance(300)
        agents = [
            .init(name: "keep", settings: Self.settings(port: 9001, mode: .keepalive, world)),
            .init(name: "default", settings: Self.settings(port: 9002, mode: .normal, world)),
        ]
        faults.latencyMax = UInt64(world.among([0, 20_000, 300_000]))
        faults.reusesDescriptors = world.chance(300)
        faults.window = world.among([2_000, 16_000, 100_000])
        faults.eventsMax = world.among([1, 3, 256])
        clients.pipelines = world.among([0, 300])
        clients.readsSlowly = world.among([0, 200])
        clients.tinyPieces = world.among([0, 200])
        clients.old = world.among([0, 200])
        clients.saysClose = world.among([0, 0, 100, 1000])
        clients.expects = world.among([0, 500])
        clients.requestsMax = world.among([2, 8])
        upstreams.interim = world.among([0, 200])
        upstreams.saysClose = world.among([0, 100])
        upstreams.hints = world.among([0, 200])
        upstreams.tinyPieces = world.among([0, 200])
        upstreams.delayMax = UInt64(world.among([0, 2_000_000, 30_000_000]))
        let bodyMax = world.among([100, 20_000, 100_000])
        clients.bodyMax = bodyMax
        clients.bodies = world.among([300, 700])
        upstreams.bodyMax = bodyMax
    }

    private static func settings(port: UInt16, mode: AgentMode, _ world: SimulatedWorld) -> AgentSettings {
        var settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: port)))
        settings.mode = mode
        settings.maxSockets = world.among([1, 2, 5, 50])
        settings.pendingTimeout = .seconds(60)
        settings.timeout = .seconds(10)
        settings.freeSocketTimeout = .milliseconds(world.among([1, 50, 4000, 4000]))
        return settings
    }

    /// Adds every kind of trouble, each by chance.
    mutating func addTrouble(world: SimulatedWorld) {
        func weight(_ values: Int...) -> Int { world.chance(250) ? world.among(values) : 0 }
        faults.shortReceive = weight(50, 500)
        faults.receiveAgain = weight(20, 200)
        faults.shortSend = weight(50, 500)
        faults.sendAgain = weight(20, 200)
        faults.resetOvertakes = weight(500)
        faults.slowConnect = weight(300, 1000)
        faults.refusedConnect = weight(20, 200)
        faults.hangingConnect = weight(20, 200)
        faults.abortedAccept = weight(50)
        faults.stalledLoop = weight(2, 20)
        clients.leaves = weight(50, 300)
        clients.stalls = weight(50, 200)
        clients.stopsReading = weight(50, 200)
        clients.halfCloses = weight(100, 500)
        clients.lingers = weight(200)
        upstreams.never = weight(20, 100)
        upstreams.leaves = weight(20, 200)
        upstreams.leavesReused = weight(100, 400)
        upstreams.garbage = weight(20, 100)
        upstreams.truncates = weight(20, 200)
        upstreams.overlong = weight(20, 100)
        upstreams.early = weight(100, 500)
        upstreams.closesAfter = weight(50, 300)
        upstreams.closesIdle = weight(100, 600)
        upstreams.stalls = weight(20, 100)
        upstreams.ignoresEnd = weight(300)
        for index in agents.indices {
            agents[index].settings.timeout = .milliseconds(world.among([50, 500, 2000]))
            agents[index].settings.connectTimeout = .milliseconds(world.among([5, 200]))
            agents[index].settings.pendingTimeout = .milliseconds(world.among([5, 200, 5000, 5000]))
            agents[index].settings.maxPending = world.among([0, 2, 1024, 1024, 1024])
            agents[index].settings.retry = world.chance(800)
            agents[index].settings.maxFreeSockets = world.among([0, 1, 256, 256])
        }
        limits.headTimeout = .milliseconds(world.among([100, 1000]))
        limits.bodyTimeout = .milliseconds(world.among([100, 1000]))
        limits.idleTimeout = .milliseconds(world.among([5, 200, 2000, 2000]))
        limits.maxConnections = world.chance(200) ? world.pick(1...5) : nil
        limits.maxRequestsPerConnection = world.chance(200) ? world.pick(1...3) : nil
        changesMax = weight(3, 30)
        stops = 100
        exhaustionsMax = weight(1, 5)
    }

    /// Changes an agent's settings by chance.
    func change(_ settings: inout AgentSettings, _ world: SimulatedWorld) {
        switch world.pick(0...(changesModesOnly ? 2 : 8)) {
        case 0, 1: settings.mode = settings.mode == .normal ? .keepalive : .normal
        case 2: settings.maxSockets = world.among([1, 2, 5, 50])
        case 3: settings.maxFreeSockets = world.among([0, 1, 5, 256])
        case 4: settings.freeSocketTimeout = .milliseconds(world.among([1, 20, 4000]))
        case 5: settings.socketActiveTTL = world.among([nil, .milliseconds(5), .seconds(1)])
        case 6: settings.maxRequestsPerSocket = world.among([nil, 1, 3])
        case 7: settings.scheduling = world.among([.lifo, .fifo])
        default: settings.maxPending = world.among([0, 10, 1024])
        }
    }
}
