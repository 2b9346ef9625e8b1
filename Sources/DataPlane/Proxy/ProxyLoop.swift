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
    /// Whether all that was connected was reset, and what is still on its way here will be.
    private(set) var isCut = false
    /// Decides which clients go to another loop; nil when each is to stay where it was accepted.
    var spread: ClientSpread?

    /// Those of the configuration, and those that have left it but still serve.
    private(set) var agents: [AgentID: Agent<K>] = [:]
    private(set) var connections: [ClientConnection<K>] = []
    private var dateField = DateField()
    /// Starts the task of a connection, on this loop; the loop's actor sets it.
    var start: ((ClientConnection<K>, Step) -> Void)?
    let post: (_ loop: Int, LoopMessage) -> Void
    /// What each loop counts of its clients, this one included.
    let allClients: [ClientCounters]

    /// A loop that serves by `blueprint`.
    ///
    /// - Parameters:
    ///   - clients: What each loop counts of its clients, by number.
    ///   - accessLog: Gets the record of each request.
    ///   - post: Carries messages to other loops.
    init(
        loop: Loop<K>, number: Int, clients: [ClientCounters], blueprint: Blueprint, accessLog: (any AccessSink)?,
        post: @escaping (_ loop: Int, LoopMessage) -> Void
    ) {
        self.loop = loop
        self.number = number
        self.accessLog = accessLog.map(AccessLog.init)
        self.post = post
        allClients = clients
        let own = clients[number]
        self.clients = own
        setup = Setup(blueprint.configuration, agents: [:], clientsMax: .max)
        if clients.count > 1 { spread = ClientSpread(own: number, count: clients.count, now: loop.now) }
        apply(blueprint)
        loop.onTurn = { busy, total in
            own.busyNanoseconds.add(busy)
            own.totalNanoseconds.add(total)
        }
    }

    /// Puts a changed configuration in force, for every request whose head is not whole yet.
    func apply(_ blueprint: Blueprint) {
        var present: [String: Agent<K>] = [:]
        for plan in blueprint.agents {
            let running = agents[plan.id]
            running?.apply(plan)
            let agent =
                running ?? Agent(plan, loop: loop, number: number, post: { [post] in post($0, .agent(plan.id, $1)) })
            agents[plan.id] = agent
            present[plan.name] = agent
        }
        setup = Setup(blueprint.configuration, agents: present, clientsMax: blueprint.clientsMax)
        for agent in agentsInOrder where !agent.isLeaving && present[agent.name] !== agent { agent.leave() }
        for connection in connections { connection.letGoWhileIdle() }
    }

    /// Takes what another loop's part of an agent sent.
    func receive(_ message: AgentMessage, for id: AgentID) {
        // Nobody missing is sent a socket or a permit, which are for requests that wait here. That one waits elsewhere
        // may be told too early, and is known from the ledger then, or too late, and nothing is left that could help.
        guard let agent = agents[id] else { return }
        guard case .over = message else { return agent.receive(message) }
        agent.end()
        agents[id] = nil
    }

    // From the oldest to the newest, so that a simulated run is the same each time.
    private var agentsInOrder: [Agent<K>] { agents.values.sorted { $0.id < $1.id } }

    /// A ready `Date` line for the present second.
    var date: DateField.Line { dateField.line(seconds: loop.kernel.wallClockSeconds, now: loop.now) }

    // MARK: Clients

    /// Makes a connection of a client, which counts at its listener on this loop from now on.
    func connection(of client: AcceptedClient) -> ClientConnection<K> {
        let socket = Socket(client.descriptor, readiness: [.readable, .writable])
        let counters = clients.listeners[client.listener]
        let connection = ClientConnection(socket, address: client.address, counters: counters, proxy: self)
        connection.index = connections.count
        connections.append(connection)
        counters.accepted.add()
        counters.connections.add()
        return connection
    }

    /// Has a task serve `connection` from `step` on, at once and up to its first wait.
    func startTask(for connection: ClientConnection<K>, at step: Step) {
        guard let start else { preconditionFailure("a client was accepted before the loop could serve it") }
        start(connection, step)
    }

    /// `connection` is closed.
    func ended(_ connection: ClientConnection<K>) {
        let last = connections.removeLast()
        if last !== connection {
            last.index = connection.index
            connections[connection.index] = last
        }
        connection.counters.connections.subtract()
        spread?.left(requests: connection.requestCount)
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
        for agent in agentsInOrder { agent.closeFree(.drain) }
    }

    /// All that is still connected is reset.
    func cut() {
        isCut = true
        for connection in connections { connection.cut() }
    }

    /// How many clients are still connected.
    var connectionCount: Int { connections.count }
}
