import Control
import Locks
import MicroHTTPD
import Synchronization

/// How agents go.
extension API {
    /// Drains an agent and removes it: at once when it soon has no request any more, else when that is so.
    func deleteAgent(_ call: Call) async throws(Problem) -> Response {
        let name = call.name
        let before = try find(name)
        if let routes = control.configuration.routes(to: name) { throw .agentInUse(name, routes: routes) }
        let removal = Removal(
            name: name, preconditions: call.preconditions, who: call.request.client,
            hadState: before.state)
        do throws(ControlError) {
            let agent = try await control.drain(agent: name)
            guard await isIdle(name, within: removalPatience) else {
                announce(.drain, from: before.state, to: agent, by: removal.who)
                removals.start(name) { [self] in await finish(removal) }
                return reply(agent, call, status: 202)
            }
            try await remove(removal)
        } catch {
            throw Problem(error, tag: tag)
        }
        return Response(status: 204, body: .bytes([]))
    }

    // Waits for the last request, however long it takes, and removes the agent then.
    private func finish(_ removal: Removal) async {
        guard await isIdle(removal.name, within: nil) else { return }
        do throws(ControlError) {
            try await remove(removal)
        } catch {
            let reason = Problem(error, tag: tag).detail
            let json: JSONValue = [
                "time": .string(Timestamp.now()), "kind": "removal", "agent": .string(removal.name),
                "detail": .string("The agent \"\(removal.name)\" was not removed after all. \(reason)"),
            ]
            events.append(.problem, json: String(decoding: json.encoded(), as: UTF8.self))
        }
    }

    private func remove(_ removal: Removal) async throws(ControlError) {
        do throws(ControlError) {
            let change = try await control.change { state throws(ControlError) in
                let version = state.version(of: removal.name)
                var configuration = state.configuration
                guard let index = configuration.agents.firstIndex(where: { $0.name == removal.name }) else {
                    throw .unknownAgent(removal.name)
                }
                guard removal.preconditions.allowChange(of: tag(version)) else {
                    throw .versionMismatch(current: version)
                }
                if let routes = configuration.routes(to: removal.name) {
                    throw .agentInUse(removal.name, routes: routes)
                }
                configuration.agents.remove(at: index)
                return configuration
            }
            changes.announce(change, by: removal.who)
        } catch {
            // It stays, so it must work as it did before.
            if removal.hadState == .running { _ = try? await control.resume(agent: removal.name) }
            throw error
        }
    }

    /// Waits until the agent has no request any more.
    ///
    /// - Parameter patience: How long; nil: until it is so, or somebody puts the agent back to work.
    /// - Returns: Whether it has none.
    private func isIdle(_ name: String, within patience: Duration?) async -> Bool {
        let end = patience.map { ContinuousClock.now + $0 }
        while true {
            guard let agent = control.agents().first(where: { $0.name == name }) else { return true }
            let figures = agent.figures
            if figures.active == 0, figures.connecting == 0, figures.pending == 0 { return true }
            if end == nil, agent.state != .draining { return false }
            if let end, ContinuousClock.now >= end { return false }
            do { try await Task.sleep(for: .milliseconds(end == nil ? 50 : 5)) } catch { return false }
        }
    }
}

/// The removal of an agent that was asked for.
private struct Removal: Sendable {
    let name: String
    /// They hold until the end: what somebody changes meanwhile is not thrown away unseen.
    let preconditions: Preconditions
    /// Who asked for it.
    let who: String
    /// What the agent was before.
    let hadState: AgentSnapshot.State
}

extension Configuration {
    /// Which routes lead to the agent called `name`, if it is needed at all; without routes all requests go to `default`.
    fileprivate func routes(to name: String) -> [Int]? {
        if routes.isEmpty { return name == "default" ? [] : nil }
        let indices = routes.indices.filter { routes[$0].agent == name }
        return indices.isEmpty ? nil : indices
    }
}

/// The agents that go as soon as their last request is over: at most one task for each.
final class Removals: Sendable {
    private let tasks = Lock<[String: Task<Void, Never>]>([:])

    /// Runs `finish` beside everything else, unless it runs already for the agent called `name`.
    func start(_ name: String, _ finish: @escaping @Sendable () async -> Void) {
        tasks.withLock { tasks in
            if tasks[name] != nil { return }
            tasks[name] = Task.detached { [self] in
                await finish()
                self.tasks.withLock { _ = $0.removeValue(forKey: name) }
            }
        }
    }

    /// Gives them up and waits until none runs: the proxy is about to go.
    func stop() async {
        let running = tasks.withLock { Array($0.values) }
        for task in running { task.cancel() }
        for task in running { await task.value }
    }
}
