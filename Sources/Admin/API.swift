import Control
import FoundationEssentials
import MicroHTTPD
import Prometheus

/// The resources of the admin server, from a request to its response; nothing here knows of sockets.
final class API: Sendable {
    /// What it reads and steers.
    let control: any ProxyControl
    let events: EventLog
    let sampler: Sampler
    let streams: EventStreams
    let requests = RequestCounts()
    let guardian: Guardian
    let version: String
    /// Tells this run of the process from others in entity tags and event ids.
    let instance: String
    let started: Date
    let startedAt: ContinuousClock.Instant
    /// Takes one line of log.
    let log: @Sendable (String) -> Void

    /// The resources on top of `control`.
    ///
    /// - Parameter guardian: Who may come in.
    init(
        control: any ProxyControl, events: EventLog, sampler: Sampler, guardian: Guardian, version: String,
        instance: String, log: @escaping @Sendable (String) -> Void
    ) {
        self.control = control
        self.events = events
        self.sampler = sampler
        streams = EventStreams(events: events, instance: instance)
        self.guardian = guardian
        self.version = version
        self.instance = instance
        self.log = log
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
        add("X-Content-Type-Options", "nosniff")
        add("Cross-Origin-Resource-Policy", "same-origin")
        add("Referrer-Policy", "no-referrer")
        return response
    }

    private func route(_ request: Request) async throws(Problem) -> Response {
        if let fault = guardian.fault(of: request) { throw fault }
        if request.method == "OPTIONS", request.path == "*" { return Self.options(allow: "GET, HEAD, OPTIONS, PATCH") }
        guard let pieces = Resource.pieces(of: request.path), let (resource, names) = Self.find(pieces) else {
            throw .notFound("Nothing is at \(request.path.prefix(200)).")
        }
        let handler: Resource.Handler
        switch request.method {
        case "GET", "HEAD": handler = resource.get
        case "OPTIONS": return Self.options(allow: resource.allow, patch: resource.patch != nil)
        case "PATCH":
            guard let patch = resource.patch else { fallthrough }
            handler = patch
        default: throw .methodNotAllowed(String(request.method.prefix(20)), allow: resource.allow)
        }
        if resource.isHeld || request.method == "PATCH", let fault = guardian.faultOfOrigin(request) { throw fault }
        let query = try Self.query(request, allowed: resource.parameters)
        if !resource.produces.isEmpty {
            let accepted = AcceptedTypes(request.values("Accept"))
            guard resource.produces.contains(where: { accepted.quality(of: $0) > 0 }) else {
                throw .notAcceptable(resource.produces)
            }
        }
        return try await handler(self, Call(request: request, names: names, query: query))
    }

    private static func find(_ pieces: [String]) -> (Resource, [String])? {
        for resource in resources {
            if let names = resource.names(in: pieces) { return (resource, names) }
        }
        return nil
    }

    private static func options(allow: String, patch: Bool = true) -> Response {
        var fields = [("Allow", allow)]
        if patch { fields.append(("Accept-Patch", patchTypes.joined(separator: ", "))) }
        return Response(status: 204, fields: fields, body: .bytes([]))
    }

    private static func query(_ request: Request, allowed: [String]) throws(Problem) -> [String: String] {
        var values: [String: String] = [:]
        var faults: [Problem.Fault] = []
        for (name, value) in request.query {
            let shown = String(name.prefix(100))
            if !allowed.contains(name) {
                let detail =
                    allowed.isEmpty
                    ? "is unknown; there are none here" : "is unknown; there are \(allowed.joined(separator: ", "))"
                faults.append(Problem.Fault(place: .parameter(shown), detail: detail))
            } else if values.updateValue(value ?? "", forKey: name) != nil {
                faults.append(Problem.Fault(place: .parameter(shown), detail: "is there twice"))
            }
        }
        if let pretty = values["pretty"], !["", "true", "1", "false", "0"].contains(pretty) {
            faults.append(Problem.Fault(place: .parameter("pretty"), detail: "must be true or false, or have no value"))
        }
        guard faults.isEmpty else { throw .badParameters(faults) }
        return values
    }

    /// A reply of JSON.
    func json(_ value: JSONValue, _ call: Call, fields: [(name: String, value: String)] = []) -> Response {
        var bytes = value.encoded(pretty: call.isPretty)
        bytes.append(UInt8(ascii: "\n"))
        return Response(status: 200, fields: [("Content-Type", "application/json")] + fields, body: .bytes(bytes))
    }
}
