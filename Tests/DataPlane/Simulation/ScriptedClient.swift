import Glibc

/// A client that makes several connections, one after the other.
final class ScriptedClient {
    let world: SimulatedWorld
    let journal: Journal
    let deployment: SimulatedDeployment
    let manners: ClientManners
    let prefixes: [String]
    /// The longest that a request may take behind the last thing that happened to it, in nanoseconds.
    var answerWithin: () -> UInt64 = { .max }
    /// Hears of each request that did not get its upstream's answer.
    var onProblem: ((String) -> Void)?
    private(set) var isDone = false
    private var connection: ScriptedConnection?
    private var left: Int

    init(deployment: SimulatedDeployment, journal: Journal, manners: ClientManners, prefixes: [String]) {
        self.deployment = deployment
        self.journal = journal
        self.manners = manners
        self.prefixes = prefixes
        world = deployment.world
        left = world.pick(1...manners.connectionsMax)
    }

    /// Begins after a while of chance.
    func start() {
        world.after(think()) { [self] in connectNext() }
    }

    /// The present connection has ended.
    func ended() {
        connection = nil
        world.after(think()) { [self] in connectNext() }
    }

    /// The proxy answered a request itself.
    func sawProblem(_ status: String, of id: Int, _ text: String) { onProblem?("\(status) for \(id): \(text)") }

    /// The connection ended before the answer to a request.
    func wasCut(_ id: Int) { onProblem?("request \(id) was cut") }

    func think() -> UInt64 { manners.thinkMax == 0 ? 0 : world.number() % manners.thinkMax }

    private func connectNext() {
        guard left > 0, !deployment.isStopped else {
            isDone = true
            return
        }
        left -= 1
        let connection = ScriptedConnection(self)
        self.connection = connection
        connection.open()
    }
}

/// One connection of a client.
final class ScriptedConnection: EndObserver {
    private unowned let client: ScriptedClient
    private let world: SimulatedWorld
    private let journal: Journal
    private let manners: ClientManners
    private var end: SimulatedEnd?
    private var isOpen = true
    private var plans: [RequestPlan] = []
    private var next = 0
    private var answered = 0
    private let depth: Int
    private var parser = MessageParser(isRequest: false)
    // Sending.
    private var output: [UInt8] = []
    private var sent = 0
    private var isPausing = false
    private var isThinking = false
    private var heldBody: [UInt8]?
    private var stallsAt = Int.max
    private var totalSent = 0
    private let pieceMax: Int
    private var halfCloses = false
    private var lastSent: UInt64 = 0
    // Reading.
    private var readMax = Int.max
    private var readPause: UInt64 = 0
    private var isReadPausing = false
    private var stopsReadingAt = Int.max
    private var totalRead = 0
    // A client with none of these habits may expect its answer in time.
    private var isPrompt = true
    private var isClosing = false
    // A proxy that did not get the whole head of a HEAD request cannot know that its error may have no body.
    private var isUnreadable = false

    init(_ client: ScriptedClient) {
        self.client = client
        world = client.world
        journal = client.journal
        manners = client.manners
        let isOld = world.chance(manners.old)
        let isPipelining = !isOld && world.chance(manners.pipelines)
        depth = isPipelining ? world.pick(2...4) : 1
        pieceMax = world.chance(manners.tinyPieces) ? world.pick(1...world.among([2, 50])) : .max
        for _ in 0..<world.pick(1...manners.requestsMax) {
            plans.append(
                RequestPlan(
                    world: world, journal: journal, manners: manners, prefixes: client.prefixes, isOld: isOld))
            if plans[plans.count - 1].saysClose { break }
        }
        if isPipelining || pieceMax < .max { isPrompt = false }
        chooseHabits()
    }

    private func chooseHabits() {
        let total = plans.reduce(0) { $0 + $1.head.count + $1.body.count }
        if world.chance(manners.stalls) {
            stallsAt = world.pick(0...total)
            isPrompt = false
        }
        if world.chance(manners.stopsReading) {
            stopsReadingAt = world.pick(0...world.among([1, 500, 20_000]))
            isPrompt = false
        } else if world.chance(manners.readsSlowly) {
            readMax = world.pick(100...20_000)
            readPause = world.number() % 3_000_000
            isPrompt = false
        }
        halfCloses = world.chance(manners.halfCloses)
    }

    func open() {
        let end = client.deployment.connect(self)
        self.end = end
        world.note("client", end.number, plans.count)
        if world.chance(manners.leaves) {
            world.after(world.number() % UInt64(world.among([100_000, 5_000_000, 200_000_000]))) { [self] in
                leave(reset: world.chance(500))
            }
        }
        // Whatever its habits, the proxy's own time-outs end a connection long before this.
        world.after(120_000_000_000) { [self] in
            guard isOpen else { return }
            if !client.deployment.isStopped { world.violate("a client's connection is still open after two minutes") }
            leave(reset: true)
        }
        pump()
    }

    func changed(_ end: SimulatedEnd) {
        guard isOpen else { return }
        read()
        if isOpen { pump() }
    }

    // MARK: Sending

    private func pump() {
        guard isOpen, let end, !end.isReset, !isPausing else { return }
        compose()
        while sent < output.count {
            // Small pieces of a long body take long and show nothing new.
            let most = sent < 400 ? pieceMax : .max
            let piece = min(most, output.count - sent, stallsAt - totalSent)
            guard piece > 0 else { return }
            let count = output.withUnsafeBytes { bytes in
                end.send(UnsafeRawBufferPointer(rebasing: bytes[sent..<sent + piece]))
            }
            guard count > 0 else { return }
            sent += count
            totalSent += count
            lastSent = world.now
            if sent == output.count {
                output = []
                sent = 0
                compose()
            }
            if most < .max {
                isPausing = true
                return world.after(world.number() % 20_000) { [self] in
                    isPausing = false
                    pump()
                }
            }
        }
        if halfCloses, next == plans.count, heldBody == nil, stallsAt == .max { end.shutdownWrite() }
    }

    // Makes the next requests ready as far as they may go out.
    private func compose() {
        guard output.isEmpty, heldBody == nil, !isThinking, !isClosing else { return }
        while next < plans.count, next - answered < depth {
            let plan = plans[next]
            next += 1
            journal.sent += 1
            output += plan.head
            guard plan.expects else {
                output += plan.body
                continue
            }
            heldBody = plan.body
            let index = next
            return world.after(30_000_000) { [self] in
                if index == next { sendHeldBody() }
            }
        }
    }

    private func sendHeldBody() {
        guard let body = heldBody, isOpen else { return }
        heldBody = nil
        output += body
        pump()
    }

    // MARK: Reading

    private func read() {
        guard let end, !isReadPausing else { return }
        while isOpen, end.readableCount > 0, totalRead < stopsReadingAt {
            let piece = end.takeAll(most: min(readMax, stopsReadingAt - totalRead))
            totalRead += piece.count
            parser.feed(piece)
            parse()
            if readPause > 0, isOpen {
                isReadPausing = true
                return world.after(readPause) { [self] in
                    isReadPausing = false
                    read()
                }
            }
        }
        guard isOpen, end.hasEnded || end.isReset else { return }
        if end.hasEnded, !end.isReset, end.readableCount == 0 {
            parser.end()
            finishAnswer()
        }
        if isOpen { cut() }
    }

    private func parse() {
        while isOpen, answered < plans.count, !isUnreadable {
            _ = parser.readHead(isBodiless: plans[answered].method == "HEAD")
            if let fault = parser.fault { return violate("a malformed answer: \(fault)") }
            guard let message = parser.message else { return }
            if message.second.hasPrefix("1") {
                if plans[answered].isOld { violate("an interim answer to HTTP/1.0") }
                _ = parser.next()
                sendHeldBody()
                continue
            }
            _ = parser.readBody()
            if let fault = parser.fault { return violate("a malformed body: \(fault)") }
            guard finishAnswer() else { return }
        }
        if parser.waiting > 0, isOpen, !isUnreadable {
            violate(
                "bytes that belong to no request: \(String(decoding: parser.rest.suffix(parser.waiting).prefix(60), as: UTF8.self))"
            )
        }
    }

    @discardableResult
    private func finishAnswer() -> Bool {
        guard let message = parser.message, message.isComplete, answered < next else {
            if parser.message?.isComplete ?? false { violate("an answer before its request") }
            return false
        }
        _ = parser.next()
        check(message, of: plans[answered])
        let isLast = message.value("connection") == "close" || plans[answered].saysClose
        answered += 1
        guard isOpen else { return true }
        if isLast { isClosing = true }
        if message.second == "408", plans[answered - 1].method == "HEAD" { isUnreadable = true }
        if answered < plans.count, !isLast {
            isThinking = true
            world.after(client.think()) { [self] in
                isThinking = false
                pump()
            }
        } else if !isLast, !world.chance(manners.lingers) {
            leave(reset: world.chance(100))
        }
        return true
    }

    // MARK: Checking

    private func check(_ message: MessageParser.Message, of plan: RequestPlan) {
        world.note("answer", plan.id, message.body.count)
        checkTime(of: plan)
        if plan.isOld, message.framing == .chunked { violate("a chunked answer to HTTP/1.0") }
        guard let id = message.value("x-id") else { return checkProblem(message, of: plan) }
        guard id == "\(plan.id)", let number = message.value("x-attempt").flatMap({ Int($0) }),
            journal.requests[plan.id].attempts.indices.contains(number)
        else { return violate("request \(plan.id) got the answer of \(id)") }
        let attempt = journal.requests[plan.id].attempts[number]
        if !attempt.mayComplete { violate("a cut answer to request \(plan.id) looks whole") }
        if message.second != "\(attempt.status)" { violate("status \(message.second), not \(attempt.status)") }
        let expected = Journal.content(of: plan.id, attempt: number, count: attempt.bodyCount)
        if message.body != expected {
            violate("answer \(plan.id) has \(message.body.count) bytes, not the \(expected.count) sent")
        }
        journal.whole += 1
    }

    private func checkProblem(_ message: MessageParser.Message, of plan: RequestPlan) {
        journal.problems += 1
        journal.count(message.second)
        let text = String(decoding: message.body, as: UTF8.self)
        let isProblem =
            message.value("content-type") == "application/problem+json" && message.value("date") != nil
            && (plan.method == "HEAD"
                || text.hasPrefix("{\"type\":\"urn:sluice:problem:")
                    && text.hasSuffix("}\n") && text.contains("\"status\":\(message.second),"))
        if !isProblem { violate("an answer of unknown origin: \(message.second) \(text.prefix(80))") }
        if message.second == "503", message.value("retry-after") == nil { violate("a 503 without Retry-After") }
        world.note("problem", Int(message.second) ?? 0, plan.id)
        client.sawProblem(message.second, of: plan.id, text)
    }

    private func checkTime(of plan: RequestPlan) {
        guard isPrompt, !plan.expects, output.isEmpty else { return }
        let last = max(lastSent, journal.requests[plan.id].lastActivity)
        let bound = client.answerWithin()
        if world.now - last > bound { violate("request \(plan.id) waited for \((world.now - last) / 1_000_000) ms") }
    }

    // MARK: Ending

    private func cut() {
        if let message = parser.message, message.second != "" {
            let number = message.value("x-attempt").flatMap { Int($0) } ?? -1
            let id = plans[min(answered, plans.count - 1)].id
            if number >= 0 {
                let expected = Journal.content(of: id, attempt: number, count: message.body.count)
                if message.body != expected { violate("the part of an answer to request \(id) is another's") }
            }
        }
        journal.cut += max(0, next - answered)
        if parser.message != nil { journal.count("cut answer") }
        if next > answered { client.wasCut(plans[answered].id) }
        leave(reset: false)
    }

    private func leave(reset: Bool) {
        guard isOpen else { return }
        isOpen = false
        if reset { end?.reset() } else { end?.close() }
        client.ended()
    }

    private func violate(_ what: String) {
        world.violate("client: \(what)")
        leave(reset: true)
    }
}
