/// One request of a client.
struct RequestPlan {
    /// Who is to answer it.
    enum Answerer {
        case upstream
        /// The proxy, because it is malformed.
        case refusal
        /// The proxy, because it may not be forwarded once more.
        case lastHop
        /// The proxy, because the request was here before.
        case loop
    }

    let id: Int
    let method: String
    let isOld: Bool
    /// The beginning of its path by which it is routed; CONNECT has none.
    private(set) var prefix = ""
    private(set) var saysClose = false
    private(set) var expects = false
    private(set) var answerer = Answerer.upstream
    /// It asks for a tunnel; how many bytes the client says in it.
    private(set) var tunnelWords: Int?
    private(set) var head: [UInt8] = []
    /// With its framing.
    private(set) var body: [UInt8] = []

    var isBodiless: Bool { body.isEmpty }
    /// Whether its head must be refused.
    var isGarbage: Bool { answerer == .refusal }
    var isConnect: Bool { method == "CONNECT" }

    private static let methods = [
        "GET", "GET", "GET", "GET", "HEAD", "DELETE", "OPTIONS", "LOCK", "TRACE",
    ]

    /// A request by chance, to an agent whose routes begin with one of `prefixes`.
    init(world: SimulatedWorld, journal: Journal, manners: ClientManners, prefixes: [String], isOld: Bool) {
        self.isOld = isOld
        if world.chance(manners.garbage) { answerer = .refusal }
        let isNoise = answerer == .refusal && world.chance(300)
        let isTunnel = answerer == .upstream && !isOld && world.chance(manners.tunnels)
        let hasBody = !isNoise && !isTunnel && world.chance(manners.bodies)
        method =
            if isNoise { "GET" } else if isTunnel { world.among(["GET", "CONNECT"]) } else if hasBody {
                world.among(["POST", "POST", "PUT", "PATCH"])
            } else { world.among(Self.methods) }
        let count = hasBody ? world.pick(0...world.among([10, 3000, manners.bodyMax])) : 0
        let isChunked = hasBody && !isOld && world.chance(400)
        let hasTrailers = isChunked && world.chance(300)
        id = journal.ask(method, bodyCount: count, hasTrailers: hasTrailers)
        if isNoise {
            head = world.among(Self.noise).map { Array($0.utf8) } ?? Array(repeating: UInt8(ascii: "A"), count: 70_000)
            journal.keep(id)
            return
        }
        var text = line(world, prefixes)
        if isTunnel {
            tunnelWords = world.pick(0...world.among([10, 3000, manners.bodyMax]))
            if !isConnect {
                text += "Connection: upgrade\r\nUpgrade: \(world.among(["websocket", "h2c, WebSocket"]))\r\n"
            }
        } else {
            addOptions(world, manners, count: count, hasBody: hasBody, to: &text)
            addHops(world, journal, manners, to: &text)
        }
        addBody(world, count: count, hasBody: hasBody, isChunked: isChunked, hasTrailers: hasTrailers, to: &text)
        if answerer == .refusal { text += world.among(Self.garbage) }
        if answerer != .upstream { journal.keep(id) }
        head = Array((text + "\r\n").utf8)
    }

    private mutating func line(_ world: SimulatedWorld, _ prefixes: [String]) -> String {
        let authority = world.chance(100) ? "http://sim.test" : ""
        if !isConnect { prefix = world.among(prefixes) }
        let target = isConnect ? "sim.test:443" : "\(authority)\(prefix)/\(id)"
        return
            "\(method) \(target) HTTP/1.\(isOld ? 0 : 1)\r\nHost: sim.test\(isConnect ? ":443" : "")\r\nX-Id: \(id)\r\n"
            + (world.chance(100) ? "X-Forwarded-For: 192.0.2.\(id % 250)\r\n" : "")
    }

    private mutating func addOptions(
        _ world: SimulatedWorld, _ manners: ClientManners, count: Int, hasBody: Bool, to text: inout String
    ) {
        saysClose = world.chance(manners.saysClose)
        expects = hasBody && !isOld && world.chance(manners.expects)
        if world.chance(200) { text += "Connection: x-hop\r\nX-Hop: 1\r\n" }
        if saysClose { text += "Connection: close\r\n" } else if isOld { text += "Connection: keep-alive\r\n" }
        if expects { text += "Expect: 100-continue\r\n" }
        // A request with content is never passed on as an upgrade, nor is one of HTTP/1.0, nor one to an unknown.
        if count > 0 || isOld, world.chance(50) { text += "Connection: upgrade\r\nUpgrade: websocket\r\n" }
        if !hasBody, world.chance(20) { text += "Connection: upgrade\r\nUpgrade: h2c\r\n" }
    }

    private mutating func addHops(
        _ world: SimulatedWorld, _ journal: Journal, _ manners: ClientManners, to text: inout String
    ) {
        if world.chance(manners.loops), answerer == .upstream {
            text += "Via: 1.1 other, 1.1 sluice\r\n"
            answerer = .loop
            return
        }
        guard method == "TRACE" || method == "OPTIONS", world.chance(500) else { return }
        let hops = world.pick(0...2)
        text += "Max-Forwards: \(hops)\r\nAuthorization: secret\r\n"
        if answerer == .upstream, hops == 0 { answerer = .lastHop } else { journal.forwards(id, hops - 1) }
    }

    private mutating func addBody(
        _ world: SimulatedWorld, count: Int, hasBody: Bool, isChunked: Bool, hasTrailers: Bool, to text: inout String
    ) {
        let content = Journal.content(of: id, attempt: -1, count: count)
        if isChunked {
            text += "Transfer-Encoding: chunked\r\n"
            body = Chunks.bytes(of: content, world, trailer: hasTrailers ? "X-Sum: \(id)\r\n" : "")
        } else {
            if hasBody { text += "Content-Length: \(count)\r\n" }
            body = content
        }
    }

    // Each of these lines makes a head that must be refused.
    private static let garbage = [
        "X-Name : blank\r\n", "X-Bare: a\nX-Feed: b\r\n", " folded\r\n", "Host: twice\r\n", "X-Null: \u{0}\r\n",
        "Content-Length: -1\r\n", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "no colon\r\n", ": empty\r\n",
        "Transfer-Encoding: gzip\r\n", "X-Long: \(String(repeating: "x", count: 40_000))\r\n",
    ]

    // What is no request at all; nil for a line without end.
    private static let noise: [String?] = [
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{0}",
        "GET\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/3.1\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "\n\n", nil, nil,
        "0\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n\r\n",
    ]
}

/// A body in chunks, as random as the grammar lets it be (RFC 9112, section 7.1).
enum Chunks {
    static func bytes(of content: [UInt8], _ world: SimulatedWorld, trailer: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count + 1000)
        var start = 0
        var most = world.among([1, 10, 1000, 50_000])
        let hasExtensions = world.chance(200)
        while start < content.count {
            // Many small ones take long and show nothing new.
            if start > 200 { most = max(most, 4000) }
            let size = min(world.pick(1...most), content.count - start)
            bytes += Array((world.chance(100) ? "000" : "").utf8) + Array(String(size, radix: 16).utf8)
            if hasExtensions { bytes += Array(world.among([";a", ";a=b", " ; a = \"x\\\";y\"", ""]).utf8) }
            bytes += [13, 10]
            bytes += content[start..<start + size]
            bytes += [13, 10]
            start += size
        }
        return bytes + Array("0\r\n\(trailer)\r\n".utf8)
    }
}
