import Control
import FoundationEssentials
import MicroHTTPD
import Synchronization
import Testing

@testable import Admin

/// The resources on top of a fake proxy, called as functions.
struct Harness {
    let control = FakeControl()
    let store: FakeStore
    let events: EventLog
    let clock = FakeClock()
    let log = Lines()
    let sampler: Sampler
    let api: API

    init(
        address: SocketAddress = .tcp(host: "127.0.0.1", port: 1986), access: AdminAccess = AdminAccess(),
        removalPatience: Duration = .seconds(1)
    ) {
        let clock = clock
        events = EventLog(now: { clock.now })
        sampler = Sampler(control: control, events: events, now: { clock.now })
        let log = log
        store = FakeStore(control)
        api = API(
            control: control, store: store, events: events, sampler: sampler,
            guardian: Guardian(address: address, access: access), version: "1.2.3", instance: "run",
            removalPatience: removalPatience, log: { log.append($0) })
    }

    /// Sends one request; a `Host` is added unless one is given.
    func send(
        _ method: String, _ target: String, _ fields: [(name: String, value: String)] = [], body: String = ""
    ) async -> Reply {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query: [(name: String, value: String?)] =
            parts.count == 1
            ? []
            : parts[1].split(separator: "&").map { pair in
                let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(halves[0]), halves.count == 2 ? String(halves[1]) : nil)
            }
        let host = fields.contains { $0.name == "Host" } ? [] : [(name: "Host", value: "127.0.0.1:1986")]
        let request = Request(
            method: method, path: String(parts[0]), query: query, fields: host + fields, body: Array(body.utf8),
            client: "127.0.0.1:5")
        return Reply(response: await api.respond(to: request))
    }

    /// Sends a merge patch.
    func patch(_ agent: String, _ body: String, _ fields: [(name: String, value: String)] = []) async -> Reply {
        await send(
            "PATCH", "/api/v1/agents/\(agent)", [("Content-Type", "application/merge-patch+json")] + fields, body: body)
    }
}

/// What came back.
struct Reply {
    let response: Response

    var status: Int { response.status }

    var text: String {
        guard case .bytes(let bytes) = response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    var json: JSONValue {
        (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .null
    }

    func field(_ name: String) -> String? { response.fields.first { $0.name == name }?.value }

    /// The last part of a problem's type; nil when it is no problem.
    var problem: String? {
        guard field("Content-Type") == "application/problem+json", case .string(let type) = json["type"] else {
            return nil
        }
        return type.split(separator: "/").last.map(String.init)
    }
}

extension JSONValue {
    /// A member; null when there is none.
    subscript(_ name: String) -> JSONValue {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    /// A list's values.
    var values: [JSONValue] { if case .list(let values) = self { values } else { [] } }
    /// An object's names, sorted.
    var names: [String] { if case .object(let members) = self { members.keys.sorted() } else { [] } }
    /// A string's text.
    var text: String? { if case .string(let text) = self { text } else { nil } }
    /// A number.
    var double: Double? { if case .number(let number) = self { number } else { nil } }
}

/// A clock that a test moves.
final class FakeClock: Sendable {
    private let state = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { state.withLock { $0 } }

    func advance(_ duration: Duration) { state.withLock { $0 += duration } }
}

/// Lines of log.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func append(_ line: String) { lines.withLock { $0.append(line) } }
}
