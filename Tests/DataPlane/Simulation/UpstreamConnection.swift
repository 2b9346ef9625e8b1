/// One connection of an upstream: reads requests, holds them against the journal, and answers by a plan.
final class UpstreamConnection: EndObserver {
    // How long a loop may take to hear of what came on a free socket: longer than any loop is stalled, several times.
    private static let noticeMax: UInt64 = 100_000_000

    private unowned let server: ScriptedUpstream
    private let world: SimulatedWorld
    private let journal: Journal
    private let manners: UpstreamManners
    private let end: SimulatedEnd
    private let address: ServerAddress
    private var parser = MessageParser(isRequest: true)
    private var isOpen = true
    /// The request that is read or answered.
    private var id: Int?
    private var plan: AnswerPlan?
    private var hasBegun = false
    private var isRequestWhole = false
    private var output: [UInt8] = []
    private var sent = 0
    private var isPausing = false
    private var exchanges = 0
    private var saidClose = false
    /// When it sent what nobody had asked for: the proxy must hear of that and use the socket no more.
    private var taintedAt: UInt64?
    /// All of its answer went out in one piece.
    private var wasSentAtOnce = false
    /// The proxy cannot have received its answer without what came behind it.
    private var isTaintPlain = false
    private var tunnel: TunnelSide?
    // Reading.
    private let readMax: Int
    private var isReadPausing = false
    private var totalRead = 0
    private var leavesAt = Int.max
    private var stopsReadingAt = Int.max

    init(_ server: ScriptedUpstream, _ end: SimulatedEnd, at address: ServerAddress) {
        self.server = server
        self.end = end
        self.address = address
        world = server.world
        journal = server.journal
        manners = server.isCalm ? .sound : server.manners
        readMax = world.chance(manners.readsSlowly) ? world.pick(50...10_000) : .max
        if world.chance(manners.leavesMidRequest) { leavesAt = world.pick(0...world.among([1, 300, 5000])) }
        if world.chance(manners.stopsReading) { stopsReadingAt = world.pick(0...world.among([1, 300, 5000])) }
    }

    /// The connection's number in its world.
    var number: Int { end.number }

    /// The proxy has let go of it and this side could know, or both have said that they send no more.
    var isOver: Bool { end.isBroken || end.hasEnded && end.hasSentEnd }

    func changed(_ end: SimulatedEnd) {
        guard isOpen else { return }
        if let tunnel { return tunnel.changed() }
        receive()
        guard isOpen else { return }
        if end.isBroken || end.hasEnded && end.readableCount == 0 && !world.chance(manners.ignoresEnd) {
            return leave(reset: false)
        }
        pump()
    }

    // MARK: Reading

    private func receive() {
        while isOpen, !isReadPausing, end.readableCount > 0 {
            guard totalRead < stopsReadingAt else { return }
            let piece = end.takeAll(most: min(readMax, leavesAt - totalRead, stopsReadingAt - totalRead))
            totalRead += piece.count
            parser.feed(piece)
            if let id { journal.active(id) }
            process()
            if totalRead == leavesAt {
                journal.count("upstream left within a request")
                return leave(reset: world.chance(500))
            }
            if readMax < .max, isOpen {
                isReadPausing = true
                return world.after(world.number() % 1_000_000) { [self] in
                    isReadPausing = false
                    changed(end)
                }
            }
        }
    }

    private func process() {
        guard isOpen else { return }
        if plan != nil, isRequestWhole {
            // Behind an answer that was whole for the proxy another request may come, though this end has more to say.
            if parser.waiting > 0, plan?.attempt.isSound ?? true, plan?.tunnelWords == nil {
                world.violate(.ownRequest, "bytes came behind request \(id ?? -1)")
            }
            return
        }
        if id == nil, parser.readHead() { begin() }
        if let fault = parser.fault { return violate(.ownRequest, "malformed: \(fault)") }
        guard id != nil, let message = parser.message else { return }
        if message.isComplete || parser.readBody() { requestCame() }
        if let fault = parser.fault { violate(.ownRequest, "malformed body: \(fault)") }
    }

    private func begin() {
        guard let message = parser.message, let id = message.value("x-id").flatMap({ Int($0) }),
            journal.requests.indices.contains(id)
        else {
            return violate(.ownRequest, "a head without a number")
        }
        checkHead(message, of: id)
        // What is told to close is a socket for this one request.
        if saidClose { world.violate(.ownRequest, "request \(id) comes behind one that said close") }
        saidClose = message.value("connection") == "close"
        if saidClose, exchanges > 0 { world.violate(.ownRequest, "request \(id) says close on a used socket") }
        guard let number = journal.arrived(id, method: message.first) else { return }
        let request = journal.requests[id]
        if !journal.regimes.mayReach(server.name, prefix: request.prefix, since: request.sentAt) {
            world.violate(.routing, "request \(id) to \(request.prefix) came to \(server.name)")
        }
        exchanges += 1
        self.id = id
        journal.active(id)
        if isTainted() { return leave(reset: true) }
        let question = AnswerPlan.Question(
            id: id, number: number, method: message.first, saysClose: message.value("connection") == "close",
            isReused: exchanges > 1, asksForTunnel: message.first == "CONNECT" || message.value("upgrade") != nil,
            isUnix: end.isUnix)
        let plan = AnswerPlan(world: world, manners: manners, journal: journal, question: question)
        self.plan = plan
        journal.plan(id, number, plan.attempt)
        world.note("request", id, number)
        if exchanges > 1 { journal.count("reused") }
        if number > 0 { journal.count("retry") }
        if end.isUnix { journal.count("unix upstream") }
        if plan.isEarly {
            answer(after: plan.delay)
        } else if message.value("expect") != nil {
            if world.chance(manners.ignoresExpect) { return journal.count("ignored Expect") }
            journal.continues(id)
            output += Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
        }
    }

    private func checkHead(_ message: MessageParser.Message, of id: Int) {
        func check(_ isRight: Bool, _ what: String) {
            if !isRight { world.violate(.ownRequest, "request \(id): \(what)") }
        }
        check(message.third == "HTTP/1.1", "version \(message.third)")
        let isConnect = message.first == "CONNECT"
        let isTarget =
            isConnect
            ? message.second == "sim.test:443" : message.second.hasSuffix("/\(id)") && !message.second.hasPrefix("/k/")
        check(isTarget, "target \(message.second)")
        if let upgrade = message.value("upgrade") {
            let isPlain = journal.requests[id].bodyCount == 0 && message.framing == .none
            check(upgrade.lowercased() == "websocket" && isPlain && !isConnect, "Upgrade: \(upgrade)")
        }
        check(message.value("max-forwards") == journal.requests[id].forwards.map { "\($0)" }, "Max-Forwards")
        check(message.value("x-hop") == nil, "a hop-by-hop field came through")
        check(message.fields.count { $0.name == "via" } == 1, "Via")
        check(message.fields.count { $0.name == "host" } == 1, "Host")
        let client = message.value("x-forwarded-for") ?? ""
        let own = journal.requests[id].isUnix ? "unknown" : "127.0.0.1"
        check(client == own || client == "192.0.2.\(id % 250), \(own)", "X-Forwarded-For: \(client)")
    }

    // Whether the proxy should not have used this socket; it may have done so before it heard why.
    private func isTainted() -> Bool {
        let notice = Self.noticeMax + 2 * world.faults.latencyMax
        // All loops knew of it when it was noted; what arrives now was sent before, or is late.
        if let left = server.leftAt[address], world.now > left + 2 * world.faults.latencyMax {
            world.violate(.socketLimit, "a request at \(address), which the agent has left")
        }
        guard let taintedAt else { return false }
        journal.count("request on a tainted socket")
        if isTaintPlain || world.now > taintedAt + notice {
            world.violate(.ownAnswer, "a socket with bytes that nobody asked for was used again")
        }
        return true
    }

    private func requestCame() {
        guard !isRequestWhole, let id, let plan, let message = parser.message else { return }
        isRequestWhole = true
        let request = journal.requests[id]
        let expected = Journal.content(of: id, attempt: -1, count: request.bodyCount)
        if message.body != expected {
            world.violate(.ownRequest, "another body of request \(id): \(message.body.count) bytes")
        }
        if message.trailers != (request.hasTrailers ? ["X-Sum: \(id)"] : []) {
            world.violate(.ownRequest, "trailers \(message.trailers) of request \(id)")
        }
        if !plan.isEarly { answer(after: plan.delay) }
        if hasBegun { pump() }
        // Behind an early answer the next request may be here before this end has read all of the first.
        if parser.waiting > 0, !plan.isEarly { world.violate(.ownRequest, "bytes came behind request \(id)") }
    }

    // MARK: Answering

    private func answer(after delay: UInt64) {
        let exchange = exchanges
        world.after(delay) { [self] in
            guard isOpen, exchange == exchanges, let plan, !plan.isNever else { return }
            hasBegun = true
            output += plan.bytes
            if let id, let early = plan.tunnelWords {
                journal.openTunnel(id, timeout: server.tunnelTimeout)
                output += TunnelSide.words(of: id, isClient: false, count: early)
            }
            pump()
        }
    }

    private func pump() {
        guard isOpen, !isPausing else { return }
        while sent < output.count {
            // Small pieces of a long body take long and show nothing new.
            let most = sent < 500 ? plan?.pieceMax ?? .max : .max
            let piece = min(most, output.count - sent)
            let count = output.withUnsafeBytes { bytes in
                end.send(UnsafeRawBufferPointer(rebasing: bytes[sent..<sent + piece]))
            }
            guard count > 0 else { return }
            wasSentAtOnce = count == output.count
            sent += count
            if let id { journal.active(id) }
            guard let pause = plan?.pieceDelay, pause > 0, sent < output.count, most < .max else {
                continue
            }
            isPausing = true
            return world.after(pause) { [self] in
                isPausing = false
                pump()
            }
        }
        output.removeAll(keepingCapacity: true)
        sent = 0
        if hasBegun { answered() }
    }

    private func answered() {
        guard let plan else { return }
        switch plan.ending {
        case .closes where plan.bytes.isEmpty && exchanges > 1:
            let isIdempotent = Journal.isIdempotent(parser.message?.first ?? "")
            journal.count("\(isIdempotent ? "idempotent" : "other") request met a stale socket")
            return leave(reset: false)
        case .closes:
            if plan.isEarly, !isRequestWhole { journal.count("early answer and a close") }
            return leave(reset: false)
        case .resets: return leave(reset: true)
        case .stalls: return
        case .goesOn where plan.tunnelWords != nil: return openTunnel()
        case .goesOn: break
        }
        // An early answer is out; what is left of the body is read on.
        guard isRequestWhole else { return journal.count("early answer") }
        if plan.isOverlong {
            taintedAt = world.now
            isTaintPlain = wasSentAtOnce && world.faults.shortReceive == 0 && world.faults.receiveAgain == 0
            journal.count("overlong answer")
        }
        _ = parser.next()
        (id, self.plan, hasBegun, isRequestWhole) = (nil, nil, false, false)
        idle()
        process()
    }

    // The head is out: from now on it is no HTTP.
    private func openTunnel() {
        guard let id, let plan, let pair = journal.tunnels[id] else { return }
        var finish: TunnelSide.Finish = world.among([.halfCloses, .halfCloses, .closes])
        if world.chance(manners.leavesTunnels) { finish = world.among([.resets, .stays]) }
        let count = max(plan.tunnelWords ?? 0, world.pick(0...world.among([10, 3000, manners.bodyMax])))
        let side = TunnelSide(
            pair, end, isClient: false, words: TunnelSide.words(of: id, isClient: false, count: count),
            early: plan.tunnelWords ?? 0, finish: finish, isSlow: world.chance(manners.readsSlowly)
        ) { [self] in leave(reset: $0) }
        tunnel = side
        side.hear(parser.takeRest())
        side.changed()
    }

    // MARK: Idle

    private func idle() {
        let exchange = exchanges
        if world.chance(manners.closesIdle) {
            world.after(world.number() % 50_000_000) { [self] in
                guard exchange == exchanges, isOpen else { return }
                // Some say first that they send no more, and close when the proxy does.
                if world.chance(200) { return end.shutdownWrite() }
                leave(reset: world.chance(300))
            }
        }
        guard world.chance(manners.unasked) else { return }
        // Some at once: then the next request may be on its way already.
        world.after(world.number() % world.among([1, 1_000_000, 50_000_000])) { [self] in
            guard exchange == exchanges, isOpen, !end.hasSentEnd else { return }
            journal.count("unasked bytes")
            taintedAt = world.now
            let number = journal.takeNumber()
            let text = world.among([
                AnswerPlan.evil(number), "x", "\r\n", "HTTP/1.1 102 Processing\r\n\r\n",
                "HTTP/1.1 408 Request Timeout\r\nX-Unasked: \(number)\r\nConnection: close\r\n\r\n",
            ])
            output += Array(text.utf8)
            pump()
            if world.chance(300) { leave(reset: false) }
        }
    }

    private func leave(reset: Bool) {
        guard isOpen else { return }
        isOpen = false
        if let id, hasBegun, plan?.attempt.mayComplete == false { journal.wasCut(id) }
        tunnel?.left()
        world.note("upstream leaves", end.number, reset ? 1 : 0)
        if reset { end.reset() } else { end.close() }
        server.closed(self)
    }

    private func violate(_ rule: Rule, _ what: String) {
        world.violate(rule, what)
        leave(reset: true)
    }
}
