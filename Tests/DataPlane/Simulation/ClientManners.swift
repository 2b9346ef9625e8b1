/// How clients behave. Chances are out of a thousand, times are in nanoseconds.
struct ClientManners {
    /// It closes or resets its connection at any moment.
    var leaves = 0
    /// It stops in the midst of a request and waits.
    var stalls = 0
    /// What it sends is not quite HTTP.
    var garbage = 0
    /// It stops reading.
    var stopsReading = 0
    /// It reads in small pieces.
    var readsSlowly = 0
    /// It sends in small pieces.
    var tinyPieces = 0
    /// It sends requests before earlier ones are answered.
    var pipelines = 0
    /// It says that it sends no more behind its last request, and waits for the answer.
    var halfCloses = 0
    /// It speaks HTTP/1.0.
    var old = 0
    /// It waits for 100 Continue before it sends a body.
    var expects = 0
    /// It says that its connection ends behind a request.
    var saysClose = 0
    /// It keeps its connection open when it has no further request.
    var lingers = 0
    var connectionsMax = 3
    var requestsMax = 5
    /// Between requests.
    var thinkMax: UInt64 = 10_000_000
    var bodyMax = 20_000
    /// Out of a thousand requests so many have a body.
    var bodies = 300

    /// A client that does all it should.
    static let sound = ClientManners()
}

/// One request of a client.
struct RequestPlan {
    let id: Int
    let method: String
    let isOld: Bool
    let saysClose: Bool
    let expects: Bool
    /// Whether its head must be refused.
    let isGarbage: Bool
    let head: [UInt8]
    /// With its framing.
    let body: [UInt8]

    private static let methods = ["GET", "GET", "GET", "HEAD", "DELETE", "OPTIONS"]

    /// A request by chance, to an agent whose routes begin with one of `prefixes`.
    init(world: SimulatedWorld, journal: Journal, manners: ClientManners, prefixes: [String], isOld: Bool) {
        self.isOld = isOld
        let hasBody = world.chance(manners.bodies)
        method = hasBody ? world.among(["POST", "POST", "PUT", "PATCH"]) : world.among(Self.methods)
        let count = hasBody ? world.pick(0...world.among([10, 3000, manners.bodyMax])) : 0
        id = journal.ask(method, bodyCount: count)
        saysClose = world.chance(manners.saysClose)
        let content = Journal.content(of: id, attempt: -1, count: count)
        let isChunked = hasBody && !isOld && world.chance(400)
        expects = hasBody && !isOld && world.chance(manners.expects)
        var text = "\(method) \(world.among(prefixes))/\(id) HTTP/1.\(isOld ? 0 : 1)\r\nHost: sim.test\r\n"
        text += "X-Id: \(id)\r\n"
        if world.chance(200) { text += "Connection: x-hop\r\nX-Hop: 1\r\n" }
        if saysClose { text += "Connection: close\r\n" } else if isOld { text += "Connection: keep-alive\r\n" }
        if expects { text += "Expect: 100-continue\r\n" }
        if isChunked {
            text += "Transfer-Encoding: chunked\r\n"
            var body: [UInt8] = []
            var start = 0
            while start < count {
                let size = min(world.pick(1...4000), count - start)
                body += Array("\(String(size, radix: 16))\r\n".utf8) + content[start..<start + size] + [13, 10]
                start += size
            }
            self.body = body + Array("0\r\n\r\n".utf8)
        } else {
            if hasBody { text += "Content-Length: \(count)\r\n" }
            body = content
        }
        isGarbage = world.chance(manners.garbage)
        if isGarbage {
            journal.spoil(id)
            text += world.among(Self.garbage)
        }
        head = Array((text + "\r\n").utf8)
    }

    // Each of these lines makes a head that must be refused.
    private static let garbage = [
        "X-Name : blank\r\n", "X-Bare: a\nX-Feed: b\r\n", " folded\r\n", "Host: twice\r\n", "X-Null: \u{0}\r\n",
        "Content-Length: -1\r\n", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "no colon\r\n", ": empty\r\n",
        "Transfer-Encoding: gzip\r\n", "X-Long: \(String(repeating: "x", count: 40_000))\r\n",
    ]
}
