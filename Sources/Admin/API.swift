import Control
import FoundationEssentials
import MicroHTTPD
import Prometheus

/// The resources of the admin server, from a request to its response; nothing here knows of sockets.
final class API: Sendable {
    /// What it reads and steers.
    let control: any ProxyControl
    let store: any ConfigurationStore
    let events: EventLog
    let sampler: Sampler
    let streams: EventStreams
    let requests = RequestCounts()
    let removals = Removals()
    /// How long a DELETE of an agent waits for the agent's requests before it answers 202.
    let removalPatience: Duration
    let guardian: Guardian
    let version: String
    /// Tells this run of the process from others in entity tags and event ids.
    let instance: String
    let started: Date
    let startedAt: ContinuousClock.Instant
    let changes: ChangeLog

    /// The resources on top of `control`.
    ///
    /// - Parameter guardian: Who may come in.
    init(
        control: any ProxyControl, store: any ConfigurationStore, events: EventLog, sampler: Sampler,
        guardian: Guardian, version: String, instance: String, removalPatience: Duration = .seconds(1),
        log: @escaping @Sendable (String) -> Void
    ) {
        self.control = control
        self.store = store
        self.events = events
        self.sampler = sampler
        streams = EventStreams(events: events, instance: instance)
        self.guardian = guardian
        self.version = version
        self.instance = instance
        self.removalPatience = removalPatience
        changes = ChangeLog(events: events, log: log)
        started = .now
        startedAt = .now
    }

    /// The response to any request.
    func respond(to request: Request) async -> Response {
        var response: Response
        do {
            response = try await route(request)
        } catch {
            response = error.response(pretty: request.query.contains { $0.name == "pretty" && $0.value != "false" })
        }
        requests.count(status: response.status)
        func add(_ name: String, _ value: String) {
            if !response.fields.contains(where: { $0.name == name }) { response.fields.append((name, value)) }
        }
        add("Cache-Control", "no-store")
        // A reply that a browser is made to show as a page can do nothing; the page brings a policy of its own.
        add(
            "Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        add("X-Content-Type-Options", "nosniff")
        add("Cross-Origin-Resource-Policy", "same-origin")
        add("Referrer-Policy", "no-referrer")
        return response
    }
}

extension API {
    /// A reply of JSON.
    func json(
        _ value: JSONValue, _ call: Call, status: Int = 200, fields: [(name: String, value: String)] = []
    ) -> Response {
        var bytes = value.encoded(pretty: call.isPretty)
        bytes.append(UInt8(ascii: "\n"))
        return Response(status: status, fields: [("Content-Type", "application/json")] + fields, body: .bytes(bytes))
    }

    /// The strong entity tag of one version of something.
    func tag(_ version: String) -> String { "\"\(instance)-\(version)\"" }
}
