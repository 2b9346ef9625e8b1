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
    private let state: Lock<State>
    private let serving = Atomic<Bool>(true)

    /// Binds, starts a thread for each worker, and serves from then on.
    package init(_ configuration: Configuration) throws(StartError) {
        let count = configuration.threads ?? Processors.available
        let blueprint = try Self.blueprint(configuration, loops: count)
        let counters = (0..<count).map { _ in ClientCounters() }
        let directory = WorkerDirectory<SystemKernel>()
        var workers: [Worker<SystemKernel>] = []
        do {
            for number in 0..<count {
                workers.append(
                    Worker(
                        kernel: try SystemKernel(), number: number, clients: counters[number], blueprint: blueprint,
                        post: directory.post))
            }
        } catch {
            throw .cannotStart(reason: "\(error)")
        }
        directory.fill(workers)
        let bound = try Self.bind(configuration.listen, workers: count)
        listeners = bound.map(\.address)
        self.workers = workers
        clientCounters = counters
        state = Lock(
            State(
                blueprint: blueprint,
                versions: Dictionary(uniqueKeysWithValues: configuration.agents.map { ($0.name, 1) })))
        for (number, worker) in workers.enumerated() {
            let own = bound.map { $0.descriptors[number] }
            LoopThread.start(name: "sluice-\(number)", executor: worker.executor) {
                worker.assumeIsolated { $0.turn() }
            }
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
        let result = state.withLock { state -> Result<(Blueprint, AgentSnapshot), ControlError> in
            do throws(ControlError) {
                return .success(try Self.changed(&state, agent: name, ifVersion: version, change))
            } catch {
                return .failure(error)
            }
        }
        let (blueprint, snapshot) = try result.get()
        for worker in workers { await worker.apply(blueprint) }
        return snapshot
    }

    private static func changed(
        _ state: inout State, agent name: String, ifVersion version: UInt64?,
        _ change: (AgentSettings) throws(ControlError) -> AgentSettings
    ) throws(ControlError) -> (Blueprint, AgentSnapshot) {
        var configuration = state.blueprint.configuration
        guard let index = configuration.agents.firstIndex(where: { $0.name == name }) else {
            throw .unknownAgent(name)
        }
        let current = state.versions[name] ?? 0
        if let version, version != current { throw .versionMismatch(current: current) }
        let before = configuration.agents[index].settings
        let after = try change(before)
        configuration.agents[index].settings = after
        let faults = configuration.faults()
        if !faults.isEmpty { throw .invalid(faults) }
        var addresses = state.blueprint.addresses
        if after.upstream != before.upstream {
            do throws(SettingFault) {
                addresses[name] = try ResolvedAddress.resolve(after.upstream.address)
            } catch {
                throw .invalid([ConfigurationFault(path: "upstream", message: error.message)])
            }
        }
        if after != before {
            state.versions[name] = current + 1
            state.blueprint.ledgers[name]?.apply(after)
            state.blueprint = Blueprint(
                generation: state.blueprint.generation + 1, configuration: configuration,
                ledgers: state.blueprint.ledgers, addresses: addresses)
        }
        return (state.blueprint, snapshot(of: configuration.agents[index], in: state.blueprint, state.versions))
    }

    // MARK: Stopping

    /// Accepts no more, and waits until every client has had its answer and is gone, or until `grace` is over.
    ///
    /// - Returns: How many clients were still connected then.
    package func stop(grace: Duration) async -> Int {
        serving.store(false, ordering: .relaxed)
        for worker in workers { await worker.stop() }
        let end = ContinuousClock.now + grace
        var left = await connectionCount()
        while left > 0, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(10))
            left = await connectionCount()
        }
        for worker in workers { await worker.end() }
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
                bound.append(try ListenerPlan.bind(address, workers: workers))
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
        for agent in configuration.agents {
            ledgers[agent.name] = AgentLedger(
                settings: agent.settings, counters: (0..<loops).map { _ in AgentCounters() })
            do throws(SettingFault) {
                addresses[agent.name] = try ResolvedAddress.resolve(agent.settings.upstream.address)
            } catch {
                throw .invalid(ConfigurationFault(path: "agents.\(agent.name).upstream", message: error.message))
            }
        }
        return Blueprint(generation: 1, configuration: configuration, ledgers: ledgers, addresses: addresses)
    }
}
