import Control
import MicroHTTPD

/// Agents and their sockets.
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
        let agent = try find(call.name)
        try Self.requirePatch(call.request)
        let version = try requiredVersion(call.request, agent)
        let patch: MergePatch
        do {
            patch = try MergePatch(try JSONBody.decode(call.request.body))
        } catch let fault as JSONBody.Fault {
            throw .badBody(fault.detail)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .badBody("The body cannot be read.")
        }
        let name = call.name
        let change: ConfigurationChange
        do {
            change = try await control.change { state throws(ControlError) in
                var configuration = state.configuration
                guard let index = configuration.agents.firstIndex(where: { $0.name == name }) else {
                    throw .unknownAgent(name)
                }
                let current = state.version(of: name)
                if let version, version != current { throw .versionMismatch(current: current) }
                configuration.agents[index].settings = try patch.apply(to: configuration.agents[index].settings)
                return configuration
            }
        } catch {
            switch error {
            case .unknownAgent(let name): throw .unknownAgent(name)
            case .versionMismatch(let current): throw .preconditionFailed(current: tag(current))
            case .invalid(let faults):
                let prefix = "agents.\(name)."
                throw .invalidSettings(
                    faults.map { fault in
                        let path =
                            fault.path.hasPrefix(prefix) ? String(fault.path.dropFirst(prefix.count)) : fault.path
                        return .init(place: .pointer(JSONPointer.text([path])), detail: fault.message)
                    })
            case .agentExists, .agentInUse, .unknownSocket:
                throw .unavailable("The change cannot be made: \(error).", retryAfter: 1)
            }
        }
        changes.announce(change, by: call.request.client)
        return reply(try find(name), call)
    }

    /// The open sockets of one agent, a page at a time.
    func sockets(_ call: Call) async throws(Problem) -> Response {
        let page = try SocketPage(call.query)
        guard let sockets = await control.sockets(of: call.name) else { throw .unknownAgent(call.name) }
        let upstream = control.agents().first { $0.name == call.name }?.settings.upstream.description
        return json(page.json(sockets, upstream: upstream ?? ""), call)
    }

    /// The strong entity tag of a version of an agent's settings.
    func tag(_ version: UInt64) -> String { "\"\(instance)-\(version)\"" }

    private func find(_ name: String) throws(Problem) -> AgentSnapshot {
        guard let agent = control.agents().first(where: { $0.name == name }) else { throw .unknownAgent(name) }
        return agent
    }

    private func reply(_ agent: AgentSnapshot, _ call: Call) -> Response {
        json(
            AgentJSON.full(agent, sampler.activity(of: agent)), call,
            fields: [("ETag", tag(agent.version)), ("Accept-Patch", Self.patchTypes.joined(separator: ", "))])
    }

    /// RFC 5789, section 2.2: a patch says what it is. A page of another site can send only forms and plain text.
    private static func requirePatch(_ request: Request) throws(Problem) {
        let types = request.values("Content-Type")
        let encodings = request.values("Content-Encoding")
        guard types.count == 1, encodings.allSatisfy({ $0.lowercased() == "identity" }) else {
            throw .unsupportedMediaType(patchTypes)
        }
        let parts = types[0].lowercased().split(separator: ";").map { part in
            part.filter { $0 != " " && $0 != "\t" && $0 != "\"" }
        }
        guard let type = parts.first, patchTypes.contains(type),
            parts.dropFirst().allSatisfy({ !$0.hasPrefix("charset=") || $0 == "charset=utf-8" })
        else {
            throw .unsupportedMediaType(patchTypes)
        }
    }

    /// The version that `If-Match` asks for, to be checked again when the change is made; nil: any.
    private func requiredVersion(_ request: Request, _ agent: AgentSnapshot) throws(Problem) -> UInt64? {
        let current = tag(agent.version)
        if let condition = EntityTag.condition(request.values("If-None-Match")), condition.matchesWeakly(current) {
            throw .preconditionFailed(current: current)
        }
        guard let condition = EntityTag.condition(request.values("If-Match")) else { return nil }
        guard condition.matchesStrongly(current) else { throw .preconditionFailed(current: current) }
        return condition == .any ? nil : agent.version
    }
}
