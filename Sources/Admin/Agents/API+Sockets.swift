import Control
import MicroHTTPD

/// The open sockets of one agent.
extension API {
    /// A page of them.
    func sockets(_ call: Call) async throws(Problem) -> Response {
        let page = try SocketPage(call.query)
        let sockets = try await openSockets(call.name)
        return json(page.json(sockets, upstream: upstream(of: call.name)), call)
    }

    /// One of them.
    func socket(_ call: Call) async throws(Problem) -> Response {
        let id = call.names.last ?? ""
        guard let socket = try await openSockets(call.name).first(where: { "\($0.id)" == id }) else {
            throw .unknownSocket(id)
        }
        return json(SocketPage.row(socket, upstream(of: call.name)), call)
    }

    /// Closes the free ones.
    func closeSockets(_ call: Call) async throws(Problem) -> Response {
        _ = try find(call.name)
        guard call.query["state"] == "free" else {
            let detail = "must be free: others are closed one by one, after their request"
            throw .badParameters([.init(place: .parameter("state"), detail: detail)])
        }
        return try await close(.free, call)
    }

    /// Closes one, after its request.
    func closeSocket(_ call: Call) async throws(Problem) -> Response {
        _ = try find(call.name)
        let text = call.names.last ?? ""
        guard let id = UInt64(text), "\(id)" == text else { throw .unknownSocket(text) }
        return try await close(.one(id: id), call)
    }

    private func close(_ selection: SocketSelection, _ call: Call) async throws(Problem) -> Response {
        let count: Int
        do throws(ControlError) {
            count = try await control.close(selection, of: call.name)
        } catch {
            throw Problem(error, tag: tag)
        }
        if count > 0 {
            let setting = if case .one(let id) = selection { "socket \(id)" } else { "free sockets" }
            let change = SettingChange(setting: setting, before: .number(Double(count)), after: .number(0))
            changes.announce(
                ChangePart(what: .socketsClosed, agent: call.name, changes: [change]), by: call.request.client)
        }
        return json(["closed": .integer(UInt64(clamping: count))], call)
    }

    private func openSockets(_ name: String) async throws(Problem) -> [SocketSnapshot] {
        guard let sockets = await control.sockets(of: name) else { throw .unknownAgent(name) }
        return sockets
    }

    private func upstream(of name: String) -> String {
        control.configuration.settings(of: name)?.upstream.description ?? ""
    }
}
