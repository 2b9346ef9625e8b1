import Control
import TestSupport
import Testing

@testable import DataPlane

/// The trap that costs three times the request: a job that leaves its loop and comes back through another thread.
@Suite struct ForeignJobTests {
    @Test("10,000 requests bring no job from another thread", .timeLimit(.minutes(2)), arguments: AgentMode.allCases)
    func none(mode: AgentMode) async throws {
        let upstream = try EventLoop(name: "upstream")
        let address = try await upstream.listen(on: .tcp(host: "127.0.0.1", port: 0)) { connection in
            while let request = await connection.receiveRequest(timeout: .seconds(20), bodyMax: 0) {
                let close = request.keepAlive ? "" : "Connection: close\r\n"
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\(close)\r\nok"
                guard await connection.send(Array(answer.utf8)), request.keepAlive else { return }
            }
        }
        var configuration = Configuration()
        configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
        configuration.threads = 1
        var settings = AgentSettings(upstream: UpstreamURL(address: address))
        settings.mode = mode
        // Fewer than there are clients, so that requests also wait for each other.
        settings.maxSockets = 6
        configuration.agents = [.init(name: "default", settings: settings)]
        let server = try ProxyServer(configuration)
        guard case .tcp(_, let port) = server.listeners[0] else { return }

        // Started, and asked once, before the counting begins.
        try await onThread { try Self.ask(port, requests: 1) }
        let before = server.foreignJobs
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask { try await onThread { try Self.ask(port, requests: 1000) } }
            }
            try await group.waitForAll()
        }
        #expect(server.foreignJobs == before)
        #expect(await server.stop(grace: .seconds(5)) == 0)
        // Counted once sent, so that a client may have an answer before it counts: looked at when all is over.
        #expect(server.clients().responses[200] ?? 0 >= 10_001)
        await server.end()
        await upstream.end()
    }

    private static func ask(_ port: UInt16, requests: Int) throws {
        let client = try RawClient(port: port)
        for _ in 0..<requests {
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try client.readResponse()
            #expect(response.status == 200)
        }
    }
}
