import Control
import Foundation
import TestSupport
import Testing

@testable import DataPlane

/// Each listener counts its own clients, and the sums are those of all.
@Suite(.timeLimit(.minutes(5))) struct ListenerFiguresTests {
    @Test("requests count at the listener that they came through, on TCP and on a Unix socket")
    func apart() async throws {
        let upstream = try await PlainUpstream.start()
        let path = FileManager.default.temporaryDirectory.appending(
            path: "sluice-\(UUID().uuidString.prefix(8)).sock"
        ).path
        defer { unlink(path) }
        var configuration = Configuration()
        configuration.listen = [
            .tcp(host: "127.0.0.1", port: 0), .unix(path: path), .tcp(host: "127.0.0.1", port: 0),
        ]
        configuration.threads = 2
        configuration.agents = [
            .init(name: "default", settings: AgentSettings(upstream: UpstreamURL(address: upstream.address)))
        ]
        configuration.routes = [Route(prefix: "/a", agent: "default")]
        let server = try ProxyServer(configuration)
        guard case .tcp(_, let port) = server.listeners[0] else { return }
        try await onThread {
            try Self.ask(try RawClient(port: port), "/a", times: 3)
            try Self.ask(try RawClient(path: path), "/a", times: 2)
            try Self.ask(try RawClient(path: path), "/none", times: 1)
        }
        #expect(await server.stop(grace: .seconds(5)) == 0)
        // Counted once sent, so that a client may have an answer before it counts: looked at when all is over.
        let clients = server.clients()
        #expect(clients.listeners.map(\.address) == server.listeners)
        #expect(clients.listeners.map(\.accepted) == [1, 2, 0])
        #expect(clients.listeners.map(\.connections) == [0, 0, 0])
        #expect(clients.listeners.map(\.responses) == [[200: 3], [200: 2, 404: 1], [:]])
        #expect(clients.listeners.map(\.duration.count) == [3, 3, 0])
        #expect(clients.listeners[0].bytesReceived == 3 * UInt64(Self.request("/a").utf8.count))
        #expect(clients.listeners[1].bytesSent > 0 && clients.listeners[2].bytesSent == 0)
        #expect(clients.accepted == 3)
        #expect(clients.responses == [200: 5, 404: 1])
        #expect(clients.duration.count == 6)
        #expect(clients.bytesReceived == clients.listeners.reduce(0) { $0 + $1.bytesReceived })
        #expect(clients.bytesSent == clients.listeners.reduce(0) { $0 + $1.bytesSent })
        await server.end()
        await upstream.end()
    }

    private static func request(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

    private static func ask(_ client: RawClient, _ path: String, times: Int) throws {
        for _ in 0..<times {
            try client.send(request(path))
            _ = try client.readResponse()
        }
        client.close()
    }
}
