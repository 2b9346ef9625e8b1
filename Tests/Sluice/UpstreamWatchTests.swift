import Control
import Testing

@testable import sluice

@Suite("Upstreams that are lost and come back")
struct UpstreamWatchTests {
    private func agent(
        _ name: String = "k", bytes: UInt64 = 0, connect: UInt64 = 0, timeouts: UInt64 = 0
    ) throws -> AgentSnapshot {
        let settings = AgentSettings(upstream: try UpstreamURL("http://h:1"))
        var snapshot = AgentSnapshot(name: name, settings: settings, version: 1)
        snapshot.figures.bytesReceived = bytes
        snapshot.figures.errors[AgentErrorKind.connect.rawValue] = connect
        snapshot.figures.timeouts[AgentTimeoutKind.response.rawValue] = timeouts
        return snapshot
    }

    @Test("each turn is told once")
    func turns() throws {
        var watch = UpstreamWatch()
        #expect(watch.look(at: [try agent(bytes: 10)]) == [])
        #expect(
            watch.look(at: [try agent(bytes: 10, connect: 2, timeouts: 1)])
                == [.lost(agent: "k", upstream: "http://h:1", failures: 3)])
        #expect(watch.look(at: [try agent(bytes: 10, connect: 5, timeouts: 1)]) == [])
        #expect(watch.look(at: [try agent(bytes: 10, connect: 5, timeouts: 1)]) == [])
        #expect(
            watch.look(at: [try agent(bytes: 11, connect: 6, timeouts: 1)])
                == [.back(agent: "k", upstream: "http://h:1")])
        #expect(watch.look(at: [try agent(bytes: 11, connect: 6, timeouts: 1)]) == [])
    }

    @Test("failures beside answers are no loss")
    func mixed() throws {
        var watch = UpstreamWatch()
        #expect(watch.look(at: [try agent(bytes: 10, connect: 1)]) == [])
        #expect(watch.look(at: [try agent(bytes: 20, connect: 2)]) == [])
    }

    @Test("agents are told apart, and one that went begins anew")
    func several() throws {
        var watch = UpstreamWatch()
        #expect(
            watch.look(at: [try agent("a", connect: 1), try agent("b", bytes: 1)])
                == [.lost(agent: "a", upstream: "http://h:1", failures: 1)])
        #expect(watch.look(at: [try agent("b", bytes: 1)]) == [])
        #expect(
            watch.look(at: [try agent("a", connect: 1), try agent("b", bytes: 1, timeouts: 1)])
                == [
                    .lost(agent: "a", upstream: "http://h:1", failures: 1),
                    .lost(agent: "b", upstream: "http://h:1", failures: 1),
                ])
    }
}
