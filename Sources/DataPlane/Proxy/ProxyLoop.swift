import Control

/// All that one loop of the proxy knows: its agents, its clients, and what they share from one request to the next.
final class ProxyLoop<K: Kernel> {
    let loop: Loop<K>
    /// From 0.
    let number: Int
    let clients: ClientCounters
    /// Gets the record of each request, if it is on.
    let accessLog: AccessLog?
    /// What new requests are served by.
    private(set) var setup: Setup<K>
    /// Storage for the head that is looked at; none outlives a wait.
    var requestHead = RequestHead()
    var responseHead = ResponseHead()
    private(set) var isStopping = false

    private(set) var agents: [String: Agent<K>] = [:]
    private(set) var connections: [ClientConnection<K>] = []
    private var dateField = DateField()
    private let post: (_ loop: Int, _ agent: String, AgentMessage) -> Void
    // Of all loops, this one included.
    private let allClients: [ClientCounters]

    /// A loop that serves by `blueprint`.
    ///
    /// - Parameters:
    ///   - clients: What each loop counts of its clients, by number.
    ///   - accessLog: Gets the record of each request.
    ///   - post: Carries messages to the agents of other loops.
    init(
        loop: Loop<K>, number: Int, clients: [ClientCounters], blueprint: Blueprint, accessLog: (any AccessSink)?,
        post: @escaping (_ loop: Int, _ agent: String, AgentMessage) -> Void
    ) {
        self.loop = loop
        self.number = number
        self.accessLog = accessLog.map(AccessLog.init)
        self.post = post
        allClients = clients
        let own = clients[number]
        self.clients = own
        setup = Setup(blueprint.configuration, agents: [:], clientsMax: .max)
        apply(blueprint)
        loop.onTurn = { busy, total in
            own.busyNanoseconds.add(busy)
            own.totalNanoseconds.add(total)
        }
    }

    /// Puts a changed configuration in force.
    func apply(_ blueprint: Blueprint) {
        for agent in blueprint.configuration.agents {
            guard let address = blueprint.addresses[agent.name] else { continue }
            let era = blueprint.eras[agent.name] ?? 0
            if let running = agents[agent.name] {
                running.apply(agent.settings, address: address, era: era, trial: blueprint.trials[agent.name])
            } else if let ledger = blueprint.ledgers[agent.name] {
                agents[agent.name] = Agent(
                    name: agent.name, loop: loop, number: number, ledger: ledger, settings: agent.settings,
                    address: address, era: era, trial: blueprint.trials[agent.name],
                    post: { [post] in post($0, agent.name, $1) })
            }
        }
        let share = DescriptorShare(
            of: loop.kernel.descriptorsMax, loops: allClients.count, blueprint.configuration)
        setup = Setup(blueprint.configuration, agents: agents, clientsMax: share.clients)
    }

    /// A ready `Date` line for the present second.
    var date: [UInt8] { dateField.line(seconds: loop.kernel.wallClockSeconds, now: loop.now) }

    // MARK: Clients

    /// Whether another client may connect.
    var hasRoom: Bool {
        let most = setup.maxConnections
        return most == .max || allClients.reduce(0) { $0 &+ $1.connections } < UInt64(most)
    }

    /// Makes a connection of a socket that a listener accepted, which counts in `counters`.
    func connection(_ socket: Socket, address: [UInt8], counters: ListenerCounters) -> ClientConnection<K> {
        let connection = ClientConnection(socket, address: address, counters: counters, proxy: self)
        connection.index = connections.count
        connections.append(connection)
        counters.accepted.add()
        counters.connections.add()
        return connection
    }

    /// `connection` is closed.
    func ended(_ connection: ClientConnection<K>) {
        let last = connections.removeLast()
        if last !== connection {
            last.index = connection.index
            connections[connection.index] = last
        }
        connection.counters.connections.subtract()
    }

    // MARK: Stopping

    /// Accepts no more; what is connected already is served once more.
    func stopAccepting() {
        isStopping = true
        loop.stopListening()
    }

    /// Idle connections end now, busy ones after their answer.
    func stop() {
        for connection in connections { connection.stop() }
        // In the order of their names, so that a simulated run is the same each time.
        for name in agents.keys.sorted() { agents[name]?.closeFree(.drain) }
    }

    /// All that is still connected is reset.
    func cut() {
        for connection in connections { connection.cut() }
    }

    /// How many clients are still connected.
    var connectionCount: Int { connections.count }
}
