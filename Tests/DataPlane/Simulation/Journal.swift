/// What clients asked and upstreams answered, so that each can be held against the other.
final class Journal {
    /// One arrival of a request at an upstream, and what the upstream makes of it.
    struct Attempt {
        var status = 0
        /// How many bytes of content a client gets if it gets all.
        var bodyCount = 0
        /// Whether a client may take the answer for a whole one.
        var mayComplete = false
        /// Whether it opens a tunnel.
        var opensTunnel = false
        /// Whether its end cannot be told from a cut: a body until close on a Unix socket, which has no reset.
        var endsAnywhere = false
        /// Whether a trailer follows it.
        var hasTrailers = false
        /// Whether the upstream does all it should.
        var isSound = true
    }

    struct Request {
        let method: String
        let bodyCount: Int
        let hasTrailers: Bool
        /// Whether its client's connection is a Unix socket.
        var isUnix = false
        /// Whether the proxy answers it itself, so that no upstream may see it.
        var isKept = false
        /// When an upstream ended its answer before its end.
        var cutAt: UInt64?
        /// How often an upstream has said 100 Continue, or will.
        var continues = 0
        /// How many forwards it has left at the upstream; nil where it does not say.
        var forwards: Int?
        var attempts: [Attempt] = []
        /// The beginning of its path by which it is routed.
        var prefix = ""
        /// When its client began to send it.
        var sentAt: UInt64 = 0
        /// When an upstream last sent or received a byte of it.
        var lastActivity: UInt64 = 0
    }

    private(set) var requests: [Request] = []
    /// What the operator did with agents and routes.
    let regimes = Regimes()
    /// Requests that a client has begun to send.
    var sent = 0
    /// Requests that got the upstream's whole answer, one that the proxy made, or none.
    var whole = 0
    var problems = 0
    /// Requests that were refused for their agent was drained, or because there was no route for them.
    var refusals = 0
    var cut = 0
    /// How often each kind of thing happened, so that a test can see whether runs are as varied as they should be.
    private(set) var tally: [String: Int] = [:]

    private let world: SimulatedWorld

    init(world: SimulatedWorld) { self.world = world }

    /// A client makes a request; returns its number.
    func ask(_ method: String, bodyCount: Int, hasTrailers: Bool) -> Int {
        requests.append(Request(method: method, bodyCount: bodyCount, hasTrailers: hasTrailers))
        return requests.count - 1
    }

    /// A client begins to send a request.
    func sends(_ id: Int, prefix: String) {
        sent += 1
        requests[id].prefix = prefix
        requests[id].sentAt = world.now
    }

    /// A request comes over a Unix socket.
    func comesOverUnix(_ id: Int) { requests[id].isUnix = true }

    /// A number of its own for something that is no request.
    func takeNumber() -> Int {
        numbers += 1
        return numbers
    }

    private var numbers = 0

    /// The proxy answers a request itself, so that no upstream may see it.
    func keep(_ id: Int) { requests[id].isKept = true }

    /// An upstream ends the connection in the midst of its answer.
    func wasCut(_ id: Int) { requests[id].cutAt = world.now }

    /// An upstream says 100 Continue.
    func continues(_ id: Int) { requests[id].continues += 1 }

    /// A request may be forwarded so many times more when it reaches the upstream.
    func forwards(_ id: Int, _ count: Int) { requests[id].forwards = count }

    /// The tunnel of a request's client and an upstream; nil while there is none.
    private(set) var tunnels: [Int: TunnelSide.Pair] = [:]

    /// An upstream opens a tunnel for a request; `timeout` is how long that may be silent.
    func openTunnel(_ id: Int, timeout: UInt64) {
        tunnels[id] = TunnelSide.Pair(id: id, world: world, timeout: timeout)
    }

    /// A request's head reached an upstream; returns which time it was, from 0.
    func arrived(_ id: Int, method: String) -> Int? {
        guard requests.indices.contains(id) else {
            world.violate(.ownRequest, "request \(id) was never made")
            return nil
        }
        let request = requests[id]
        if request.method != method {
            world.violate(.ownRequest, "request \(id) came as \(method) and not \(request.method)")
        }
        if request.isKept { world.violate(.refused, "the malformed or last request \(id) came through") }
        requests[id].attempts.append(Attempt())
        let count = requests[id].attempts.count
        if count > (Self.isIdempotent(method) ? 2 : 1) {
            world.violate(.sentOnce, "\(method) request \(id) came \(count) times")
        }
        return count - 1
    }

    /// Whether a request may be sent twice (RFC 9110, section 9.2.2).
    static func isIdempotent(_ method: String) -> Bool {
        ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].contains(method)
    }

    /// Counts a kind of thing.
    func count(_ kind: String, _ amount: Int = 1) { tally[kind, default: 0] += amount }

    /// Says what the upstream will do about an arrival.
    func plan(_ id: Int, _ attempt: Int, _ plan: Attempt) { requests[id].attempts[attempt] = plan }

    /// An upstream sent or received something of the request.
    func active(_ id: Int) { requests[id].lastActivity = world.now }

    /// The bytes of the content that belongs to a request (attempt -1) or to an answer to it.
    static func content(of id: Int, attempt: Int, count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        let salt = UInt64(id) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(bitPattern: Int64(attempt)) &* 0xBF58_476D_1CE4_E5B9
        return [UInt8](unsafeUninitializedCapacity: count + 8) { bytes, initialized in
            let raw = UnsafeMutableRawBufferPointer(bytes)
            var word = salt
            for offset in stride(from: 0, to: count, by: 8) {
                word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                raw.storeBytes(of: word ^ (word >> 32), toByteOffset: offset, as: UInt64.self)
            }
            initialized = count
        }
    }
}
