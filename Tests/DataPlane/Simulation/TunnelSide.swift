/// One side of a tunnel: says what follows from the tunnel's number, and holds what it hears against what the other
/// side said.
final class TunnelSide {
    /// What it does when it has said all.
    enum Finish { case halfCloses, closes, resets, stays }

    /// Both sides of one tunnel, and what they may expect.
    final class Pair {
        let id: Int
        let world: SimulatedWorld
        /// How long the tunnel may be silent, in nanoseconds.
        let timeout: UInt64
        var client: TunnelSide?
        var upstream: TunnelSide?
        /// When something was last sent or heard by either.
        var lastActivity: UInt64

        init(id: Int, world: SimulatedWorld, timeout: UInt64) {
            self.id = id
            self.world = world
            self.timeout = timeout
            lastActivity = world.now
        }
    }

    private let pair: Pair
    private let world: SimulatedWorld
    private let end: SimulatedEnd
    private let isClient: Bool
    private let words: [UInt8]
    private let finish: Finish
    private let pieceMax: Int
    private let pause: UInt64
    private let readMax: Int
    /// How many bytes it has said.
    private var sent = 0
    /// How many it has heard.
    private var heard = 0
    private var isPausing = false
    private var isReadPausing = false
    /// It has said in order that it says no more.
    private var hasFinished = false
    /// It broke the connection off, or never says that it ends.
    private var hasLeft = false
    /// Hears that this side is through with its connection, and whether that is to be reset; then no more.
    private var onLeave: ((_ reset: Bool) -> Void)?

    /// A side over `end`; `early` is how much of its words has gone along with the head that opened the tunnel.
    init(
        _ pair: Pair, _ end: SimulatedEnd, isClient: Bool, words: [UInt8], early: Int, finish: Finish, isSlow: Bool,
        onLeave: @escaping (_ reset: Bool) -> Void
    ) {
        self.pair = pair
        self.end = end
        self.isClient = isClient
        self.words = words
        self.finish = finish
        self.onLeave = onLeave
        world = pair.world
        sent = early
        pieceMax = world.among([1, 100, 5_000, .max])
        pause = world.among([0, 20_000, 2_000_000])
        readMax = isSlow ? world.pick(20...5_000) : .max
        // A client may have said with its request that it sends no more.
        hasFinished = end.hasSentEnd
        if isClient { pair.client = self } else { pair.upstream = self }
        watchForSilence()
    }

    /// What one of the sides of tunnel `id` says.
    static func words(of id: Int, isClient: Bool, count: Int) -> [UInt8] {
        Array(Journal.content(of: id, attempt: isClient ? -2 : -3, count: count))
    }

    private var other: TunnelSide? { isClient ? pair.upstream : pair.client }

    /// Something happened to the connection.
    func changed() {
        guard !hasLeft else { return }
        listen()
        if !hasLeft { speak() }
    }

    /// The connection is given up by its owner.
    func left() {
        hasLeft = true
        onLeave = nil
    }

    // MARK: Speaking

    private func speak() {
        guard !isPausing, !hasFinished, !hasLeft else { return }
        while sent < words.count {
            // Many small pieces take long and show nothing new.
            let piece = min(sent < 300 ? pieceMax : .max, words.count - sent)
            let count = words.withUnsafeBytes { bytes in
                end.send(UnsafeRawBufferPointer(rebasing: bytes[sent..<sent + piece]))
            }
            guard count > 0 else { return }
            sent += count
            pair.lastActivity = world.now
            if pause > 0 { return speakLater() }
        }
        finishSpeaking()
    }

    private func speakLater() {
        isPausing = true
        world.after(world.number() % pause) { [self] in
            isPausing = false
            changed()
        }
    }

    private func finishSpeaking() {
        switch finish {
        case .halfCloses:
            hasFinished = true
            pair.lastActivity = world.now
            end.shutdownWrite()
            if end.hasEnded, end.readableCount == 0 { leave(reset: false) }
        case .closes:
            hasFinished = true
            leave(reset: false)
        case .resets: leave(reset: true)
        case .stays: break
        }
    }

    // MARK: Listening

    /// Takes bytes that came along with the head that opened the tunnel.
    func hear(_ piece: [UInt8]) {
        guard !piece.isEmpty else { return }
        let said = Self.words(of: pair.id, isClient: !isClient, count: heard + piece.count)
        if !said[heard...].elementsEqual(piece) {
            world.violate(.tunnels, "tunnel \(pair.id): \(name) heard what was not said, near byte \(heard)")
        }
        heard += piece.count
        pair.lastActivity = world.now
    }

    private func listen() {
        while !isReadPausing, end.readableCount > 0 {
            hear(end.takeAll(most: readMax))
            if readMax < .max {
                isReadPausing = true
                return world.after(world.number() % 1_000_000) { [self] in
                    isReadPausing = false
                    changed()
                }
            }
        }
        guard end.readableCount == 0 else { return }
        if end.isReset || end.isGone && end.pendingError != 0 { return leave(reset: false) }
        guard end.hasEnded else { return }
        checkEnd()
        // Whoever has said all is through; whoever has not says the rest first, if the other still listens.
        if hasFinished || end.isGone || finish == .stays { leave(reset: false) }
    }

    // An end in order: all that was said has come, unless nothing came for so long that the proxy ended the tunnel.
    private func checkEnd() {
        // The other may have gone before it said a word, as the client when it hears of the tunnel.
        guard let other else { return }
        // A Unix socket's end may be a reset, for all that can be seen.
        if other.hasLeft && !other.hasFinished && !other.isEndOrderly || end.isUnix { return }
        let silence = world.now - pair.lastActivity
        if heard < other.sent {
            world.violate(.tunnels, "tunnel \(pair.id): the \(name) heard \(heard) bytes of \(other.sent), and an end")
        } else if !other.hasFinished, !other.hasLeft, !hasLeft, silence + Patience.slack < pair.timeout {
            world.violate(.tunnels, "tunnel \(pair.id): the \(name) was told an end that was none")
        }
    }

    private var isEndOrderly: Bool { finish == .closes || finish == .halfCloses }

    private var name: String { isClient ? "client" : "upstream" }

    // MARK: Ending

    private func leave(reset: Bool) {
        guard !hasLeft else { return }
        hasLeft = true
        let leave = onLeave
        onLeave = nil
        leave?(reset)
    }

    private func watchForSilence(after delay: UInt64? = nil) {
        let most = pair.timeout + Patience.linger + Patience.slack
        guard pair.timeout < 100_000_000_000 else { return }
        world.after(delay ?? most) { [self] in
            guard !hasLeft else { return }
            let silence = world.now - pair.lastActivity
            if silence >= most {
                world.violate(.deadlines, "tunnel \(pair.id) was silent for \(silence / 1_000_000) ms")
                return leave(reset: true)
            }
            watchForSilence(after: most - silence)
        }
    }
}
