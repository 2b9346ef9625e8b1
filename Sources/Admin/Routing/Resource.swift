import MicroHTTPD

/// One path, or a pattern of paths, and what it can do.
struct Resource: Sendable {
    /// A piece of a path between slashes.
    enum Segment: Sendable, Equatable {
        case fixed(String)
        /// Any name; handed to the handler.
        case name
    }

    /// The methods that change something, in the order of `Allow`.
    enum Change: String, Sendable, CaseIterable {
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// What one of them does.
    struct Operation: Sendable {
        /// The query parameters it knows.
        var parameters = ["pretty"]
        /// The types that its body may have; none: a body means nothing to it.
        var accepts: [String] = []
        /// Whether there must be a body.
        var needsBody = false
        let handler: Handler
    }

    /// Makes the reply to one request, or throws the problem that is the reply.
    typealias Handler = @Sendable (API, Call) async throws(Problem) -> Response

    let segments: [Segment]
    /// What `Accept` must allow; empty when the handler looks itself, or nothing is chosen.
    var produces: [String] = ["application/json"]
    /// The query parameters that GET knows; `pretty` is known wherever JSON is made.
    var parameters: [String] = []
    /// Whether a request is held open, so that other sites' pages must not ask for it.
    var isHeld = false
    /// Whether the entity tag names less than what GET shows, so that GET never answers 304.
    var isAlwaysSent = false
    /// Nil: there is nothing to read.
    let get: Handler?
    var changes: [Change: Operation] = [:]
    /// Makes what `If-Match` and `If-None-Match` of a change are about, where it is not what GET shows.
    var state: Handler?

    /// A resource that can be read, and perhaps changed.
    init(
        segments: [Segment], produces: [String] = ["application/json"], parameters: [String] = [],
        isHeld: Bool = false, isAlwaysSent: Bool = false, get: @escaping Handler, changes: [Change: Operation] = [:]
    ) {
        self.segments = segments
        self.produces = produces
        self.parameters = parameters
        self.isHeld = isHeld
        self.isAlwaysSent = isAlwaysSent
        self.get = get
        self.changes = changes
    }

    /// Something to be done by an empty POST; the preconditions of a request are about what `state` makes.
    init(action segments: [Segment], state: @escaping Handler, post: @escaping Handler) {
        self.segments = segments
        get = nil
        self.state = state
        changes = [.post: Operation(accepts: ["application/json"], handler: post)]
    }

    /// A pattern such as `/api/v1/agents/{name}`, whose names in braces match any name.
    static func segments(_ pattern: String) -> [Segment] {
        pattern.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { piece in
            piece.hasPrefix("{") ? .name : .fixed(String(piece))
        }
    }

    /// For `Allow`.
    var allow: String {
        let reading = get == nil ? ["OPTIONS"] : ["GET", "HEAD", "OPTIONS"]
        return (reading + Change.allCases.filter { changes[$0] != nil }.map(\.rawValue)).joined(separator: ", ")
    }

    /// The names in a path of this pattern, decoded; nil when the path is not of it.
    func names(in path: [String]) -> [String]? {
        guard path.count == segments.count else { return nil }
        var names: [String] = []
        for (piece, segment) in zip(path, segments) {
            switch segment {
            case .fixed(let text): if piece != text { return nil }
            case .name:
                if piece.isEmpty { return nil }
                names.append(piece)
            }
        }
        return names
    }

    /// A raw path's pieces, percent-decoded one by one (RFC 3986, section 2.4); nil when it is not a path.
    static func pieces(of path: String) -> [String]? {
        guard path.hasPrefix("/") else { return nil }
        var pieces: [String] = []
        for piece in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let decoded = percentDecoded(piece) else { return nil }
            pieces.append(decoded)
        }
        return pieces
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
