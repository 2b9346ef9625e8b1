import Control
import Dispatch
import MicroHTTPD
import TestSupport
import Testing

@testable import Admin

@Suite struct EventStreamTests {
    private static let all = Set(Event.Kind.allCases)

    @Test("a stream that nobody holds any more gives its place back")
    func dropped() {
        let events = EventLog()
        let streams = EventStreams(events: events, instance: "run")
        for _ in 0..<200 {
            let stream = streams.stream(Self.all, lastID: nil) { "{}" }
            #expect(stream != nil)
            #expect(streams.count == 1)
            events.append(.change, json: "{}")
        }
        #expect(streams.count == 0)
    }

    @Test("there are so many places and no more")
    func places() {
        let streams = EventStreams(events: EventLog(), instance: "run")
        var held = (0..<EventStreams.streamsMax).compactMap { _ in streams.stream(Self.all, lastID: nil) { "{}" } }
        #expect(held.count == EventStreams.streamsMax)
        #expect(streams.stream(Self.all, lastID: nil) { "{}" } == nil)
        held.removeLast().end()
        #expect(streams.count == EventStreams.streamsMax - 1)
        #expect(streams.stream(Self.all, lastID: nil) { "{}" } != nil)
    }

    @Test("a reader that does not read is cut off, and the others are told on")
    func slow() {
        let events = EventLog()
        let streams = EventStreams(events: events, instance: "run")
        let stream = streams.stream([.sample], lastID: nil) { "{}" }
        let other = streams.stream([.change], lastID: nil) { "{}" }
        let json = "\"" + String(repeating: "x", count: 100_000) + "\""
        for _ in 0..<(EventStreams.bufferBytesMax / 100_000 + 1) { events.append(.sample, json: json) }
        #expect(stream?.write([]) == false)
        #expect(other?.write([]) == true)
        #expect(streams.count == 1)
    }

    @Test("a resumed stream is sent what fits, the newest part, and is not cut off for it")
    func replay() {
        let events = EventLog()
        let streams = EventStreams(events: events, instance: "run")
        let json = "\"" + String(repeating: "x", count: 100_000) + "\""
        for _ in 0..<100 { events.append(.sample, json: json) }
        let stream = streams.stream(Self.all, lastID: "run-0") { "{}" }
        #expect(stream?.write([]) == true)
    }

    @Test(
        "ids of another run, or that were never given, start afresh",
        arguments: [
            ("run-2", ["id: run-3", "id: run-4"]), ("run-4", ["id: run-5"]), ("run-0", ["id: run-1", "id: run-2"]),
            ("run-99", ["id: run-4", "event: sample", "data: {\"greeting\""]),
            ("other-2", ["id: run-4", "event: sample"]),
            ("", ["id: run-4", "event: sample"]), ("run-", ["id: run-4", "event: sample"]),
            ("run--1", ["id: run-4", "event: sample"]), ("2", ["id: run-4", "event: sample"]),
            ("run-99999999999999999999999", ["id: run-4", "event: sample"]),
        ])
    func resume(lastID: String, expected: [String]) async throws {
        let events = EventLog()
        let streams = EventStreams(events: events, instance: "run")
        for _ in 0..<4 { events.append(.change, json: "{}") }
        let daemon = try Daemon(Daemon.Settings(address: .loopback())) { request in
            let lastID = request.values("Last-Event-ID").first
            let stream = streams.stream(Self.all, lastID: lastID) { "{\"greeting\":1}" }
            return Response(status: 200, body: stream.map { .stream($0) } ?? .bytes([]))
        }
        guard case .ip(_, let port) = daemon.address else { return }
        let text = try await onThread {
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nLast-Event-ID: \(lastID)\r\n\r\n")
            let first = try client.read(until: "retry: 2000\n\n")
            events.append(.change, json: "{\"last\":1}")
            return try first + client.read(until: "{\"last\":1}")
        }
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        var rest = lines[...]
        for line in expected {
            let index = rest.firstIndex { $0.hasPrefix(line) }
            #expect(index != nil, "\(line) in \(lines)")
            if let index { rest = rest[(index + 1)...] }
        }
        #expect(lines.filter { $0 == "event: sample" }.count == (expected.contains("event: sample") ? 1 : 0))
        await daemon.stop()
        #expect(streams.count == 0)
    }

    @Test("events that many threads add arrive once each and in order")
    func order() async throws {
        let harness = Harness(address: .unix(path: "/x"))
        let events = harness.events
        let api = harness.api
        let daemon = try Daemon(Daemon.Settings(address: .loopback())) { await api.respond(to: $0) }
        guard case .ip(_, let port) = daemon.address else { return }
        let count = 800
        let text = try await onThread {
            let clients = try (0..<8).map { _ in
                let client = try RawClient(port: port)
                // Without chunks, whose sizes would stand in the middle of events.
                try client.send("GET /api/v1/events?types=change,problem HTTP/1.0\r\nHost: a\r\n\r\n")
                _ = try client.read(until: "retry: 2000\n\n")
                return client
            }
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                for _ in 0..<(count / 4) { events.append(.change, json: "{}") }
            }
            events.append(.problem, json: "{}")
            return try clients.map { try $0.read(until: "event: problem") }
        }
        let expected = (1...(count + 1)).map { UInt64($0) }
        for text in text {
            let ids = text.split(separator: "\n").compactMap { line in
                line.hasPrefix("id: run-") ? UInt64(line.dropFirst("id: run-".count)) : nil
            }
            let isWhole = ids == expected
            #expect(isWhole, "\(ids.count) events")
        }
        await daemon.stop()
    }
}
