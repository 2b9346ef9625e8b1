import Control

/// A client's connection and its life: receive a head, choose the agent, lease a socket, exchange, give it back.
///
/// What can be done at once is done in the event that allows it (``proceed(_:)``); where an exchange must wait for
/// anything but its usual next event, a task takes over (``serve(from:)``) until the connection is idle again. Both go
/// through the same steps, which stand in the extensions, a file each. It belongs to one loop.
final class ClientConnection<K: Kernel>: Wait {
    let proxy: ProxyLoop<K>
    let loop: Loop<K>
    /// The loop's; at hand here, since a request asks for it eight times.
    let buffers: BufferPool
    let socket: Socket
    /// The client's address as `X-Forwarded-For` has it.
    let address: [UInt8]
    /// What is counted of the clients of its listener.
    let counters: ListenerCounters
    /// Its place in the proxy's list of connections.
    var index = 0

    /// Bytes from the client that are not consumed yet; none are held while the connection is idle.
    var input = Buffer()
    /// Bytes for the client that are not sent yet.
    var output = Buffer()
    /// The request's head for the upstream, and as much of its body as came along: kept until the response begins.
    var request = Buffer()
    /// Bytes from the upstream that are not consumed yet.
    var response = Buffer()
    /// The exchange that is under way.
    var exchange: Exchange<K>
    /// The upstream's socket that the exchange has.
    var upstream: Socket? { second }
    /// What the agent granted while this connection waited.
    var grant: Agent<K>.Lease?
    var requestCount = 0
    /// Whether it waits for the first byte of a request.
    var isIdle = false
    /// What the request that is under way is measured for, if its agent's traffic is split.
    var trial: TrialRecorder?
    /// What the access log is told of the request that is under way, if it is on.
    var record: OpenRecord?
    /// The client has said that it sends no more; it may still read.
    var isHalfClosed = false
    /// The time of a stop is over: whatever is under way ends now.
    private(set) var isCut = false

    private var deadline: Deadlines.Slot?
    // Asked once for each configuration that the connection meets.
    private var trust: (setup: ObjectIdentifier, isTrusted: Bool)?

    /// A connection over `socket`, which the loop watches from its first wait on.
    init(_ socket: Socket, address: [UInt8], counters: ListenerCounters, proxy: ProxyLoop<K>) {
        self.proxy = proxy
        self.socket = socket
        self.address = address
        self.counters = counters
        loop = proxy.loop
        buffers = proxy.loop.buffers
        exchange = Exchange(setup: proxy.setup, began: loop.now)
        super.init()
        deadline = loop.addDeadline(for: self)
        watch(first: socket)
    }

    override func arrived(_ reasons: Reasons) { proceed(reasons) }

    /// Serves requests from `step` of the present one on, until the connection is idle or has ended.
    nonisolated(nonsending) func serve(from step: Step) async {
        var step = step
        while true {
            if case .head = step {
                switch await receiveHead() {
                case .head(let length): step = .request(headLength: length)
                case .idle: return
                case .end: step = .end
                }
            }
            if case .end = step { break }
            let goesOn = await answer(from: step)
            if record != nil { tellAccessLog() }
            step = goesOn ? .head : .end
            // A client that pipelines requests which need no wait must not keep the loop for itself.
            if goesOn, !input.isEmpty, requestCount.isMultiple(of: 8) { await yieldToOthers() }
        }
        if mayStillSend {
            await linger()
            loop.close(socket)
        }
        end()
    }

    /// The agent has something for the request that waits.
    func granted(_ lease: Agent<K>.Lease) {
        grant = lease
        if case .reuse(_, let socket) = lease { watch(second: socket) }
        // Not now, in the midst of the agent's work: it may ask the agent for more.
        if isAwaited { wake(.granted) } else { loop.wakeLater(self, .granted) }
    }

    /// The proxy stops: an idle connection ends now, a busy one after its answer.
    func stop() { wake(.stopping) }

    /// The proxy waits no longer: what is under way is reset, so that nobody takes for whole what is not.
    func cut() {
        isCut = true
        // To whatever waits, it is as if the client had reset the connection.
        socket.readiness.formUnion([.readable, .writable, .hangUp, .broken])
        socketChanged(socket)
    }

    /// Forgets a configuration that is no longer in force, with the agents that have left it, if no request needs it: an
    /// idle connection may stay so for long.
    func letGoWhileIdle() {
        guard isIdle, exchange.setup !== proxy.setup else { return }
        exchange.setup = proxy.setup
        exchange.agent = nil
    }

    /// Sets the one deadline of this connection.
    func setDeadline(_ instant: Instant) {
        forgetDeadline()
        if let deadline { loop.set(deadline, to: instant) }
    }

    /// Whether a configuration believes this client's forwarding fields.
    func isTrusted(by setup: Setup<K>) -> Bool {
        if setup.trustsAll { return true }
        let name = ObjectIdentifier(setup)
        if let trust, trust.setup == name { return trust.isTrusted }
        let isTrusted = setup.trusts(address)
        trust = (name, isTrusted)
        return isTrusted
    }

    /// Counts the request, which was answered.
    func countAnswer() {
        counters.responses[Int(min(max(exchange.status, 100), 599)) - 100].add()
        counters.duration.record(nanoseconds: loop.now.nanoseconds(since: exchange.began))
    }

    /// Whether closing now would reset a client that is still sending, and so lose what it was sent.
    var mayStillSend: Bool {
        socket.isOpen && !socket.isHungUp && exchange.status != 0
            && (endsUnasked || !input.isEmpty || socket.isReadable || !exchange.upload.isComplete)
    }

    // Whether the last answer ended a connection that its client may still use: a request may be on its way.
    private var endsUnasked: Bool { exchange.clientGoesOn && !exchange.keepAlive }

    /// The connection is over.
    func end() {
        loop.close(socket, reset: isCut)
        if let deadline { loop.removeDeadline(deadline) }
        deadline = nil
        output.removeAll()
        input.removeAll()
        buffers.reclaim(&input)
        buffers.reclaim(&output)
        proxy.ended(self)
    }
}

extension Reasons {
    static let clientReadable = Reasons(.readable, of: .first)
    static let clientWritable = Reasons(.writable, of: .first)
    static let clientHangUp = Reasons(.hangUp, of: .first)
    static let clientBroken = Reasons(.broken, of: .first)
    static let upstreamReadable = Reasons(.readable, of: .second)
    static let upstreamWritable = Reasons(.writable, of: .second)
    static let upstreamBroken = Reasons(.broken, of: .second)
}
