import Control
import Foundation
import TestSupport
import Testing

@testable import DataPlane

/// Tunnels over real sockets, of both kinds: an end of a Unix socket shows in another way than one of TCP.
@Suite(.timeLimit(.minutes(2))) struct RealTunnelTests {
    enum Kind: CaseIterable {
        case tcp
        case unix

        /// A fresh address of this kind, with the file to be removed afterwards.
        func address() -> (SocketAddress, path: String?) {
            guard self == .unix else { return (.tcp(host: "127.0.0.1", port: 0), nil) }
            let path = FileManager.default.temporaryDirectory.appending(
                path: "sluice-\(UUID().uuidString.prefix(8)).sock"
            ).path
            return (.unix(path: path), path)
        }
    }

    /// Who ends the tunnel first, and how.
    enum End: CaseIterable { case clientHalfCloses, upstreamCloses, clientCloses }

    private struct Deployment {
        let upstream: EventLoop
        let server: ProxyServer
        let paths: [String]

        func client() throws -> RawClient {
            switch server.listeners[0] {
            case .tcp(_, let port): try RawClient(port: port, patience: .seconds(10))
            case .unix(let path): try RawClient(path: path, patience: .seconds(10))
            }
        }

        func end() async -> Int {
            let left = await server.stop(grace: .seconds(5))
            await server.end()
            await upstream.end()
            for path in paths { unlink(path) }
            return left
        }
    }

    /// A proxy of one loop before an upstream that switches, sends all back until it is told "close" or the end, and
    /// then says "bye".
    private func deploy(client: Kind, upstream kind: Kind) async throws -> Deployment {
        let loop = try EventLoop(name: "upstream")
        let (wanted, upstreamPath) = kind.address()
        let address = try await loop.listen(on: wanted) { connection in
            guard await connection.receiveRequest(timeout: .seconds(20), bodyMax: 0) != nil,
                await connection.send(Array(Scenario.switching.utf8))
            else { return }
            while await connection.receive(timeout: .seconds(20)) {
                let bytes = connection.input.withReadable { [UInt8]($0) }
                connection.input.removeAll()
                if bytes.elementsEqual("close".utf8) { break }
                guard await connection.send(bytes) else { return }
            }
            _ = await connection.send(Array("bye".utf8))
        }
        var configuration = Configuration()
        let (listen, path) = client.address()
        configuration.listen = [listen]
        configuration.threads = 1
        configuration.agents = [
            .init(name: "default", settings: AgentSettings(upstream: UpstreamURL(address: address)))
        ]
        let server = try ProxyServer(configuration)
        return Deployment(upstream: loop, server: server, paths: [path, upstreamPath].compactMap(\.self))
    }

    private func tunnel(_ client: RawClient) throws -> RawClient {
        try client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        try #require(client.readResponse().status == 101)
        return client
    }

    @Test("a message is sent back two thousand times without a job from another thread", arguments: Kind.allCases)
    func echo(kind: Kind) async throws {
        let deployment = try await deploy(client: kind, upstream: kind)
        // Begun before the counting begins.
        let foreignJobs = try await onThread {
            let client = try tunnel(deployment.client())
            let before = deployment.server.foreignJobs
            for number in 0..<2000 {
                let message = Array("message \(number)".utf8)
                try client.send(message)
                #expect(try client.read(count: message.count) == message)
            }
            defer { client.close() }
            return deployment.server.foreignJobs - before
        }
        #expect(foreignJobs == 0)
        #expect(await deployment.end() == 0)
    }

    @Test("either side ends it, and the other hears all that was said", arguments: Kind.allCases, Kind.allCases)
    func ends(client: Kind, upstream: Kind) async throws {
        let deployment = try await deploy(client: client, upstream: upstream)
        try await onThread {
            for end in End.allCases {
                let client = try tunnel(deployment.client())
                try client.send("hello")
                #expect(try client.read(count: 5) == Array("hello".utf8))
                var wasReset = false
                switch end {
                case .clientHalfCloses:
                    client.shutdownWrite()
                    #expect(try client.readToEnd(wasReset: &wasReset) == Array("bye".utf8))
                case .upstreamCloses:
                    try client.send("close")
                    #expect(try client.readToEnd(wasReset: &wasReset) == Array("bye".utf8))
                case .clientCloses:
                    break
                }
                #expect(!wasReset)
                client.close()
            }
        }
        #expect(await deployment.end() == 0)
        let figures = try #require(deployment.server.agents().first?.figures)
        #expect(figures.active == 0 && figures.free == 0)
        #expect(deployment.server.clients().responses[101] == UInt64(End.allCases.count))
    }
}
