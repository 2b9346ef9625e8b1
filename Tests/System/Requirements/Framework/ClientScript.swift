import TestSupport

/// What the client does, step by step; a literal is one piece that is sent.
struct ClientScript: Sendable, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral {
    /// One step.
    enum Step: Sendable {
        /// Sends this at once.
        case send(String)
        /// Waits until what the client received contains this.
        case wait(String)
        /// Waits until what the upstream received, over any connection, contains this.
        case waitUpstream(String)
        /// Waits until the client's connection has ended towards it.
        case waitEnd
        /// Waits until the upstream saw the end of its first connection.
        case waitUpstreamEnd
        /// Says that nothing more will be sent, and goes on reading.
        case shutdownWrite
        /// Closes the connection.
        case close
        /// Resets the connection.
        case reset
    }

    let steps: [Step]
    /// What is asked, when the pieces do not show it: see ``methods``.
    private(set) var givenMethods: [String]?

    init(stringLiteral text: String) { steps = [.send(text)] }

    init(arrayLiteral steps: Step...) { self.steps = steps }

    /// These steps.
    init(steps: [Step], methods: [String]? = nil) {
        self.steps = steps
        givenMethods = methods
    }

    /// One piece.
    init(_ text: String) { steps = [.send(text)] }

    /// `GET target HTTP/1.1` with a good Host; `fields` end with CRLF each.
    static func get(_ target: String = "/", _ fields: String = "") -> ClientScript {
        ClientScript("GET \(target) HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n")
    }

    /// `POST / HTTP/1.1` with a good Host, `fields` that end with CRLF each, and `body` as it is.
    static func post(_ fields: String, _ body: String = "") -> ClientScript {
        ClientScript("POST / HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n\(body)")
    }

    /// A chunked POST; `body` is the coding, byte for byte.
    static func chunked(_ body: String, _ fields: String = "") -> ClientScript {
        post("\(fields)Transfer-Encoding: chunked\r\n", body)
    }

    /// The request line `line` with a good Host and no more.
    static func line(_ line: String) -> ClientScript { ClientScript("\(line)\r\nHost: a.example\r\n\r\n") }

    /// `GET /` with this Host.
    static func host(_ host: String) -> ClientScript { ClientScript("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") }

    /// The same bytes, each in a piece of its own.
    var byByte: ClientScript { ClientScript(steps: sent.unicodeScalars.map { .send(String($0)) }, methods: methods) }

    /// The same bytes in up to `count` pieces, cut where `random` says; a script with several steps stays as it is.
    func cut(into count: Int, using random: inout SplitMix64) -> ClientScript {
        guard steps.count == 1, case .send(let text) = steps[0] else { return self }
        let scalars = Array(text.unicodeScalars)
        var places = (1..<count).map { _ in Int.random(in: 0...scalars.count, using: &random) }
        places = ([0] + places.sorted() + [scalars.count])
        let pieces = zip(places, places.dropFirst()).map { start, end in
            var piece = String.UnicodeScalarView()
            piece.append(contentsOf: scalars[start..<end])
            return String(piece)
        }
        return ClientScript(steps: pieces.filter { !$0.isEmpty }.map { .send($0) }, methods: methods)
    }

    /// All that is sent, in order.
    var sent: String {
        steps.map { if case .send(let text) = $0 { text } else { "" } }.joined()
    }
}

/// What the upstream does. The connection on which bytes arrive takes the steps, one after another, until it ends; the
/// next connection goes on with the rest. When they are done, each request is answered with 200 and "ok".
enum UpstreamStep: Sendable {
    /// Waits for a whole request.
    case request
    /// Waits for a request's head and leaves it untaken: a later ``request`` is the same one as a whole.
    case head
    /// Waits until what the connection received and no ``request`` took in contains this.
    case wait(String)
    /// Waits until what the client received contains this.
    case waitClient(String)
    /// Sends this.
    case send(String)
    /// Says that nothing more will be sent.
    case shutdownWrite
    /// Closes the connection.
    case close
    /// Resets the connection.
    case reset
    /// Waits until the proxy ends the connection.
    case end
    /// Waits until the proxy ends the connection, at most for so long: for what must not happen in that time.
    case quiet(Duration)

    /// Waits for a request and answers it with these bytes.
    static func answer(_ bytes: String) -> [UpstreamStep] { [.request, .send(bytes)] }
}
