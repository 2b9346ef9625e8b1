import Control
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
            /// A place of the configuration file.
            case file(ReloadOutcome.Fault)
        }
    }

    /// The stable last part of the type; the page, tests and programs switch on it.
    let type: String
    let title: String
    let status: Int
    let detail: String
    var errors: [Fault] = []
    /// More members of the body, beside those of RFC 9457.
    var members: [String: JSONValue] = [:]
    /// Header fields that go with it: `Allow`, `Retry-After`, …
    var fields: [(name: String, value: String)] = []

    /// The body.
    var json: JSONValue {
        var members = members
        for (name, value) in standardMembers { members[name] = value }
        return .object(members)
    }

    private var standardMembers: [String: JSONValue] {
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
                    case .file(let fault): fault.json
                    }
                })
        }
        return members
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
            type: "precondition-failed", title: "The version is not the one that was asked for", status: 412,
            detail:
                "If-Match or If-None-Match does not allow the version now, which is \(current): look and try again.",
            fields: [("ETag", current)])
    }

    /// - Parameter isPatch: RFC 5789, section 2.2, and RFC 9110, section 15.5.16, name different fields.
    static func unsupportedMediaType(_ types: [String], isPatch: Bool) -> Problem {
        Problem(
            type: "unsupported-media-type", title: "The body's type is not supported", status: 415,
            detail: "Content-Type must be \(types.joined(separator: " or ")), in UTF-8.",
            fields: [(isPatch ? "Accept-Patch" : "Accept", types.joined(separator: ", "))])
    }

    static func badParameters(_ faults: [Fault]) -> Problem {
        Problem(
            type: "invalid-parameter", title: "The query is not valid", status: 400,
            detail: "See errors for each parameter.", errors: faults)
    }

    static func badBody(_ detail: String) -> Problem {
        Problem(type: "invalid-json", title: "The body is not valid JSON", status: 400, detail: detail)
    }

    /// - Parameter type: `invalid-setting`, `invalid-routes` or `invalid-configuration`.
    static func invalidSettings(_ faults: [Fault], type: String = "invalid-setting") -> Problem {
        Problem(
            type: type, title: "The change is not valid", status: 422,
            detail: faults.count == 1
                ? "One fault; nothing was changed." : "\(faults.count) faults; nothing was changed.",
            errors: faults)
    }

    static func agentExists(_ name: String) -> Problem {
        Problem(
            type: "agent-exists", title: "There is such an agent already", status: 409,
            detail: "An agent is named \"\(name)\" already.")
    }

    static func agentInUse(_ name: String, routes: [Int]) -> Problem {
        Problem(
            type: "agent-in-use", title: "The agent is in use", status: 409,
            detail: routes.isEmpty
                ? "Without routes all requests go to the agent named \"\(name)\"."
                : "Routes lead to the agent named \"\(name)\".",
            members: ["routes": .list(routes.map { .integer(UInt64(clamping: $0)) })])
    }

    static func unknownSocket(_ id: String) -> Problem {
        Problem(
            type: "unknown-socket", title: "There is no such socket", status: 404,
            detail: "The agent has no open socket \"\(id.prefix(100))\".")
    }

    static let noFile = Problem(
        type: "no-file", title: "There is no configuration file", status: 409,
        detail: "The program was started without a configuration file, so there is none to read again.")

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

extension Problem {
    /// Why a change was not made.
    ///
    /// - Parameters:
    ///   - tag: The entity tag of a version of what was to be changed.
    ///   - type: That of an invalid change.
    ///   - pointer: Where in the body a key path of the whole configuration is.
    init(
        _ error: ControlError, type: String = "invalid-setting", tag: (UInt64) -> String,
        pointer: (String) -> String = { JSONPointer.text(ofPath: $0) }
    ) {
        switch error {
        case .unknownAgent(let name): self = .unknownAgent(name)
        case .agentExists(let name): self = .agentExists(name)
        case .agentInUse(let name, let routes): self = .agentInUse(name, routes: routes)
        case .versionMismatch(let current): self = .preconditionFailed(current: tag(current))
        case .unknownSocket(let id): self = .unknownSocket("\(id)")
        case .invalid(let faults):
            let faults = faults.map { fault in
                Fault(place: .pointer(pointer(fault.path)), detail: fault.message)
            }
            self = .invalidSettings(faults, type: type)
        }
    }
}
