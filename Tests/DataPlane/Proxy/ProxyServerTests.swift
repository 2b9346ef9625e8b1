import Control
import TestSupport
import Testing

@testable import DataPlane

/// What can be seen and changed of a running proxy from outside, on real sockets.
@Suite(.timeLimit(.minutes(5))) struct ProxyServerTests {
    private static func deploy(_ names: [String]) async throws -> (ProxyServer, PlainUpstream, port: UInt16) {
        let upstream = try await PlainUpstream.start()
        var configuration = Configuration()
        configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
        configuration.threads = 2
        var settings = AgentSettings(upstream: UpstreamURL(address: upstream.address))
        // However busy the machine is, free sockets close only when they are told to.
        settings.freeSocketTimeout = .seconds(3600)
        configuration.agents = names.map { .init(name: $0, settings: settings) }
        let server = try ProxyServer(configuration)
        guard case .tcp(_, let port) = server.listeners[0] else { preconditionFailure("a listener on TCP") }
        return (server, upstream, port)
    }

    private static func end(_ server: ProxyServer, _ upstream: PlainUpstream) async {
        #expect(await server.stop(grace: .seconds(5)) == 0)
        await server.end()
        await upstream.end()
    }

    private static func status(_ port: UInt16, _ path: String = "/") async throws -> Int {
        try await onThread {
            let client = try RawClient(port: port)
            try client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            return try client.readResponse().status
        }
    }

    @Test("an agent is added with its route, serves, and is removed; versions follow")
    func addAndRemove() async throws {
        let (server, upstream, port) = try await Self.deploy(["default"])
        let settings = AgentSettings(upstream: UpstreamURL(address: upstream.address))
        let added = try await server.change { state in
            var next = state.configuration
            next.agents.append(.init(name: "k", settings: settings))
            next.routes = [Route(prefix: "/k", agent: "k"), Route(prefix: "/", agent: "default")]
            return next
        }
        #expect(added.isChange && added.after.version == 2 && added.after.routesVersion == 2)
        #expect(added.after.agentVersions == ["default": 1, "k": 1])
        #expect(try await Self.status(port, "/k") == 200)
        #expect(server.agents().map(\.name) == ["default", "k"])
        #expect(server.agents()[1].figures.createdTotal == 1)
        let removed = try await server.change { state in
            var next = state.configuration
            next.agents.removeLast()
            next.routes = []
            return next
        }
        #expect(removed.after.version == 3)
        #expect(try await Self.status(port, "/k") == 200)
        #expect(server.agents().map(\.name) == ["default"])
        #expect(await server.sockets(of: "k") == nil)
        await Self.end(server, upstream)
    }

    @Test("a change that changes nothing has no new version; one that cannot be is refused as a whole")
    func refused() async throws {
        let (server, upstream, _) = try await Self.deploy(["default"])
        let same = try await server.change { $0.configuration }
        #expect(!same.isChange && server.state.version == 1)
        await #expect(throws: ControlError.self) {
            try await server.change { state throws(ControlError) in
                var next = state.configuration
                next.listen = [.tcp(host: "127.0.0.1", port: 1)]
                next.threads = 7
                next.admin.listen = .tcp(host: "127.0.0.1", port: 1)
                next.admin.hosts = ["may.change"]
                next.via = "other"
                return next
            }
        }
        #expect(server.state.version == 1 && server.configuration.via == "sluice")
        let admin = try await server.change { state throws(ControlError) in
            var next = state.configuration
            next.admin.hosts = ["may.change"]
            next.admin.changeTokenFile = "/token"
            return next
        }
        #expect(admin.isChange)
        await Self.end(server, upstream)
    }

    @Test("a drain and its end show in the agent's state and change no version")
    func drain() async throws {
        let (server, upstream, port) = try await Self.deploy(["default"])
        #expect(try await server.drain(agent: "default").state == .draining)
        #expect(try await Self.status(port) == 503)
        #expect(try await server.drain(agent: "default").state == .draining)
        #expect(server.agents().map(\.state) == [.draining])
        #expect(try await server.resume(agent: "default").state == .running)
        #expect(try await Self.status(port) == 200)
        #expect(server.state.version == 1)
        await #expect(throws: ControlError.unknownAgent("x")) { try await server.drain(agent: "x") }
        await #expect(throws: ControlError.unknownAgent("x")) { try await server.resume(agent: "x") }
        await Self.end(server, upstream)
    }

    @Test("sockets are closed all at once or one by its number")
    func close() async throws {
        let (server, upstream, port) = try await Self.deploy(["default"])
        #expect(try await Self.status(port) == 200)
        let id = try #require(await server.sockets(of: "default")?.first?.id)
        await #expect(throws: ControlError.unknownSocket(id + 1)) {
            try await server.close(.one(id: id + 1), of: "default")
        }
        #expect(try await server.close(.one(id: id), of: "default") == 1)
        await #expect(throws: ControlError.unknownSocket(id)) { try await server.close(.one(id: id), of: "default") }
        #expect(try await server.close(.free, of: "default") == 0)
        #expect(try await Self.status(port) == 200)
        #expect(try await server.close(.free, of: "default") == 1)
        await #expect(throws: ControlError.unknownAgent("x")) { try await server.close(.free, of: "x") }
        #expect(server.agents()[0].figures.closed[CloseReason.operator.rawValue] == 2)
        await Self.end(server, upstream)
    }
}
