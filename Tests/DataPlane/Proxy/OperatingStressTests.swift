import Control
import Synchronization
import TestSupport
import Testing

@testable import DataPlane

/// Clients on real sockets while an operator does all that can be done to an agent, in a loop.
@Suite(.timeLimit(.minutes(5))) struct OperatingStressTests {
    // A second or two of them on an idle machine.
    private static let operations = 1_000
    // On one that is busy as many as there is time for.
    private static let time = Duration.seconds(2)

    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    /// What clients were answered.
    private struct Tally {
        var requests: UInt64 = 0
        var answered: [String: UInt64] = [:]
        var strange: [String] = []

        mutating func add(_ other: Tally) {
            requests += other.requests
            answered.merge(other.answered, uniquingKeysWith: +)
            strange += other.strange
        }
    }

    @Test("every response is accounted for while agents are switched, drained, removed, added and patched")
    func operated() async throws {
        let (k, rest) = (try await PlainUpstream.start(name: "k"), try await PlainUpstream.start(name: "rest"))
        var configuration = Configuration()
        configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
        configuration.threads = 2
        configuration.agents = [
            .init(name: "k", settings: Self.settings(k)), .init(name: "default", settings: Self.settings(rest)),
        ]
        configuration.routes = Self.routes(hasK: true)
        let server = try ProxyServer(configuration)
        guard case .tcp(_, let port) = server.listeners[0] else { return }
        let end = ContinuousClock.now + Self.time
        let isOver = Flag()
        var tally = Tally()
        try await withThrowingTaskGroup(of: Tally.self) { group in
            for _ in 0..<4 {
                group.addTask { try await onThread { try Self.ask(port, until: isOver) } }
            }
            // Whatever happens: the group waits for the clients.
            defer { isOver.set() }
            var random = SplitMix64(seed: 5)
            for round in 0..<Self.operations where round < 20 || ContinuousClock.now < end {
                try await Self.operate(server, k, Int(random.next() % 8))
            }
            isOver.set()
            for try await one in group { tally.add(one) }
        }
        #expect(await server.stop(grace: .seconds(5)) == 0)
        #expect(tally.strange == [])
        let sum = tally.answered.values.reduce(0, +)
        #expect(sum == tally.requests)
        let responses = server.clients().responses
        #expect(responses.values.reduce(0, +) == sum)
        #expect(responses[503] == tally.answered["503"])
        await server.end()
        await k.end()
        await rest.end()
    }

    private static func settings(_ upstream: PlainUpstream) -> AgentSettings {
        var settings = AgentSettings(upstream: UpstreamURL(address: upstream.address))
        // Fewer than there are clients, so that requests also wait.
        settings.maxSockets = 3
        return settings
    }

    private static func routes(hasK: Bool) -> [Route] {
        (hasK ? [Route(prefix: "/k", agent: "k")] : []) + [Route(prefix: "/", agent: "default")]
    }

    private static func ask(_ port: UInt16, until isOver: Flag) throws -> Tally {
        let client = try RawClient(port: port)
        defer { client.close() }
        var tally = Tally()
        while !isOver.isSet {
            tally.requests += 1
            try client.send("GET /k HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try client.readResponse()
            let text = String(decoding: response.body, as: UTF8.self)
            switch response.status {
            case 200 where text == "k" || text == "rest": tally.answered[text, default: 0] += 1
            case 503 where text.contains("agent-draining"): tally.answered["503", default: 0] += 1
            default:
                tally.strange.append("\(response.status) \(text)")
                return tally
            }
        }
        return tally
    }

    private static func operate(_ server: ProxyServer, _ k: PlainUpstream, _ choice: Int) async throws {
        let agents = server.agents().map(\.name)
        let hasK = agents.contains("k")
        let name = hasK ? "k" : "default"
        switch choice {
        case 0: _ = try await server.drain(agent: name)
        case 1, 2: for agent in agents { _ = try await server.resume(agent: agent) }
        case 3: _ = try await server.close(.free, of: name)
        case 4:
            guard let id = await server.sockets(of: name)?.first?.id else { return }
            // It may have closed since.
            _ = try? await server.close(.one(id: id), of: name)
        case 5:
            _ = try await server.change { state throws(ControlError) in
                var next = state.configuration
                next.agents.removeAll { $0.name == "k" }
                if !hasK { next.agents.append(.init(name: "k", settings: settings(k))) }
                next.routes = routes(hasK: !hasK)
                return next
            }
        default:
            _ = try await server.change { state throws(ControlError) in
                var next = state.configuration
                next.agents[0].settings.mode = next.agents[0].settings.mode == .normal ? .keepalive : .normal
                next.agents[0].settings.maxSockets = choice - 5
                return next
            }
        }
    }
}
