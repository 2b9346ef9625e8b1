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

    var isBodiless: Bool { body.isEmpty }

    private static let methods = ["GET", "GET", "GET", "GET", "HEAD", "DELETE", "OPTIONS", "LOCK"]

    /// A request by chance, to an agent whose routes begin with one of `prefixes`.
    init(world: SimulatedWorld, journal: Journal, manners: ClientManners, prefixes: [String], isOld: Bool) {
        self.isOld = isOld
        isGarbage = world.chance(manners.garbage)
        let isNoise = isGarbage && world.chance(300)
        let hasBody = !isNoise && world.chance(manners.bodies)
        method = isNoise ? "GET" : hasBody ? world.among(["POST", "POST", "PUT", "PATCH"]) : world.among(Self.methods)
        let count = hasBody ? world.pick(0...world.among([10, 3000, manners.bodyMax])) : 0
        let isChunked = hasBody && !isOld && world.chance(400)
        let hasTrailers = isChunked && world.chance(300)
        id = journal.ask(method, bodyCount: count, hasTrailers: hasTrailers)
        saysClose = world.chance(manners.saysClose)
        expects = hasBody && !isOld && world.chance(manners.expects)
        if isGarbage { journal.spoil(id) }
        if isNoise {
            head = world.among(Self.noise).map { Array($0.utf8) } ?? Array(repeating: UInt8(ascii: "A"), count: 70_000)
            body = []
            return
        }
        let authority = world.chance(100) ? "http://sim.test" : ""
        var text = "\(method) \(authority)\(world.among(prefixes))/\(id) HTTP/1.\(isOld ? 0 : 1)\r\nHost: sim.test\r\n"
        text += "X-Id: \(id)\r\n"
        if world.chance(200) { text += "Connection: x-hop\r\nX-Hop: 1\r\n" }
        if world.chance(100) { text += "X-Forwarded-For: 192.0.2.\(id % 250)\r\n" }
        if saysClose { text += "Connection: close\r\n" } else if isOld { text += "Connection: keep-alive\r\n" }
        if expects { text += "Expect: 100-continue\r\n" }
        let content = Journal.content(of: id, attempt: -1, count: count)
        if isChunked {
            text += "Transfer-Encoding: chunked\r\n"
            body = Chunks.bytes(of: content, world, trailer: hasTrailers ? "X-Sum: \(id)\r\n" : "")
        } else {
            if hasBody { text += "Content-Length: \(count)\r\n" }
            body = content
        }
        if isGarbage { text += world.among(Self.garbage) }
        head = Array((text + "\r\n").utf8)
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
        "GET\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "get / http/1.1\r\n\r\n", "\n\n", nil,
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
