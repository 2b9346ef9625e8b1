import Control

/// The actor that is one loop of the proxy: whatever runs on it runs on the loop's thread.
actor Worker<K: Kernel> {
    nonisolated let executor: LoopExecutor
    let loop: Loop<K>
    let proxy: ProxyLoop<K>
    /// Of the configuration in force on it.
    private(set) var generation: UInt64
    private var isEnding = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A worker over a kernel of its own.
    ///
    /// - Parameters:
    ///   - number: From 0.
    ///   - clients: What each worker counts of its clients, by number.
    ///   - accessLog: Gets the record of each request.
    ///   - post: Carries a message to another worker.
    init(
        kernel: sending K, number: Int, clients: [ClientCounters], blueprint: Blueprint,
        accessLog: (any AccessSink)? = nil,
        post: @escaping @Sendable (_ worker: Int, LoopMessage) -> Void
    ) {
        executor = LoopExecutor(waker: kernel.waker)
        loop = Loop(kernel: kernel, executor: executor)
        generation = blueprint.generation
        proxy = ProxyLoop(
            loop: loop, number: number, clients: clients, blueprint: blueprint, accessLog: accessLog, post: post)
    }

    /// All turns of the loop, with the jobs that became ready in each; returns when its thread can end.
    func run() {
        while turn() { executor.drain() }
        executor.drain()
        close()
    }

    /// One turn of the loop; returns false when it was the last.
    func turn() -> Bool {
        if isEnding { return false }
        loop.turn()
        return true
    }

    /// Gives the kernel's resources back, once the thread has had its last turn.
    func close() {
        proxy.start = nil
        loop.kernel.end()
    }

    /// Accepts the clients of `listeners`, which stand in the order of the configuration, from now on.
    func listen(_ listeners: [Descriptor]) {
        if proxy.isStopping { return }
        proxy.start = start
        for (number, listener) in listeners.enumerated() {
            let acceptor = ClientAcceptor(listener, listener: number, proxy: proxy)
            do throws(SystemError) {
                try loop.listen(listener, acceptor)
            } catch {
                preconditionFailure("a fresh listener cannot be watched: \(error)")
            }
        }
    }

    /// Puts a changed configuration in force, unless a newer one is already.
    func apply(_ blueprint: Blueprint) {
        guard blueprint.generation > generation else { return }
        generation = blueprint.generation
        proxy.apply(blueprint)
    }

    /// Takes what another worker sent.
    func receive(_ message: LoopMessage) {
        switch message {
        case .agent(let agent, let message): proxy.receive(message, for: agent)
        case .client(let client):
            // It may come before this loop listens itself.
            proxy.start = start
            proxy.receive(client)
        }
    }

    /// The open sockets of an agent.
    func sockets(of agent: AgentID) -> [SocketSnapshot] { proxy.agents[agent]?.snapshots(thread: proxy.number) ?? [] }

    /// Closes the free sockets of an agent for the operator; returns how many there were.
    func closeFree(of agent: AgentID) -> Int { proxy.agents[agent]?.closeFree(.operator) ?? 0 }

    /// Closes one socket of an agent for the operator, at once or after its request; returns whether it is here.
    func close(serial: UInt64, of agent: AgentID) -> Bool { proxy.agents[agent]?.close(serial: serial) ?? false }

    /// Accepts no more.
    func stopAccepting() { proxy.stopAccepting() }

    /// Idle connections end now, busy ones after their answer.
    func stop() { proxy.stop() }

    /// What has not ended by now is reset.
    func cut() { proxy.cut() }

    /// How many clients are still connected.
    var connectionCount: Int { proxy.connectionCount }

    /// Lets the thread end.
    func end() { isEnding = true }

    // Starts the task of a connection on this loop, at once and up to its first wait.
    private func start(_ connection: ClientConnection<K>, at step: Step) {
        Task.immediate(executorPreference: executor) {
            // Naming the actor's state isolates the task to it, so that the connection never leaves the loop.
            _ = self.proxy
            await connection.serve(from: step)
        }
    }
}
