import Control
import MicroHTTPD

/// Agents, their settings and what they do.
extension API {
    /// The types of a merge patch's body.
    static let patchTypes = ["application/merge-patch+json", "application/json"]

    /// All agents.
    func agents(_ call: Call) -> Response {
        let agents = control.agents().map { AgentJSON.full($0, sampler.activity(of: $0)) }
        return json(["agents": .list(agents)], call)
    }

    /// One agent.
    func agent(_ call: Call) throws(Problem) -> Response {
        reply(try find(call.name), call)
    }

    /// Changes settings of one agent, all or nothing.
    func patchAgent(_ call: Call) async throws(Problem) -> Response {
        let name = call.name
        _ = try find(name)
        let patch = try MergePatch(try call.body())
        let defaults = store.agentDefaults
        do throws(ControlError) {
            let change = try await control.change { state throws(ControlError) in
                var configuration = state.configuration
                guard let index = configuration.agents.firstIndex(where: { $0.name == name }) else {
                    throw .unknownAgent(name)
                }
                let version = state.version(of: name)
                guard call.preconditions.allowChange(of: tag(version)) else {
                    throw .versionMismatch(current: version)
                }
                configuration.agents[index].settings = try patch.apply(
                    to: configuration.agents[index].settings, defaults: defaults)
                return configuration
            }
            changes.announce(change, by: call.request.client)
        } catch {
            throw Problem(error, tag: tag, pointer: Self.pointer(inAgent: name))
        }
        return reply(try find(name), call)
    }

    /// Makes a new agent.
    func addAgent(_ call: Call) async throws(Problem) -> Response {
        let agent = try NewAgent(
            try call.members(example: NewAgent.example), defaults: store.agentDefaults
        ).agent
        do throws(ControlError) {
            let change = try await control.change { state throws(ControlError) in
                var configuration = state.configuration
                guard configuration.settings(of: agent.name) == nil else { throw .agentExists(agent.name) }
                configuration.agents.append(agent)
                return configuration
            }
            changes.announce(change, by: call.request.client)
        } catch {
            throw Problem(error, tag: tag, pointer: Self.pointer(inAgent: agent.name))
        }
        // An agent's name needs no escape in a path.
        let location = [(name: "Location", value: "/api/v1/agents/\(agent.name)")]
        return reply(try find(agent.name), call, status: 201, fields: location)
    }

    /// Lets an agent take no new request.
    func drain(_ call: Call) async throws(Problem) -> Response {
        try await setState(call, .drain) { control, name throws(ControlError) in try await control.drain(agent: name) }
    }

    /// Puts an agent back to work.
    func resume(_ call: Call) async throws(Problem) -> Response {
        try await setState(call, .resume) { control, name throws(ControlError) in
            try await control.resume(agent: name)
        }
    }

    private func setState(
        _ call: Call, _ what: ChangeLog.What,
        _ set: (any ProxyControl, String) async throws(ControlError) -> AgentSnapshot
    ) async throws(Problem) -> Response {
        let before = try find(call.name)
        try call.requireNothing()
        let after: AgentSnapshot
        do throws(ControlError) {
            after = try await set(control, call.name)
        } catch {
            throw Problem(error, tag: tag)
        }
        announce(what, from: before.state, to: after, by: call.request.client)
        return reply(after, call)
    }

    /// Tells that an agent's state was changed, if it was.
    func announce(
        _ what: ChangeLog.What, from before: AgentSnapshot.State, to agent: AgentSnapshot, by who: String
    ) {
        guard before != agent.state else { return }
        let change = SettingChange(
            setting: "state", before: .string(before.rawValue), after: .string(agent.state.rawValue))
        changes.announce(ChangePart(what: what, agent: agent.name, changes: [change]), by: who)
    }

    /// The strong entity tag of a version of an agent's settings.
    func tag(_ version: UInt64) -> String { tag("\(version)") }

    /// The agent called `name`.
    func find(_ name: String) throws(Problem) -> AgentSnapshot {
        guard let agent = control.agents().first(where: { $0.name == name }) else { throw .unknownAgent(name) }
        return agent
    }

    /// An agent as a reply.
    func reply(
        _ agent: AgentSnapshot, _ call: Call, status: Int = 200, fields: [(name: String, value: String)] = []
    ) -> Response {
        let own = [("ETag", tag(agent.version)), ("Accept-Patch", Self.patchTypes.joined(separator: ", "))]
        return json(AgentJSON.full(agent, sampler.activity(of: agent)), call, status: status, fields: own + fields)
    }

    // In a body that speaks of one agent its members stand at the top.
    private static func pointer(inAgent name: String) -> (String) -> String {
        { path in
            let prefix = "agents.\(name)"
            if path == prefix { return JSONPointer.text(["name"]) }
            return JSONPointer.text([path.hasPrefix(prefix + ".") ? String(path.dropFirst(prefix.count + 1)) : path])
        }
    }
}
