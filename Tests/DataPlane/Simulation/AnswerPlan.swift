@testable import DataPlane

/// What an upstream sends as the answer to one request, and what it does then.
struct AnswerPlan {
    enum Ending { case goesOn, closes, resets, stalls }

    /// What an upstream knows of the request that it answers.
    struct Question {
        let id: Int
        /// Which arrival of the request this is.
        let number: Int
        let method: String
        /// The proxy has said that the connection carries no further request.
        let saysClose: Bool
        /// The connection carried a request before.
        let isReused: Bool
        /// The proxy asks for a tunnel.
        let asksForTunnel: Bool
        /// The connection is a Unix socket, where a reset is an end like any other.
        let isUnix: Bool
    }

    /// All bytes that are sent.
    var bytes: [UInt8] = []
    var ending = Ending.goesOn
    var delay: UInt64 = 0
    /// Whether it begins before the request's body has come.
    var isEarly = false
    /// Whether nothing is sent at all and the connection stays open.
    var isNever = false
    /// How many bytes of what is said in the tunnel that it opens go out with it; nil when it opens none.
    var tunnelWords: Int?
    /// Whether bytes follow that are no part of it.
    var isOverlong = false
    var pieceMax = Int.max
    var pieceDelay: UInt64 = 0
    /// What the client may see of it.
    var attempt = Journal.Attempt()

    enum Framing { case none, length, chunked, untilClose }

    /// A plan by chance.
    init(world: SimulatedWorld, manners: UpstreamManners, journal: Journal, question: Question) {
        delay = manners.delayMax == 0 ? 0 : world.number() % manners.delayMax
        if world.chance(manners.tinyPieces) {
            pieceMax = world.pick(1...world.among([3, 200]))
            pieceDelay = world.number() % 50_000
        }
        isEarly = !question.asksForTunnel && world.chance(manners.early)
        attempt.isSound = !isEarly
        if world.chance(manners.never) {
            isNever = true
            attempt.isSound = false
            return
        }
        if world.chance(manners.leaves) || question.isReused && world.chance(manners.leavesReused) {
            ending = world.among([.closes, .resets])
            attempt.isSound = false
            return
        }
        if world.chance(manners.garbage) {
            bytes = Array((question.asksForTunnel ? Self.misswitch : world.among(Self.garbage)).utf8)
            ending = world.among([.goesOn, .closes, .stalls])
            attempt.isSound = false
            journal.count("garbage answer")
            return
        }
        if question.asksForTunnel, !world.chance(manners.refusesTunnels) {
            openTunnel(world, manners, journal, question)
        } else {
            compose(world, manners, journal, question)
        }
    }

    // A switch to a protocol that nobody asked for.
    private static let misswitch = "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"

    private mutating func openTunnel(
        _ world: SimulatedWorld, _ manners: UpstreamManners, _ journal: Journal, _ question: Question
    ) {
        addInterims(world, manners, journal, question)
        let isConnect = question.method == "CONNECT"
        attempt.status = isConnect ? world.among([200, 201]) : 101
        attempt.mayComplete = true
        attempt.opensTunnel = true
        var text = "HTTP/1.1 \(attempt.status) Fine\r\nX-Id: \(question.id)\r\nX-Attempt: \(question.number)\r\n"
        // Old servers send a length with it that means nothing.
        if !isConnect {
            text += "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        } else if world.chance(200) {
            text += "Content-Length: 0\r\n"
        }
        bytes += Array((text + "\r\n").utf8)
        tunnelWords = world.chance(300) ? world.pick(0...1000) : 0
        journal.count("\(question.method) tunnel")
    }

    private static let garbage = [
        "SSH-2.0-OpenSSH_9.2\r\n", "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 99 No\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\n X: y", "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc",
    ]

    private mutating func compose(
        _ world: SimulatedWorld, _ manners: UpstreamManners, _ journal: Journal, _ question: Question
    ) {
        let status =
            question.method == "CONNECT"
            ? world.among([403, 404, 500]) : world.among([200, 200, 200, 200, 201, 204, 304, 404, 500])
        let isBodiless = question.method == "HEAD" || status == 204 || status == 304
        var count = world.among([0, world.pick(1...100), world.pick(0...4000), world.pick(0...manners.bodyMax)])
        let isOld = world.chance(manners.old)
        let framing: Framing =
            if isBodiless { .none } else {
                world.among(isOld ? [.length, .untilClose] : [.length, .length, .length, .chunked, .untilClose])
            }
        // A block of the proxy's is full to the brim then, and does not show that more lies behind it.
        let fillsBlock =
            framing == .length && world.faults.window > BufferPool.blockSize && world.chance(manners.overlong)
        if fillsBlock { count = BufferPool.blockSize - world.pick(768...2_768) }
        let content = Journal.content(of: question.id, attempt: question.number, count: count)
        let isLast = question.saysClose || framing == .untilClose || world.chance(manners.saysClose)
        let isSilent = isOld && !isLast && world.chance(300)

        if !isOld { addInterims(world, manners, journal, question) }
        var text = "HTTP/1.\(isOld ? 0 : 1) \(status) Fine\r\nX-Id: \(question.id)\r\nX-Attempt: \(question.number)\r\n"
        // An old upstream that does not say that it goes on does not.
        if isLast { text += "Connection: close\r\n" } else if isOld, !isSilent { text += "Connection: keep-alive\r\n" }
        if world.chance(manners.hints) {
            text += "Keep-Alive: timeout=\(world.pick(0...3)), max=\(world.pick(0...5))\r\n"
        }
        switch framing {
        case .length: text += "Content-Length: \(count)\r\n"
        case .chunked: text += "Transfer-Encoding: chunked\r\n"
        case .untilClose: break
        case .none:
            // What a GET would have brought may be said all the same (RFC 9110, section 8.6).
            if status != 204, world.chance(600) {
                text += "Content-Length: \(count)\r\n"
            } else if status != 204, !isOld, world.chance(300) {
                text += "Transfer-Encoding: chunked\r\n"
            }
        }
        if fillsBlock {
            let left = BufferPool.blockSize - bytes.count - text.utf8.count - count - "X-Pad: \r\n\r\n".utf8.count
            text += "X-Pad: \(String(repeating: "x", count: left))\r\n"
        }
        bytes += Array((text + "\r\n").utf8)
        let headCount = bytes.count
        if framing == .chunked {
            attempt.hasTrailers = world.chance(300)
            bytes += Chunks.bytes(of: content, world, trailer: attempt.hasTrailers ? "X-Sum: \(question.id)\r\n" : "")
        } else if framing != .none {
            bytes += content
        }
        ending = isLast || isSilent || world.chance(manners.closesAfter) ? .closes : .goesOn
        attempt.status = status
        attempt.bodyCount = framing == .none ? 0 : count
        attempt.mayComplete = true
        attempt.endsAnywhere = framing == .untilClose && question.isUnix
        journal.count("\(isOld ? "1.0" : "1.1") \(framing) answer")
        if world.chance(manners.floods) {
            bytes = Array(String(repeating: "HTTP/1.1 103 Early\r\nX-Id: \(question.id)\r\n\r\n", count: 20).utf8)
            (ending, attempt.mayComplete, attempt.isSound) = (.stalls, false, false)
            journal.count("flood of interims")
            return
        }
        spoil(world, manners, journal, headCount: headCount, framing, isOverlong: fillsBlock)
    }

    private mutating func addInterims(
        _ world: SimulatedWorld, _ manners: UpstreamManners, _ journal: Journal, _ question: Question
    ) {
        guard world.chance(manners.interim) else { return }
        for _ in 0..<world.pick(1...3) {
            let text = world.among([
                "HTTP/1.1 103 Early Hints\r\nX-Id: \(question.id)\r\nLink: </a>\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102 Processing\r\nX-Id: \(question.id)\r\n\r\n",
            ])
            if text.hasPrefix("HTTP/1.1 100") { journal.continues(question.id) }
            bytes += Array(text.utf8)
        }
    }

    // MARK: What goes wrong

    private mutating func spoil(
        _ world: SimulatedWorld, _ manners: UpstreamManners, _ journal: Journal, headCount: Int, _ framing: Framing,
        isOverlong goesOn: Bool
    ) {
        if framing == .untilClose, manners.truncates > 0, world.chance(100) {
            // Only a reset tells that this one was cut; the client must not take it for whole.
            (ending, attempt.mayComplete, attempt.isSound) = (.resets, false, false)
        } else if world.chance(manners.truncates) {
            truncate(world, headCount: headCount, isUntilClose: framing == .untilClose)
        } else if world.chance(manners.stalls), bytes.count > headCount {
            bytes.removeLast(bytes.count - world.pick(headCount...bytes.count - 1))
            (ending, attempt.mayComplete, attempt.isSound) = (.stalls, false, false)
        } else if goesOn || world.chance(manners.overlong), framing != .untilClose {
            let evil = Array(Self.evil(journal.takeNumber()).utf8)
            bytes += evil.prefix(world.among([evil.count, world.pick(1...evil.count)]))
            isOverlong = true
            attempt.isSound = false
        }
    }

    /// An answer that nobody asked for.
    static func evil(_ number: Int) -> String {
        "HTTP/1.1 200 OK\r\nX-Unasked: \(number)\r\nContent-Length: 4\r\n\r\nevil"
    }

    private mutating func truncate(_ world: SimulatedWorld, headCount: Int, isUntilClose: Bool) {
        let kept = world.among([world.pick(0...bytes.count - 1), world.pick(0...headCount - 1), bytes.count - 1])
        bytes.removeLast(bytes.count - kept)
        ending = world.among([.closes, .resets])
        attempt.isSound = false
        attempt.mayComplete = false
        if isUntilClose, kept >= headCount, ending == .closes {
            attempt.mayComplete = true
            attempt.bodyCount = kept - headCount
        }
    }
}
