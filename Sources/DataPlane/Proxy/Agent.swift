import Control

/// One agent on one loop: its pool, the sockets that the pool speaks of, and the requests that wait.
///
/// The pool decides; this carries out its actions. It watches the free sockets, which no task does.
final class Agent<K: Kernel>: Watcher {
    let id: AgentID
    let name: String
    let loop: Loop<K>
    private let number: Int
    let counters: AgentCounters
    /// Whether it is to refuse new requests.
    private(set) var isDraining: Bool
    /// Whether it has left the configuration, so that no new requests come.
    private(set) var isLeaving = false
    /// The upstream's host and port, for requests that name none.
    private(set) var authority: [UInt8] = []
    /// How this agent's sockets and permits reach other loops.
    private let post: (_ loop: Int, _ message: AgentMessage) -> Void
    private let ledger: AgentLedger
    private var pool: Pool
    private var address: ResolvedAddress
    private var era: UInt64
    // Parallel to the pool's slots.
    private var sockets: [Socket?] = []
    private var waiting: [UInt64: ClientConnection<K>] = [:]
    private var tickets: UInt64
    private var deadline: Deadlines.Slot?
    private(set) var patienceTimer: ClosingTimer?
    private(set) var lastCallTimer: ClosingTimer?
    private(set) var timeout: UInt64 = 0
    private(set) var connectTimeout: UInt64 = 0
    private(set) var pendingTimeout: UInt64 = 0
    private(set) var keepAliveProbe: Int32 = 1
    private(set) var mayRetry = true
    private var draw: ModeDraw
    /// What is measured while the agent's traffic is split between the modes.
    private(set) var trial: TrialRecorder?

    /// The agent of `blueprint` on loop number `number`.
    init(_ blueprint: Blueprint.Agent, loop: Loop<K>, number: Int, post: @escaping (Int, AgentMessage) -> Void) {
        id = blueprint.id
        name = blueprint.name
        isDraining = blueprint.isDraining
        self.loop = loop
        self.post = post
        address = blueprint.address
        era = blueprint.era
        ledger = blueprint.ledger
        counters = ledger.counters[number]
        pool = Pool(ledger: ledger, loop: number, settings: blueprint.settings)
        draw = ModeDraw(blueprint.settings, seed: loop.kernel.seed())
        trial = blueprint.trial?.recorders[number]
        self.number = number
        tickets = UInt64(number) << 48
        super.init()
        deadline = loop.addDeadline(for: self)
        patienceTimer = closingTimer(isLastCall: false)
        lastCallTimer = closingTimer(isLastCall: true)
        ledger.joined()
        // Not only for the settings: requests may wait on other loops already, which told this one when it was not here.
        apply(blueprint)
    }

    private func closingTimer(isLastCall: Bool) -> ClosingTimer {
        let timer = ClosingTimer(self, isLastCall: isLastCall)
        timer.slot = loop.addDeadline(for: timer)
        return timer
    }

    /// Puts what changed in force, for requests whose mode is drawn from now on.
    func apply(_ blueprint: Blueprint.Agent) {
        address = blueprint.address
        isDraining = blueprint.isDraining
        draw = draw.changed(to: blueprint.settings)
        trial = blueprint.trial?.recorders[number]
        adopt(blueprint.settings)
        if blueprint.era != era {
            era = blueprint.era
            pool.closeFree(reason: .upstreamRemoved, now: loop.now)
        }
        pool.apply(blueprint.settings, closing: isDraining ? .drain : nil, now: loop.now)
        carryOut()
    }

    /// The agent has left the configuration: the requests that have it are served, and ``AgentMessage/over`` comes when
    /// all of them are on every loop.
    func leave() {
        isLeaving = true
        ledger.left()
        pool.apply(pool.settings, closing: .upstreamRemoved, now: loop.now)
        carryOut()
    }

    /// Lets the loop forget it; nothing of it is left.
    func end() {
        if let deadline { loop.removeDeadline(deadline) }
        deadline = nil
        patienceTimer?.end()
        lastCallTimer?.end()
    }

    private func adopt(_ settings: AgentSettings) {
        authority = Array(settings.upstream.authority.utf8)
        timeout = settings.timeout.wholeNanoseconds
        connectTimeout = settings.connectTimeout.wholeNanoseconds
        pendingTimeout = settings.pendingTimeout.wholeNanoseconds
        keepAliveProbe = Int32(clamping: Int64(settings.keepAliveProbe.seconds))
        mayRetry = settings.retry
    }

    // MARK: Requests

    /// The mode of a new request, for all its life.
    func drawMode() -> AgentMode { draw.next() }

    /// What a request that wants a socket got.
    enum Lease {
        case reuse(SocketID, Socket)
        case open(SocketID)
        case wait(Ticket)
        case refused
    }

    /// A socket for `connection`'s request in its mode: at once, or by ``ClientConnection/granted(_:)`` later.
    func lease(for connection: ClientConnection<K>, mode: AgentMode) -> Lease {
        let ticket = Ticket(rawValue: tickets)
        let lease = pool.lease(for: ticket, mode: mode, now: loop.now)
        if lease == .wait {
            tickets += 1
            waiting[ticket.rawValue] = connection
        }
        if !pool.actions.isEmpty { carryOut() }
        switch lease {
        case .reuse(let id): return .reuse(id, socket(id))
        case .open(let id): return .open(id)
        case .refused: return .refused
        case .wait: return .wait(ticket)
        }
    }

    /// The request of `ticket` waits no more. Nothing was granted to it yet.
    func abandon(_ ticket: Ticket) {
        waiting[ticket.rawValue] = nil
        _ = pool.abandoned(ticket, now: loop.now)
        carryOut()
    }

    /// Begins to connect for an `.open` lease; the caller sends, then has the loop watch the socket.
    ///
    /// - Parameters:
    ///   - mode: That of the request, which decides whether it may be kept.
    ///   - streams: Whether more than one send is to be expected.
    func connect(_ id: SocketID, mode: AgentMode, streams: Bool) throws(SystemError) -> Socket {
        let socket = try loop.connect(to: address)
        socket.serial = pool.serial(of: id)
        socket.isUnix = address.isUnix
        socket.era = era
        socket.tag = Self.tag(id)
        place(socket, id)
        // A socket for one request that goes in one send has no use for either.
        if mode == .keepalive || streams, !address.isUnix { loop.kernel.setNoDelay(socket.descriptor) }
        if mode == .keepalive, !address.isUnix {
            loop.kernel.setKeepAlive(socket.descriptor, idleSeconds: keepAliveProbe)
        }
        return socket
    }

    /// The socket of an `.open` lease is connected.
    func connected(_ id: SocketID) { pool.connected(id, now: loop.now) }

    /// The socket of an `.open` lease did not connect, or is not wanted any more.
    func connectFailed(_ id: SocketID, reason: CloseReason) {
        pool.connectFailed(id, reason: reason, now: loop.now)
        carryOut()
    }

    /// The socket of a `.reuse` lease was stale: closes it, and returns a place for a new one.
    ///
    /// With a reset: an upstream that only ended its sending must not work on what it was sent, which it gets again.
    func reopen(_ id: SocketID, reason: CloseReason) -> SocketID {
        if let socket = take(id) { loop.close(socket, reset: true) }
        return pool.reopen(id, reason: reason, now: loop.now)
    }

    /// The request is done with its socket.
    func finished(_ id: SocketID, _ outcome: Pool.Outcome) {
        var outcome = outcome
        if case .reusable = outcome {
            let socket = socket(id)
            socket.watcher = self
            if socket.era != era { outcome = .close(.upstreamRemoved) }
        }
        pool.finished(id, outcome: outcome, now: loop.now)
        if !pool.actions.isEmpty { carryOut() } else { scheduleSweep() }
    }

    // MARK: Free sockets

    override func socketChanged(_ socket: Socket) {
        guard socket.isReadable else { return }
        let id = Self.id(socket.tag)
        if socket.isClosing {
            guard socket.isHungUp else { return }
            closeLast(id, socket)
            return carryOut()
        }
        // Told of bytes that a receive has taken since: io_uring reports what was so, epoll what is.
        if !socket.isHungUp, loop.isDrained(socket) { return }
        // Bytes that no request asked for, or the end.
        let reason: CloseReason =
            if socket.isBroken { .reset } else if socket.isHungUp { .upstreamClosedIdle } else { .protocolError }
        pool.closedWhileFree(id, reason: reason, now: loop.now)
        carryOut()
    }

    override func deadlinePassed() {
        sweepAt = .never
        pool.sweep(now: loop.now)
        carryOut()
    }

    /// Closes the free sockets; returns how many there were.
    @discardableResult
    func closeFree(_ reason: CloseReason) -> Int {
        let count = pool.freeCount
        pool.closeFree(reason: reason, now: loop.now)
        carryOut()
        return count
    }

    /// Closes the socket of number `serial` for the operator, at once or after its request; returns whether it is here.
    func close(serial: UInt64) -> Bool {
        let isHere = pool.condemn(serial: serial, now: loop.now)
        carryOut()
        return isHere
    }

    /// The upstream answered a request.
    func upstreamAnswered() { ledger.upstreamAnswered() }

    /// The upstream could not be connected to, or let a request time out.
    func upstreamFailed() { ledger.upstreamFailed(now: loop.now) }

    /// The open sockets, for people.
    func snapshots(thread: Int) -> [SocketSnapshot] {
        let now = loop.now
        return pool.sockets.compactMap { record in
            let state: SocketSnapshot.State
            switch record.state {
            case .connecting: state = .connecting
            case .active: state = .active
            case .free: state = .free
            case .closing, .vacant: return nil
            }
            let socket = held(record.id)
            return SocketSnapshot(
                id: record.serial, state: state,
                localPort: socket.flatMap { loop.kernel.localAddress(of: $0.descriptor)?.port } ?? 0,
                age: Double(now.nanoseconds(since: record.createdAt)) / 1e9,
                idle: record.freeSince.map { Double(now.nanoseconds(since: $0)) / 1e9 },
                requests: record.requests, bytesReceived: socket?.bytesReceived ?? 0,
                bytesSent: socket?.bytesSent ?? 0, thread: thread)
        }
    }

    // MARK: Other loops

    /// Takes what another loop sent.
    func receive(_ message: AgentMessage) {
        switch message {
        case .alert:
            pool.alerted(now: loop.now)
        case .permit(let ticket):
            pool.permitArrived(ticket, now: loop.now)
        case .over:
            preconditionFailure("the loop lets go of an agent that is over")
        case .socket(let handover, let descriptor, let era, let bytesReceived, let bytesSent):
            let id = pool.arrived(handover, now: loop.now)
            let socket = Socket(descriptor, readiness: .writable)
            socket.era = era
            socket.serial = handover.serial
            socket.bytesReceived = bytesReceived
            socket.bytesSent = bytesSent
            socket.tag = Self.tag(id)
            socket.watcher = self
            place(socket, id)
            // What happened to it on the way shows as an event right after this. A failure (no memory) shows as well:
            // no event comes, and the request runs into its time-out.
            try? loop.watch(socket)
        }
        carryOut()
    }

    // MARK: Actions

    func carryOut() {
        // Running an action may append more; the index walks on over those too.
        var next = 0
        while next < pool.actions.count {
            let action = pool.actions[next]
            next += 1
            switch action {
            case .close(let id, let reason):
                close(id, reason)
            case .grant(let ticket, let grant):
                let connection = waiting.removeValue(forKey: ticket.rawValue)
                switch grant {
                case .reuse(let id): connection?.granted(.reuse(id, socket(id)))
                case .open(let id): connection?.granted(.open(id))
                }
            case .handOver(let id, let handover):
                guard let socket = take(id) else {
                    preconditionFailure("a socket without a descriptor was handed over")
                }
                loop.release(socket)
                post(
                    handover.loop,
                    .socket(
                        handover, socket.descriptor, era: socket.era, bytesReceived: socket.bytesReceived,
                        bytesSent: socket.bytesSent))
            case .sendPermit(let loop, let ticket):
                post(loop, .permit(ticket))
            case .alert(let loop):
                post(loop, .alert)
            }
        }
        pool.actions.removeAll(keepingCapacity: true)
        scheduleSweep()
        // This loop hears of it as the others do, when nothing of the agent is at work.
        if isLeaving, ledger.isOver { for loop in ledger.counters.indices { post(loop, .over) } }
    }

    private var sweepAt = Instant.never

    private func scheduleSweep() {
        let next = pool.nextDeadline
        guard next != sweepAt, let deadline else { return }
        sweepAt = next
        loop.set(deadline, to: next)
    }

    private func place(_ socket: Socket, _ id: SocketID) {
        while sockets.count <= Int(id.slot) { sockets.append(nil) }
        sockets[Int(id.slot)] = socket
    }

    /// The socket in the slot of `id`, if there is one.
    func held(_ id: SocketID) -> Socket? { Int(id.slot) < sockets.count ? sockets[Int(id.slot)] : nil }

    /// The descriptor of `id` is closed.
    func closed(_ id: SocketID) {
        _ = take(id)
        pool.closed(id, now: loop.now)
    }

    /// What a socket is tagged with.
    static func tag(_ id: SocketID) -> UInt64 { UInt64(id.generation) << 32 | UInt64(UInt32(bitPattern: id.slot)) }

    private static func id(_ tag: UInt64) -> SocketID {
        SocketID(
            slot: Int32(truncatingIfNeeded: tag & 0xFFFF_FFFF), generation: UInt32(truncatingIfNeeded: tag >> 32))
    }

    private func take(_ id: SocketID) -> Socket? {
        guard Int(id.slot) < sockets.count else { return nil }
        defer { sockets[Int(id.slot)] = nil }
        return sockets[Int(id.slot)]
    }

    private func socket(_ id: SocketID) -> Socket {
        guard let socket = sockets[Int(id.slot)] else { preconditionFailure("a leased socket has no descriptor") }
        return socket
    }
}

/// What one loop's part of an agent tells another's.
enum AgentMessage: Sendable {
    /// A request waits somewhere.
    case alert
    /// The agent has left the configuration and nothing of it is left on any loop.
    case over
    /// A place for a new socket, for the request of the ticket.
    case permit(Ticket)
    /// A connected socket with what it has received and sent so far.
    case socket(Handover, Descriptor, era: UInt64, bytesReceived: UInt64, bytesSent: UInt64)
}
