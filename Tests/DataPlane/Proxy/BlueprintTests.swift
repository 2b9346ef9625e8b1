import Control
import Testing

@testable import DataPlane

/// What all loops share of a configuration, from one change to the next.
@Suite struct BlueprintTests {
    private static let address = SimulatedKernel.address(port: 9001)

    private static func configuration(_ agents: [String: Int]) -> Configuration {
        var configuration = Configuration()
        for (name, maxSockets) in agents.sorted(by: { $0.key < $1.key }) {
            var settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 9001)))
            settings.maxSockets = maxSockets
            configuration.agents.append(.init(name: name, settings: settings))
        }
        return configuration
    }

    private static func blueprint(_ agents: [String: Int], descriptors: Int) -> Blueprint {
        Blueprint(
            configuration(agents), addresses: agents.mapValues { _ in address }, loops: 2, descriptors: descriptors)
    }

    private static func changed(_ blueprint: Blueprint, _ agents: [String: Int], descriptors: Int) -> Blueprint {
        let new = agents.filter { blueprint[$0.key] == nil }
        return blueprint.changed(
            to: configuration(agents), addresses: new.mapValues { _ in address }, loops: 2, descriptors: descriptors)
    }

    @Test("the descriptors are shared out anew when agents come and go, also to those that did not change")
    func shares() {
        // 30 are for others, and half of the rest is for sockets.
        let first = Self.blueprint(["a": 80], descriptors: 230)
        #expect(first.agents.map(\.settings.maxSockets) == [80] && first.clientsMax == 120)
        let second = Self.changed(first, ["a": 80, "b": 120], descriptors: 230)
        #expect(second.agents.map(\.settings.maxSockets) == [40, 60] && second.clientsMax == 100)
        #expect(second.agents.map(\.ledger.figures.limit) == [40, 60])
        #expect(second["a"]?.ledger === first["a"]?.ledger)
        let third = Self.changed(second, ["a": 80], descriptors: 230)
        #expect(third.agents.map(\.settings.maxSockets) == [80])
        #expect(third["a"]?.ledger.figures.limit == 80)
    }

    @Test("an agent that comes back is another one")
    func identity() {
        let first = Self.blueprint(["a": 1, "b": 1], descriptors: .max)
        let second = Self.changed(first, ["a": 1], descriptors: .max)
        let third = Self.changed(second, ["a": 1, "b": 1], descriptors: .max)
        #expect(first["a"]?.id == third["a"]?.id && first["b"]?.id != third["b"]?.id)
        #expect(first["b"]?.ledger !== third["b"]?.ledger)
        #expect([first, second, third].map(\.generation) == [1, 2, 3])
    }

    @Test("a drain holds through changes, and is not begun twice")
    func drains() throws {
        let first = Self.blueprint(["a": 1, "b": 1], descriptors: .max)
        let second = try #require(first.draining("b", true))
        #expect(second.agents.map(\.isDraining) == [false, true] && second.generation == 2)
        #expect(second.draining("b", true)?.generation == 2)
        #expect(second.draining("c", true) == nil)
        let third = Self.changed(second, ["b": 2], descriptors: .max)
        #expect(third.agents.map(\.isDraining) == [true])
        #expect(third.draining("b", false)?.agents.map(\.isDraining) == [false])
    }
}
