import MicroHTTPD

/// An error reply: `application/problem+json` (RFC 9457).
struct Problem: Error, Sendable {
    /// One fault of several.
    struct Fault: Sendable, Equatable {
        /// A JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.
        let place: Place
        let detail: String

        /// Where it is.
        enum Place: Sendable, Equatable {
            case pointer(String)
            case parameter(String)
        }
    }

    /// The stable last part of the type; the page, tests and programs switch on it.
    let type: String
    let title: String
    let status: Int
    let detail: String
    var errors: [Fault] = []
    /// Header fields that go with it: `Allow`, `Retry-After`, …
    var fields: [(name: String, value: String)] = []

    /// The body.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "type": .string("/problems/\(type)"), "title": .string(title), "status": .integer(UInt64(status)),
            "detail": .string(detail),
        ]
        if !errors.isEmpty {
            members["errors"] = .list(
                errors.map { fault in
                    switch fault.place {
                    case .pointer(let pointer): ["pointer": .string(pointer), "detail": .string(fault.detail)]
                    case .parameter(let name): ["parameter": .string(name), "detail": .string(fault.detail)]
                    }
                })
        }
        return .object(members)
    }

    /// As a reply.
    func response(pretty: Bool) -> Response {
        Response(
            status: status, fields: [("Content-Type", "application/problem+json")] + fields,
            body: .bytes(json.encoded(pretty: pretty) + [UInt8(ascii: "\n")]))
    }
}

extension Problem {
    static func notFound(_ detail: String) -> Problem {
        Problem(type: "not-found", title: "There is no such resource", status: 404, detail: detail)
    }

    static func unknownAgent(_ name: String) -> Problem {
        Problem(
            type: "unknown-agent", title: "There is no such agent", status: 404,
            detail: "No agent is named \"\(name)\".")
    }

    static func methodNotAllowed(_ method: String, allow: String) -> Problem {
        Problem(
            type: "method-not-allowed", title: "The resource does not have this method", status: 405,
            detail: "\(method) is not one of \(allow).", fields: [("Allow", allow)])
    }

    static func notAcceptable(_ types: [String]) -> Problem {
        Problem(
            type: "not-acceptable", title: "No acceptable representation", status: 406,
            detail: "Accept must allow \(types.joined(separator: " or ")).")
    }

    static func preconditionFailed(current: String) -> Problem {
        Problem(
            type: "precondition-failed", title: "The settings have changed since", status: 412,
            detail: "If-Match does not name their version now, which is \(current): look at them and try again.",
            fields: [("ETag", current)])
    }

    static func unsupportedMediaType(_ types: [String]) -> Problem {
        Problem(
            type: "unsupported-media-type", title: "The body's type is not supported", status: 415,
            detail: "Content-Type must be \(types.joined(separator: " or ")).",
            fields: [("Accept-Patch", types.joined(separator: ", "))])
    }

    static func badParameters(_ faults: [Fault]) -> Problem {
        Problem(
            type: "invalid-parameter", title: "The query is not valid", status: 400,
            detail: "See errors for each parameter.", errors: faults)
    }

    static func badBody(_ detail: String) -> Problem {
        Problem(type: "invalid-json", title: "The body is not valid JSON", status: 400, detail: detail)
    }

    static func invalidSettings(_ faults: [Fault]) -> Problem {
        Problem(
            type: "invalid-setting", title: "The change is not valid", status: 422,
            detail: faults.count == 1
                ? "One fault; nothing was changed." : "\(faults.count) faults; nothing was changed.",
            errors: faults)
    }

    static func unavailable(_ detail: String, retryAfter seconds: Int) -> Problem {
        Problem(
            type: "unavailable", title: "Not available now", status: 503, detail: detail,
            fields: [("Retry-After", "\(seconds)")])
    }

    static func misdirected(_ detail: String) -> Problem {
        Problem(type: "foreign-host", title: "This server has no such name", status: 421, detail: detail)
    }

    static func crossSite(_ detail: String) -> Problem {
        Problem(type: "cross-site", title: "The request comes from another site", status: 403, detail: detail)
    }
}
