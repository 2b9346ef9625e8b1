package import Control
import Locks
import Synchronization

/// The running proxy: its workers, and what can be seen and changed of it from outside.
package final class ProxyServer: ProxyControl {
    /// Why it could not start; the message names the address or the setting.
    package enum StartError: Error, Equatable, Sendable {
        case cannotListen(SocketAddress, reason: String)
        case invalid(ConfigurationFault)
        case cannotPoll(reason: String)
        case cannotStart(reason: String)
    }

    private struct InForce {
        var blueprint: Blueprint
        var versioned: VersionedConfiguration
    }

    package let listeners: [SocketAddress]
    /// By what the loops hear of their sockets.
    package let io: Configuration.IO
    private let workers: [Worker<SystemKernel>]
    private let clientCounters: [ClientCounters]
    private let socketFiles: [UnixSocketFile]
    private let inForce: Lock<InForce>
    private let serving = Atomic<Bool>(true)

    /// Binds, starts a thread for each worker, and serves from then on.
    ///
    /// - Parameter accessLog: Gets the record of each request.
    package init(_ configuration: Configuration, accessLog: (any AccessSink)? = nil) throws(StartError) {
        DescriptorLimit.raise()
        let count = configuration.threads ?? Processors.available
        let blueprint = try Self.blueprint(configuration, loops: count)
        let counters = (0..<count).map { _ in ClientCounters(listeners: configuration.listen.count) }
        let backend = try Self.backend(configuration.io)
        let directory = WorkerDirectory<SystemKernel>()
        var workers: [Worker<SystemKernel>] = []
        do {
            for number in 0..<count {
                workers.append(
                    Worker(
                        kernel: try SystemKernel(through: backend), number: number, clients: counters,
                        blueprint: blueprint,
                        accessLog: accessLog, post: directory.post))
            }
        } catch {
            throw .cannotStart(reason: "\(error)")
        }
        directory.fill(workers)
        let bound = try Self.bind(configuration.listen, workers: count)
        listeners = bound.map(\.address)
        io = backend.io
        self.workers = workers
        socketFiles = listeners.compactMap(UnixSocketFile.init)
        clientCounters = counters
        inForce = Lock(InForce(blueprint: blueprint, versioned: VersionedConfiguration(configuration)))
        for (number, worker) in workers.enumerated() {
            let own = bound.map { $0.descriptors[number] }
            LoopThread.start(
                name: "sluice-\(number)", executor: worker.executor, run: { worker.assumeIsolated { $0.run() } })
            Task { await worker.listen(own) }
        }
    }

    // MARK: What can be seen

    package var threads: Int { workers.count }
    package var isServing: Bool { serving.load(ordering: .relaxed) }
    package var state: VersionedConfiguration { inForce.withLock { $0.versioned } }

    package func agents() -> [AgentSnapshot] {
        let (blueprint, versioned) = inForce.withLock { ($0.blueprint, $0.versioned) }
        return blueprint.agents.map { Self.snapshot(of: $0, versioned) }
    }

    package func clients() -> ClientSnapshot {
        ClientSnapshot(summing: clientCounters, addresses: listeners)
    }

    package func sockets(of name: String) async -> [SocketSnapshot]? {
        guard let agent = inForce.withLock({ $0.blueprint[name] }) else { return nil }
        var sockets: [SocketSnapshot] = []
        for worker in workers { sockets += await worker.sockets(of: agent.id) }
        return sockets.sorted { $0.id < $1.id }
    }

    /// How many jobs other threads gave the workers: none of a request may.
    var foreignJobs: Int { workers.reduce(0) { $0 + $1.executor.foreignJobs } }

    private static func snapshot(of agent: Blueprint.Agent, _ versioned: VersionedConfiguration) -> AgentSnapshot {
        let settings = versioned.configuration.settings(of: agent.name) ?? agent.settings
        var snapshot = AgentSnapshot(
            name: agent.name, settings: settings, version: versioned.version(of: agent.name))
        snapshot.state = agent.isDraining ? .draining : .running
        snapshot.isAnswering = agent.ledger.isAnswering(now: SystemKernel.monotonicNow)
        if agent.settings.maxSockets < settings.maxSockets { snapshot.limitedTo = agent.settings.maxSockets }
        snapshot.figures = AgentFigures(summing: agent.ledger.counters)
        return snapshot
    }

    // MARK: What can be changed

    package func change(
        _ change: @Sendable (VersionedConfiguration) throws(ControlError) -> Configuration
    ) async throws(ControlError) -> ConfigurationChange {
        while true {
            let before = state
            let after = before.advanced(to: try change(before))
            if after == before { return ConfigurationChange(before: before, after: after) }
            let faults = after.configuration.faults() + Self.fixedFaults(before.configuration, after.configuration)
            if !faults.isEmpty { throw .invalid(faults) }
            // Looking names up may take a while, so no lock is held.
            let addresses = try Self.addresses(of: after.configuration, before: before.configuration)
            let blueprint = inForce.withLock { inForce -> Blueprint? in
                guard inForce.versioned.version == before.version else { return nil }
                inForce.blueprint = inForce.blueprint.changed(
                    to: after.configuration, addresses: addresses, loops: workers.count,
                    descriptors: DescriptorLimit.current)
                inForce.versioned = after
                return inForce.blueprint
            }
            // Nil: somebody else was faster, and what they made is what is to be changed.
            guard let blueprint else { continue }
            for worker in workers { await worker.apply(blueprint) }
            return ConfigurationChange(before: before, after: after)
        }
    }

    package func drain(agent name: String) async throws(ControlError) -> AgentSnapshot {
        try await draining(name, true)
    }

    package func resume(agent name: String) async throws(ControlError) -> AgentSnapshot {
        try await draining(name, false)
    }

    private func draining(_ name: String, _ isDraining: Bool) async throws(ControlError) -> AgentSnapshot {
        let blueprint = inForce.withLock { inForce -> Blueprint? in
            guard let next = inForce.blueprint.draining(name, isDraining) else { return nil }
            inForce.blueprint = next
            return next
        }
        guard let blueprint, let agent = blueprint[name] else { throw .unknownAgent(name) }
        for worker in workers { await worker.apply(blueprint) }
        return Self.snapshot(of: agent, state)
    }

    package func close(_ sockets: SocketSelection, of name: String) async throws(ControlError) -> Int {
        guard let agent = inForce.withLock({ $0.blueprint[name] }) else { throw .unknownAgent(name) }
        switch sockets {
        case .free:
            var count = 0
            for worker in workers { count += await worker.closeFree(of: agent.id) }
            return count
        case .one(let id):
            // One on its way between two loops is on neither, and has arrived when it is looked for again.
            for _ in 0..<2 {
                for worker in workers {
                    if await worker.close(serial: id, of: agent.id) { return 1 }
                }
            }
            throw .unknownSocket(id)
        }
    }

    package func trial(of name: String) -> TrialSnapshot? {
        inForce.withLock { $0.blueprint[name]?.trial }?.read()
    }

    // What cannot change while it runs.
    private static func fixedFaults(_ before: Configuration, _ after: Configuration) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        func check<Value: Equatable>(_ path: String, _ value: (Configuration) -> Value) {
            guard value(before) != value(after) else { return }
            faults.append(ConfigurationFault(path: path, message: "cannot change without a restart"))
        }
        check("listen") { $0.listen }
        check("admin.listen") { $0.admin.listen }
        check("admin.socketMode") { $0.admin.socketMode }
        check("threads") { $0.threads }
        check("io") { $0.io }
        return faults
    }

    // Of the agents whose upstream is new.
    private static func addresses(
        of configuration: Configuration, before: Configuration
    ) throws(ControlError) -> [String: ResolvedAddress] {
        var addresses: [String: ResolvedAddress] = [:]
        for agent in configuration.agents {
            if before.settings(of: agent.name)?.upstream == agent.settings.upstream { continue }
            do throws(SettingFault) {
                addresses[agent.name] = try ResolvedAddress.resolve(agent.settings.upstream.address)
            } catch {
                throw .invalid([ConfigurationFault(path: "agents.\(agent.name).upstream", message: error.message)])
            }
        }
        return addresses
    }

    // MARK: Stopping

    /// How long the resets of a stop may take: a turn or two of each loop.
    private static var cutTime: Duration { .milliseconds(500) }

    /// Accepts no more, and waits until every client has had its answer and is gone, or until `grace` is over.
    /// Whoever is still connected then is reset, so that no answer that was cut short passes for whole.
    ///
    /// - Returns: How many clients were still connected then.
    package func stop(grace: Duration) async -> Int {
        serving.store(false, ordering: .relaxed)
        // All of them first: whoever sees its idle connection end must not get in at another worker.
        for worker in workers { await worker.stopAccepting() }
        for worker in workers { await worker.stop() }
        let end = ContinuousClock.now + grace
        let left = await connectionsLeft(at: end)
        if left > 0 {
            for worker in workers { await worker.cut() }
            _ = await connectionsLeft(at: .now + Self.cutTime)
        }
        socketFiles.forEach { $0.remove() }
        return left
    }

    /// Ends the threads; nothing may be asked of the proxy afterwards.
    package func end() async {
        for worker in workers { await worker.end() }
    }

    // Waits until none is left, or until `end`; returns how many are left.
    private func connectionsLeft(at end: ContinuousClock.Instant) async -> Int {
        var left = await connectionCount()
        while left > 0, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(10))
            left = await connectionCount()
        }
        return left
    }

    private func connectionCount() async -> Int {
        var count = 0
        for worker in workers { count += await worker.connectionCount }
        return count
    }

    // MARK: Starting

    private static func bind(
        _ addresses: [SocketAddress], workers: Int
    ) throws(StartError) -> [(descriptors: [Descriptor], address: SocketAddress)] {
        var bound: [(descriptors: [Descriptor], address: SocketAddress)] = []
        for address in addresses {
            do throws(SettingFault) {
                bound.append(try ListenerPlan.bind(address, workers: workers, isShared: true))
            } catch {
                throw .cannotListen(address, reason: error.message)
            }
        }
        return bound
    }

    private static func backend(_ io: Configuration.IO) throws(StartError) -> SystemKernel.Backend {
        do throws(SystemError) {
            return try SystemKernel.Backend(io)
        } catch {
            throw .cannotPoll(reason: error.description)
        }
    }

    private static func blueprint(_ configuration: Configuration, loops: Int) throws(StartError) -> Blueprint {
        if let fault = configuration.faults().first { throw .invalid(fault) }
        var addresses: [String: ResolvedAddress] = [:]
        for agent in configuration.agents {
            do throws(SettingFault) {
                addresses[agent.name] = try ResolvedAddress.resolve(agent.settings.upstream.address)
            } catch {
                throw .invalid(ConfigurationFault(path: "agents.\(agent.name).upstream", message: error.message))
            }
        }
        return Blueprint(
            configuration, addresses: addresses, loops: loops, descriptors: DescriptorLimit.current)
    }
}
