import MicroHTTPD

/// One request to a resource, with its path, query and preconditions read.
struct Call: Sendable {
    let request: Request
    /// The names in the path.
    let names: [String]
    /// By name; a parameter without `=` has an empty value.
    let query: [String: String]
    let preconditions: Preconditions

    /// A call of `request`.
    init(request: Request, names: [String], query: [String: String]) {
        self.request = request
        self.names = names
        self.query = query
        preconditions = Preconditions(request)
    }

    /// The first name in a path that has one.
    var name: String { names.first ?? "" }
    /// Whether the reply's JSON is indented.
    var isPretty: Bool { query["pretty"].map { $0 != "false" && $0 != "0" } ?? false }
    /// Whether the body of the reply will not be sent.
    var isHead: Bool { request.method == "HEAD" }

    /// The body as JSON.
    func body() throws(Problem) -> JSONValue {
        do {
            return try JSONBody.decode(request.body)
        } catch {
            throw .badBody(error.detail)
        }
    }

    /// The members of the body, which must be an object such as `example`.
    func members(example: String) throws(Problem) -> [String: JSONValue] {
        guard case .object(let members) = try body() else {
            throw .invalidSettings([.init(place: .pointer(""), detail: "must be an object such as \(example)")])
        }
        return members
    }

    /// Checks that the body, if there is one, is an empty object.
    func requireNothing() throws(Problem) {
        if request.body.isEmpty { return }
        let faults = try members(example: "{}").keys.sorted().map { name in
            Problem.Fault(place: .pointer(JSONPointer.text([name])), detail: "is unknown; there are none here")
        }
        guard faults.isEmpty else { throw .invalidSettings(faults) }
    }
}

/// What a request asks of the entity tag (RFC 9110, section 13.1).
struct Preconditions: Sendable {
    let ifMatch: EntityTag.Condition?
    let ifNoneMatch: EntityTag.Condition?

    /// Those of a request.
    init(_ request: Request) {
        ifMatch = EntityTag.condition(request.values("If-Match"))
        ifNoneMatch = EntityTag.condition(request.values("If-None-Match"))
    }

    /// Whether there is none.
    var isEmpty: Bool { ifMatch == nil && ifNoneMatch == nil }

    /// Whether a change of what has this tag may be made.
    func allowChange(of tag: String) -> Bool {
        ifMatch?.matchesStrongly(tag) ?? true && !(ifNoneMatch?.matchesWeakly(tag) ?? false)
    }
}
