package import Control
import Locks
import Synchronization

/// The running proxy: its workers, and what can be seen and changed of it from outside.
package final class ProxyServer: ProxyControl {
    /// Why it could not start; the message names the address or the setting.
    package enum StartError: Error, Equatable, Sendable {
        case cannotListen(SocketAddress, reason: String)
        case invalid(ConfigurationFault)
        case cannotStart(reason: String)
    }

    private struct State {
        var blueprint: Blueprint
        var versions: [String: UInt64]
    }

    package let listeners: [SocketAddress]
    private let workers: [Worker<SystemKernel>]
    private let clientCounters: [ClientCounters]
    private let socketFiles: [UnixSocketFile]
    private let state: Lock<State>
    private let serving = Atomic<Bool>(true)

    /// Binds, starts a thread for each worker, and serves from then on.
    package init(_ configuration: Configuration) throws(StartError) {
        DescriptorLimit.raise()
        let count = configuration.threads ?? Processors.available
        let blueprint = try Self.blueprint(configuration, loops: count)
        let counters = (0..<count).map { _ in ClientCounters() }
        let directory = WorkerDirectory<SystemKernel>()
        var workers: [Worker<SystemKernel>] = []
        do {
            for number in 0..<count {
                workers.append(
                    Worker(
                        kernel: try SystemKernel(), number: number, clients: counters, blueprint: blueprint,
                        post: directory.post))
            }
        } catch {
            throw .cannotStart(reason: "\(error)")
        }
        directory.fill(workers)
        let bound = try Self.bind(configuration.listen, workers: count)
        listeners = bound.map(\.address)
        self.workers = workers
        socketFiles = listeners.compactMap(UnixSocketFile.init)
        clientCounters = counters
        state = Lock(
            State(
                blueprint: blueprint,
                versions: Dictionary(uniqueKeysWithValues: configuration.agents.map { ($0.name, 1) })))
        for (number, worker) in workers.enumerated() {
            let own = bound.map { $0.descriptors[number] }
            LoopThread.start(
                name: "sluice-\(number)", executor: worker.executor, turn: { worker.assumeIsolated { $0.turn() } },
                end: { worker.assumeIsolated { $0.close() } })
            Task { await worker.listen(own) }
        }
    }

    // MARK: What can be seen

    package var threads: Int { workers.count }
    package var isServing: Bool { serving.load(ordering: .relaxed) }
    package var configuration: Configuration { state.withLock { $0.blueprint.configuration } }

    package func agents() -> [AgentSnapshot] {
        let (blueprint, versions) = state.withLock { ($0.blueprint, $0.versions) }
        return blueprint.configuration.agents.map { Self.snapshot(of: $0, in: blueprint, versions) }
    }

    package func clients() -> ClientSnapshot {
        var snapshot = ClientSnapshot()
        for counters in clientCounters { snapshot.add(counters) }
        return snapshot
    }

    package func sockets(of name: String) async -> [SocketSnapshot]? {
        guard configuration.settings(of: name) != nil else { return nil }
        var sockets: [SocketSnapshot] = []
        for worker in workers { sockets += await worker.sockets(of: name) }
        return sockets.sorted { $0.id < $1.id }
    }

    /// How many jobs other threads gave the workers: none of a request may.
    var foreignJobs: Int { workers.reduce(0) { $0 + $1.executor.foreignJobs } }

    private static func snapshot(
        of agent: Configuration.Agent, in blueprint: Blueprint, _ versions: [String: UInt64]
    ) -> AgentSnapshot {
        var snapshot = AgentSnapshot(
            name: agent.name, settings: agent.settings, version: versions[agent.name] ?? 0)
        if let ledger = blueprint.ledgers[agent.name] { snapshot.figures = AgentFigures(summing: ledger.counters) }
        return snapshot
    }

    // MARK: What can be changed

    package func change(
        agent name: String, ifVersion version: UInt64?,
        _ change: @Sendable (AgentSettings) throws(ControlError) -> AgentSettings
    ) async throws(ControlError) -> AgentSnapshot {
        while true {
            let before = state.withLock { ($0.blueprint.configuration.settings(of: name), $0.versions[name] ?? 0) }
            guard let settings = before.0 else { throw .unknownAgent(name) }
            if let version, version != before.1 { throw .versionMismatch(current: before.1) }
            let wanted = try Change(agent: name, before: settings, version: before.1, after: change(settings))
            let result = state.withLock { state -> Result<(Blueprint, AgentSnapshot)?, ControlError> in
                do throws(ControlError) {
                    return .success(try Self.make(wanted, in: &state, loops: workers.count))
                } catch {
                    return .failure(error)
                }
            }
            // Nil: somebody else was faster, and what they made is what is to be changed.
            guard let (blueprint, snapshot) = try result.get() else { continue }
            for worker in workers { await worker.apply(blueprint) }
            return snapshot
        }
    }

    /// A change of one agent's settings, with its new upstream looked up: that may take a while, so no lock is held.
    private struct Change {
        let agent: String
        let before: AgentSettings
        let version: UInt64
        let after: AgentSettings
        /// Nil where the upstream stays.
        let address: ResolvedAddress?

        init(
            agent: String, before: AgentSettings, version: UInt64, after: AgentSettings
        ) throws(ControlError) {
            self.agent = agent
            self.before = before
            self.version = version
            self.after = after
            do throws(SettingFault) {
                address =
                    after.upstream == before.upstream ? nil : try ResolvedAddress.resolve(after.upstream.address)
            } catch {
                throw .invalid([ConfigurationFault(path: "upstream", message: error.message)])
            }
        }
    }

    private static func make(
        _ change: Change, in state: inout State, loops: Int
    ) throws(ControlError) -> (Blueprint, AgentSnapshot)? {
        let old = state.blueprint
        var configuration = old.configuration
        guard let index = configuration.agents.firstIndex(where: { $0.name == change.agent }) else {
            throw .unknownAgent(change.agent)
        }
        guard state.versions[change.agent] ?? 0 == change.version else { return nil }
        configuration.agents[index].settings = change.after
        let faults = configuration.faults()
        if !faults.isEmpty { throw .invalid(faults) }
        if change.after != change.before {
            var addresses = old.addresses
            var eras = old.eras
            if let address = change.address {
                addresses[change.agent] = address
                eras[change.agent, default: 0] += 1
            }
            state.versions[change.agent] = change.version + 1
            let share = DescriptorShare(of: DescriptorLimit.current, loops: loops, configuration)
            old.ledgers[change.agent]?.apply(share.limited(change.after))
            state.blueprint = Blueprint(
                generation: old.generation + 1, configuration: configuration, ledgers: old.ledgers,
                addresses: addresses, eras: eras)
        }
        return (state.blueprint, snapshot(of: configuration.agents[index], in: state.blueprint, state.versions))
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

    private static func blueprint(_ configuration: Configuration, loops: Int) throws(StartError) -> Blueprint {
        if let fault = configuration.faults().first { throw .invalid(fault) }
        var ledgers: [String: AgentLedger] = [:]
        var addresses: [String: ResolvedAddress] = [:]
        let share = DescriptorShare(of: DescriptorLimit.current, loops: loops, configuration)
        for agent in configuration.agents {
            ledgers[agent.name] = AgentLedger(
                settings: share.limited(agent.settings), counters: (0..<loops).map { _ in AgentCounters() })
            do throws(SettingFault) {
                addresses[agent.name] = try ResolvedAddress.resolve(agent.settings.upstream.address)
            } catch {
                throw .invalid(ConfigurationFault(path: "agents.\(agent.name).upstream", message: error.message))
            }
        }
        return Blueprint(generation: 1, configuration: configuration, ledgers: ledgers, addresses: addresses, eras: [:])
    }
}
