/// What an upstream sends as the answer to one request, and what it does then.
struct AnswerPlan {
    enum Ending { case goesOn, closes, resets, stalls }

    /// All bytes that are sent.
    var bytes: [UInt8] = []
    var ending = Ending.goesOn
    var delay: UInt64 = 0
    /// Whether it begins before the request's body has come.
    var isEarly = false
    /// Whether nothing is sent at all and the connection stays open.
    var isNever = false
    var pieceMax = Int.max
    var pieceDelay: UInt64 = 0
    /// What the client may see of it.
    var attempt = Journal.Attempt()

    private enum Framing { case length, chunked, untilClose }

    /// A plan by chance.
    ///
    /// - Parameters:
    ///   - number: Which arrival of the request this is.
    ///   - isReused: The connection carried a request before.
    ///   - saysClose: The proxy has said that the connection carries no further request.
    init(
        world: SimulatedWorld, manners: UpstreamManners, id: Int, number: Int, method: String, saysClose: Bool,
        isReused: Bool
    ) {
        delay = manners.delayMax == 0 ? 0 : world.number() % manners.delayMax
        if world.chance(manners.tinyPieces) {
            pieceMax = world.pick(1...world.among([3, 200]))
            pieceDelay = world.number() % 50_000
        }
        isEarly = world.chance(manners.early)
        attempt.isSound = !isEarly
        if world.chance(manners.never) {
            isNever = true
            attempt.isSound = false
            return
        }
        if world.chance(manners.leaves) || isReused && world.chance(manners.leavesReused) {
            ending = world.among([.closes, .resets])
            attempt.isSound = false
            return
        }
        if world.chance(manners.garbage) {
            bytes = world.among(Self.garbage).map { Array($0.utf8) } ?? []
            ending = world.among([.goesOn, .closes, .stalls])
            attempt.isSound = false
            return
        }
        compose(world, manners, id, number, method, saysClose)
    }

    private static let garbage: [String?] = [
        "SSH-2.0-OpenSSH_9.2\r\n", "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 99 No\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\n X: y",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}",
    ]

    private mutating func compose(
        _ world: SimulatedWorld, _ manners: UpstreamManners, _ id: Int, _ number: Int, _ method: String,
        _ saysClose: Bool
    ) {
        let status = world.among([200, 200, 200, 200, 201, 204, 304, 404, 500])
        let isBodiless = method == "HEAD" || status == 204 || status == 304
        let count = world.among([0, world.pick(1...100), world.pick(0...4000), world.pick(0...manners.bodyMax)])
        let content = Journal.content(of: id, attempt: number, count: count)
        let framing: Framing = isBodiless ? .length : world.among([.length, .length, .length, .chunked, .untilClose])
        let isLast = saysClose || framing == .untilClose || world.chance(manners.saysClose)

        var text = ""
        if world.chance(manners.interim) {
            text += world.among(["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
        }
        text += "HTTP/1.1 \(status) Fine\r\nX-Id: \(id)\r\nX-Attempt: \(number)\r\n"
        if isLast { text += "Connection: close\r\n" }
        if world.chance(manners.hints) {
            text += "Keep-Alive: timeout=\(world.pick(0...3)), max=\(world.pick(0...5))\r\n"
        }
        if framing == .length, status != 204 { text += "Content-Length: \(count)\r\n" }
        if framing == .chunked { text += "Transfer-Encoding: chunked\r\n" }
        text += "\r\n"
        bytes = Array(text.utf8)
        let headCount = bytes.count
        if !isBodiless { bytes += framing == .chunked ? Self.chunks(of: content, world) : content }
        ending = isLast || world.chance(manners.closesAfter) ? .closes : .goesOn
        attempt.status = status
        attempt.bodyCount = isBodiless ? 0 : count
        attempt.mayComplete = true
        if framing == .untilClose, world.chance(100) {
            // Only a reset tells that this one was cut; the client must not take it for whole.
            if manners.truncates > 0 {
                ending = .resets
                attempt.mayComplete = false
                attempt.isSound = false
                return
            }
        }
        if world.chance(manners.truncates) {
            truncate(world, headCount: headCount, isUntilClose: framing == .untilClose)
        } else if world.chance(manners.stalls), !isBodiless, count > 0 {
            bytes.removeLast(bytes.count - world.pick(headCount...bytes.count - 1))
            ending = .stalls
            attempt.mayComplete = false
            attempt.isSound = false
        } else if world.chance(manners.overlong), framing != .untilClose {
            bytes += Array(
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Id: 0\r\n\r\nevil".utf8.prefix(world.pick(1...60)))
            attempt.isSound = false
        }
    }

    private mutating func truncate(_ world: SimulatedWorld, headCount: Int, isUntilClose: Bool) {
        let kept = world.pick(0...bytes.count - 1)
        bytes.removeLast(bytes.count - kept)
        ending = world.among([.closes, .resets])
        attempt.isSound = false
        attempt.mayComplete = false
        if isUntilClose, kept >= headCount, ending == .closes {
            attempt.mayComplete = true
            attempt.bodyCount = kept - headCount
        }
    }

    private static func chunks(of content: [UInt8], _ world: SimulatedWorld) -> [UInt8] {
        var bytes: [UInt8] = []
        var start = 0
        var most = world.among([1, 10, 1000, 50_000])
        while start < content.count {
            // Many small ones take long and show nothing new.
            if start > 300 { most = max(most, 1000) }
            let size = min(world.pick(1...most), content.count - start)
            bytes += Array(String(size, radix: 16).utf8) + [13, 10]
            bytes += content[start..<start + size] + [13, 10]
            start += size
        }
        bytes += Array((world.chance(200) ? "0\r\nX-Sum: 1\r\n\r\n" : "0\r\n\r\n").utf8)
        return bytes
    }
}
