import Control
import MicroHTTPD
import Prometheus

/// From a request to its handler: every check that is the same for all resources, in the order in which they matter.
extension API {
    /// The reply of the resource that a request is for.
    func route(_ request: Request) async throws(Problem) -> Response {
        if let fault = guardian.fault(of: request) { throw fault }
        if request.method == "OPTIONS", request.path == "*" { return Self.options(allow: Self.allowAnywhere) }
        guard let pieces = Resource.pieces(of: request.path), let (resource, names) = Self.find(pieces) else {
            throw .notFound("Nothing is at \(request.path.prefix(200)).")
        }
        if request.method == "OPTIONS" {
            return Self.options(allow: resource.allow, patch: resource.changes[.patch])
        }
        if ["GET", "HEAD"].contains(request.method), let get = resource.get {
            if resource.isHeld, let fault = guardian.faultOfOrigin(request) { throw fault }
            let call = Call(
                request: request, names: names, query: try Self.query(request, allowed: resource.parameters))
            try Self.requireAcceptable(resource, request)
            return try Self.conditional(try await get(self, call), of: resource, call)
        }
        guard let method = Resource.Change(rawValue: request.method), let operation = resource.changes[method] else {
            throw .methodNotAllowed(String(request.method.prefix(20)), allow: resource.allow)
        }
        if let fault = guardian.faultOfOrigin(request) { throw fault }
        let query = try Self.query(request, allowed: operation.parameters)
        let call = Call(request: request, names: names, query: query)
        try Self.requireAcceptable(resource, request)
        try Self.requireType(request, operation, method)
        if !call.preconditions.isEmpty, let state = resource.state ?? resource.get {
            // The handlers of what has versions look again at the moment of the change.
            let current = Self.tag(of: try await state(self, call))
            guard call.preconditions.allowChange(of: current) else { throw .preconditionFailed(current: current) }
        }
        return try await operation.handler(self, call)
    }

    private static let allowAnywhere = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"

    private static func find(_ pieces: [String]) -> (Resource, [String])? {
        for resource in resources {
            if let names = resource.names(in: pieces) { return (resource, names) }
        }
        return nil
    }

    private static func options(allow: String, patch: Resource.Operation? = nil) -> Response {
        var fields = [("Allow", allow)]
        if let patch { fields.append(("Accept-Patch", patch.accepts.joined(separator: ", "))) }
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

    private static func requireAcceptable(_ resource: Resource, _ request: Request) throws(Problem) {
        guard !resource.produces.isEmpty else { return }
        let accepted = AcceptedTypes(request.values("Accept"))
        guard resource.produces.contains(where: { accepted.quality(of: $0) > 0 }) else {
            throw .notAcceptable(resource.produces)
        }
    }

    /// A body says what it is (RFC 5789, section 2.2, for a patch): a page of another site can send only forms and
    /// plain text without asking first.
    private static func requireType(
        _ request: Request, _ operation: Resource.Operation, _ method: Resource.Change
    ) throws(Problem) {
        let allowed = operation.accepts
        if allowed.isEmpty || request.body.isEmpty && !operation.needsBody { return }
        let types = request.values("Content-Type")
        let encodings = request.values("Content-Encoding")
        let parts = (types.first ?? "").lowercased().split(separator: ";").map { part in
            part.filter { $0 != " " && $0 != "\t" && $0 != "\"" }
        }
        guard types.count == 1, encodings.allSatisfy({ $0.lowercased() == "identity" }),
            let type = parts.first, allowed.contains(type),
            parts.dropFirst().allSatisfy({ !$0.hasPrefix("charset=") || $0 == "charset=utf-8" })
        else { throw .unsupportedMediaType(allowed, isPatch: method == .patch) }
    }

    /// A reply to GET or HEAD as the request's preconditions want it: whole, 304 or 412 (RFC 9110, section 13.2.2).
    private static func conditional(
        _ response: Response, of resource: Resource, _ call: Call
    ) throws(Problem) -> Response {
        guard response.status == 200, resource.produces == ["application/json"] else { return response }
        var response = response
        let tag = tag(of: response)
        if !response.fields.contains(where: { $0.name == "ETag" }) { response.fields.append(("ETag", tag)) }
        if let condition = call.preconditions.ifMatch, !condition.matchesStrongly(tag) {
            throw .preconditionFailed(current: tag)
        }
        if !resource.isAlwaysSent, let condition = call.preconditions.ifNoneMatch, condition.matchesWeakly(tag) {
            return Response(status: 304, fields: [("ETag", tag)], body: .bytes([]))
        }
        return response
    }

    /// The tag that a reply has, or else one made of its content: what has no version is told apart by what it is.
    private static func tag(of response: Response) -> String {
        if let tag = response.fields.first(where: { $0.name == "ETag" })?.value { return tag }
        guard case .bytes(let bytes) = response.body else { return "\"\"" }
        return EntityTag.of(bytes)
    }
}
