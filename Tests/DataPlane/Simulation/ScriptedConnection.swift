/// One connection of a client: sends requests by plan, and holds what comes against the journal.
final class ScriptedConnection: EndObserver {
    /// What a client does when it has sent so many bytes.
    enum Stop { case stalls, halfCloses, closes, resets }

    unowned let client: ScriptedClient
    let world: SimulatedWorld
    let journal: Journal
    let manners: ClientManners
    private(set) var end: SimulatedEnd?
    var isOpen = true
    var plans: [RequestPlan] = []
    /// The request that is sent next.
    var next = 0
    /// The request whose answer comes next.
    var answered = 0
    /// Requests that it sends before the first of them is answered.
    private let depth: Int
    var parser = MessageParser(isRequest: false)
    /// The last request has become a tunnel.
    var tunnel: TunnelSide?
    // Sending.
    private(set) var output: [UInt8] = []
    private var sent = 0
    private var isPausing = false
    var isThinking = false
    private var heldBody: [UInt8]?
    private var stopsAt = Int.max
    private var stop = Stop.stalls
    private var hasStopped = false
    private var totalSent = 0
    private let pieceMax: Int
    private let drips: Bool
    private var halfCloses = false
    /// When the last byte of this client went out.
    private(set) var lastSent: UInt64 = 0
    // Where the request that is sent begins in all that is sent.
    private var planStart = 0
    // Reading.
    private var readMax = Int.max
    private var readPause: UInt64 = 0
    private var isReadPausing = false
    private var stopsReadingAt = Int.max
    private var leavesAt = Int.max
    var totalRead = 0
    /// How often it was told to continue with the request that is answered next.
    var continues = 0
    /// The proxy has said that it sends no more, and this client does not care.
    var hasHeardEnd = false
    /// When something last happened.
    var lastChange: UInt64 = 0
    /// A client with none of these habits may expect its answer in time.
    private(set) var isPrompt = true
    /// It was told, or has said, that this connection ends behind the last answer.
    var isClosing = false
    /// A proxy that did not get the whole head of a HEAD request cannot know that its error may have no body.
    var isUnreadable = false

    init(_ client: ScriptedClient) {
        self.client = client
        world = client.world
        journal = client.journal
        manners = client.manners
        let isOld = world.chance(manners.old)
        let isPipelining = !isOld && world.chance(manners.pipelines)
        depth = isPipelining ? world.pick(2...4) : 1
        drips = world.chance(manners.drips)
        pieceMax = drips ? 1 : world.chance(manners.tinyPieces) ? world.pick(1...world.among([2, 50])) : .max
        for _ in 0..<world.pick(1...manners.requestsMax) {
            plans.append(
                RequestPlan(
                    world: world, journal: journal, manners: manners, prefixes: client.prefixes, isOld: isOld))
            // What comes behind a request for a tunnel would belong to the tunnel.
            if plans[plans.count - 1].saysClose || plans[plans.count - 1].tunnelWords != nil { break }
        }
        if isPipelining || pieceMax < .max { isPrompt = false }
        chooseHabits()
    }

    private func chooseHabits() {
        let total = plans.reduce(0) { $0 + $1.head.count + $1.body.count }
        let place = world.among([world.pick(0...total), world.pick(0...min(total, plans[0].head.count))])
        if world.chance(manners.stalls) {
            stopsAt = place
        } else if world.chance(manners.halfClosesEarly) {
            (stopsAt, stop) = (place, .halfCloses)
        } else if world.chance(manners.leavesAtByte) {
            if world.chance(500) {
                leavesAt = world.pick(1...world.among([1, 300, 20_000]))
            } else {
                (stopsAt, stop) = (place, world.among([.closes, .resets]))
            }
        }
        if world.chance(manners.stopsReading) {
            stopsReadingAt = world.pick(0...world.among([1, 500, 20_000]))
        } else if world.chance(manners.readsSlowly) {
            readMax = world.pick(100...20_000)
            readPause = 1 + world.number() % 3_000_000
        }
        if stopsAt < .max || stopsReadingAt < .max || readMax < .max { isPrompt = false }
        halfCloses = world.chance(manners.halfCloses)
    }

    func open() {
        let end = client.deployment.connect(self, to: client.listener)
        self.end = end
        if end.isUnix {
            for plan in plans { journal.comesOverUnix(plan.id) }
            journal.count("unix client")
        }
        world.note("client", end.number, plans.count)
        lastChange = world.now
        if world.chance(manners.leaves) {
            world.after(world.number() % UInt64(world.among([100_000, 5_000_000, 200_000_000]))) { [self] in
                leave(reset: world.chance(500))
            }
        }
        // Whatever its habits, the proxy's own time-outs end a connection long before this.
        world.after(240_000_000_000) { [self] in
            guard isOpen else { return }
            if !client.deployment.isStopped { world.violate(.ends, "a client is still connected after four minutes") }
            leave(reset: true)
        }
        watchForSilence()
        pump()
    }

    func changed(_ end: SimulatedEnd) {
        guard isOpen, !hasHeardEnd else { return }
        if let tunnel { return tunnel.changed() }
        read()
        if isOpen, tunnel == nil { pump() }
    }

    func leave(reset: Bool) {
        guard isOpen else { return }
        isOpen = false
        tunnel?.left()
        if reset { end?.reset() } else { end?.close() }
        client.ended()
    }

    func violate(_ rule: Rule, _ what: String) {
        world.violate(rule, "client \(end?.number ?? 0): \(what)")
        leave(reset: true)
    }

    // MARK: Sending

    func pump() {
        guard isOpen, tunnel == nil, !hasHeardEnd, let end, !end.isBroken, !isPausing, !hasStopped else { return }
        compose()
        while sent < output.count {
            // Small pieces of a long body take long and show nothing new.
            let most = sent < 400 ? pieceMax : .max
            let piece = min(most, output.count - sent, stopsAt - totalSent)
            guard piece > 0 else { return stopSending() }
            let count = output.withUnsafeBytes { bytes in
                end.send(UnsafeRawBufferPointer(rebasing: bytes[sent..<sent + piece]))
            }
            guard count > 0 else { return }
            sent += count
            totalSent += count
            (lastSent, lastChange) = (world.now, world.now)
            if sent == output.count {
                output.removeAll(keepingCapacity: true)
                sent = 0
                compose()
            }
            if most < .max {
                isPausing = true
                if drips, totalSent == 1 { watchDrips() }
                return world.after(drips ? 30_000_000 : world.number() % 20_000) { [self] in
                    isPausing = false
                    pump()
                }
            }
        }
        if totalSent == stopsAt { return stopSending() }
        if halfCloses, next == plans.count, heldBody == nil, !hasStopped, plans[next - 1].tunnelWords == nil {
            end.shutdownWrite()
        }
    }

    private func stopSending() {
        guard !hasStopped else { return }
        hasStopped = true
        journal.count("client \(stop)")
        switch stop {
        case .stalls: watchStall()
        case .halfCloses: end?.shutdownWrite()
        case .closes: leave(reset: false)
        case .resets: leave(reset: true)
        }
    }

    // Makes the next requests ready as far as they may go out.
    private func compose() {
        guard output.isEmpty, heldBody == nil, !isThinking, !isClosing else { return }
        while next < plans.count, next - answered < depth {
            let plan = plans[next]
            next += 1
            journal.sends(plan.id, prefix: plan.prefix)
            watchWaiting(plan)
            if output.isEmpty { planStart = totalSent }
            output += plan.head
            guard plan.expects else {
                output += plan.body
                continue
            }
            heldBody = plan.body
            let index = next
            // Some wait for as long as it takes.
            let wait: UInt64? = world.among([1_000_000, 30_000_000, 3_000_000_000, nil])
            guard let wait else { return }
            return world.after(wait) { [self] in
                if index == next { sendHeldBody() }
            }
        }
    }

    func sendHeldBody() {
        guard let body = heldBody, isOpen else { return }
        heldBody = nil
        output += body
        pump()
    }

    /// Whether it takes all that comes at once.
    var readsAll: Bool { readMax == .max && stopsReadingAt == .max && leavesAt == .max }

    /// How much of the request that is sent, or was sent last, has gone out.
    var sentOfPlan: Int { totalSent - planStart }

    /// Whether nothing of its requests is left to be sent.
    var hasSentAll: Bool { output.isEmpty && heldBody == nil }

    // MARK: Reading

    private func read() {
        guard let end, !isReadPausing else { return }
        while isOpen, tunnel == nil, end.readableCount > 0, totalRead < stopsReadingAt {
            let piece = end.takeAll(most: min(readMax, stopsReadingAt - totalRead, leavesAt - totalRead))
            totalRead += piece.count
            lastChange = world.now
            parser.feed(piece)
            parse()
            if totalRead == leavesAt {
                journal.count("client left within an answer")
                return leave(reset: world.chance(500))
            }
            if readPause > 0, isOpen {
                isReadPausing = true
                return world.after(readPause) { [self] in
                    isReadPausing = false
                    read()
                }
            }
        }
        guard isOpen, tunnel == nil, end.hasEnded || end.isBroken else { return }
        if end.hasEnded, !end.isReset, end.pendingError == 0, end.readableCount == 0 {
            parser.end()
            finishAnswer()
        }
        // A Unix socket's end may show before all of it was read.
        if isOpen, !end.isGone || end.readableCount == 0 || totalRead >= stopsReadingAt { cut() }
    }
}
