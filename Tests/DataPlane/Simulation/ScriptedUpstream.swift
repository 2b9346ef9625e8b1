/// An upstream server: takes connections, and answers requests by its manners.
final class ScriptedUpstream: SimulatedServer {
    let world: SimulatedWorld
    let journal: Journal
    let path = SimulatedPath()
    var manners: UpstreamManners
    /// How many connections may be open now; nil while nobody knows.
    var limit: (() -> Int)?
    /// The most that ever were open.
    private(set) var openMax = 0
    private(set) var acceptedCount = 0
    private var connections: [ObjectIdentifier: UpstreamConnection] = [:]

    init(world: SimulatedWorld, journal: Journal, manners: UpstreamManners) {
        self.world = world
        self.journal = journal
        self.manners = manners
    }

    func accepted(_ far: SimulatedEnd) {
        acceptedCount += 1
        let connection = UpstreamConnection(self, far)
        connections[ObjectIdentifier(connection)] = connection
        let open = open
        openMax = max(openMax, open)
        if let limit = limit?(), open > limit { world.violate("an upstream sees \(open) sockets, \(limit) may be") }
        far.observer = connection
        connection.changed(far)
    }

    /// How many are open, as this side sees it: those are not that the proxy has closed, even if nobody looked.
    var open: Int { connections.values.count { !$0.isOver } }

    fileprivate func closed(_ connection: UpstreamConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }
}

/// One connection of an upstream.
final class UpstreamConnection: EndObserver {
    private unowned let server: ScriptedUpstream
    private let world: SimulatedWorld
    private let journal: Journal
    private let end: SimulatedEnd
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

    init(_ server: ScriptedUpstream, _ end: SimulatedEnd) {
        self.server = server
        self.end = end
        world = server.world
        journal = server.journal
    }

    /// The proxy has let go of it, and this side could know.
    var isOver: Bool { end.isReset }

    func changed(_ end: SimulatedEnd) {
        guard isOpen else { return }
        receive()
        process()
        if end.isReset || end.hasEnded && !(world.chance(server.manners.ignoresEnd) && !end.isReset) {
            return leave(reset: false)
        }
        pump()
    }

    // MARK: Reading

    private func receive() {
        while end.readableCount > 0 {
            let piece = end.takeAll()
            parser.feed(piece)
            if let id { journal.active(id) }
        }
    }

    private func process() {
        if plan != nil, isRequestWhole {
            // Behind an answer that was whole for the proxy another request may come, though this end has more to say.
            if parser.waiting > 0, plan?.attempt.isSound ?? true {
                world.violate("bytes came behind request \(id ?? -1)")
            }
            return
        }
        if id == nil, parser.readHead() { begin() }
        if let fault = parser.fault { return violate("malformed: \(fault)") }
        guard id != nil, let message = parser.message else { return }
        if message.isComplete || parser.readBody() { requestCame() }
        if let fault = parser.fault { violate("malformed body: \(fault)") }
    }

    private func begin() {
        guard let message = parser.message, let id = message.value("x-id").flatMap({ Int($0) }) else {
            return violate("a head without a number")
        }
        self.id = id
        if message.third != "HTTP/1.1" { violate("version \(message.third)") }
        if !message.second.hasSuffix("/\(id)") || message.second.hasPrefix("/k/") { violate("path \(message.second)") }
        if message.value("x-hop") != nil { violate("a hop-by-hop field of request \(id) came through") }
        if message.value("via") == nil || message.value("host") == nil { violate("no Via or Host in request \(id)") }
        guard let number = journal.arrived(id, method: message.first) else { return }
        journal.active(id)
        exchanges += 1
        let plan = AnswerPlan(
            world: world, manners: server.manners, id: id, number: number, method: message.first,
            saysClose: message.value("connection") == "close", isReused: exchanges > 1)
        self.plan = plan
        journal.plan(id, number, plan.attempt)
        world.note("request", id, number)
        if exchanges > 1 { journal.count("reused") }
        if number > 0 { journal.count("retry") }
        if plan.isEarly {
            answer(after: plan.delay)
        } else if message.value("expect") != nil {
            output += Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
        }
    }

    private func requestCame() {
        guard !isRequestWhole, let id, let plan, let message = parser.message else { return }
        isRequestWhole = true
        let expected = Journal.content(of: id, attempt: -1, count: journal.requests[id].bodyCount)
        if message.body != expected { violate("another body of request \(id): \(message.body.count) bytes") }
        if !plan.isEarly { answer(after: plan.delay) }
        if hasBegun { pump() }
        if parser.waiting > 0 { world.violate("bytes came behind request \(id)") }
    }

    // MARK: Answering

    private func answer(after delay: UInt64) {
        let exchange = exchanges
        world.after(delay) { [self] in
            guard isOpen, exchange == exchanges, let plan, !plan.isNever else { return }
            hasBegun = true
            output += plan.bytes
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
        output = []
        sent = 0
        if hasBegun { answered() }
    }

    private func answered() {
        guard let plan else { return }
        switch plan.ending {
        case .closes where plan.bytes.isEmpty && exchanges > 1:
            let isIdempotent = !["POST", "PATCH"].contains(parser.message?.first)
            journal.count("\(isIdempotent ? "idempotent" : "other") request met a stale socket")
            return leave(reset: false)
        case .closes: return leave(reset: false)
        case .resets: return leave(reset: true)
        case .stalls: return
        case .goesOn: break
        }
        // An early answer is out; what is left of the body is read on.
        guard isRequestWhole else { return journal.count("early answer") }
        _ = parser.next()
        (id, self.plan, hasBegun, isRequestWhole) = (nil, nil, false, false)
        if world.chance(server.manners.closesIdle) {
            let exchange = exchanges
            world.after(world.number() % 50_000_000) { [self] in
                if exchange == exchanges { leave(reset: world.chance(300)) }
            }
        }
        process()
    }

    private func leave(reset: Bool) {
        guard isOpen else { return }
        isOpen = false
        if reset { end.reset() } else { end.close() }
        server.closed(self)
    }

    private func violate(_ what: String) {
        world.violate("upstream: \(what)")
        leave(reset: true)
    }
}
