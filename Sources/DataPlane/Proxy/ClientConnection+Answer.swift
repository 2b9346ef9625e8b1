import Control

/// One exchange, step by step.
extension ClientConnection {
    /// Forwards the request and relays the answer, from `step` on.
    ///
    /// - Returns: Whether the connection goes on.
    nonisolated(nonsending) func answer(from step: Step) async -> Bool {
        do throws(ExchangeFailure) {
            switch step {
            case .head, .end, .response: break
            case .request(let headLength):
                begin(headLength: headLength)
                if isLastHop { return try await answerAsLastHop(headLength: headLength) }
                let agent = try prepare(headLength: headLength)
                try await sendRequest(from: leaseSocket(of: agent), agent)
            case .grant, .connect:
                guard let agent = exchange.agent else { throw .noRoute }
                try await sendRequest(from: step, agent)
            case .retry(let failure): try await retry(orThrow: failure)
            case .relay(let relay): return try await relayResponse(relay)
            case .failure(let failure): throw failure
            }
            let length = try await receiveResponseHead()
            if opensTunnel { return try await serveTunnel(headLength: length) }
            guard let agent = exchange.agent else { throw .reset }
            return try await relayResponse(startRelay(headLength: length, agent: agent))
        } catch {
            return await fail(error)
        }
    }

    /// Keeps what the exchange has to know of the request's head.
    func begin(headLength: Int) {
        requestCount += 1
        exchange.method = proxy.requestHead.method
        exchange.clientMinor = proxy.requestHead.versionMinor
        exchange.clientGoesOn = proxy.requestHead.keepAlive
        exchange.keepAlive =
            exchange.clientGoesOn && requestCount < exchange.setup.maxRequestsPerConnection
        exchange.upload = BodyReader(
            proxy.requestHead.framing, connection: proxy.requestHead.connectionNames(in: input))
        exchange.expectsContinue = proxy.requestHead.expectsContinue
        if let accessLog = proxy.accessLog { noteRequest(headLength: headLength, for: accessLog) }
    }

    /// Chooses the agent and writes the request as it goes upstream, with as much of the body as is there.
    func prepare(headLength: Int) throws(ExchangeFailure) -> Agent<K> {
        let setup = exchange.setup
        if exchange.method == .connect { try checkConnect(proxy.requestHead.framing) }
        buffers.provide(&request)
        request.removeAll()
        let destination: Setup<K>.Destination
        do throws(ExchangeFailure) {
            if proxy.requestHead.viaNames(setup.via, in: input) { throw .loop }
            destination = try setup.destination(of: proxy.requestHead, in: input)
            if destination.agent.isDraining {
                // Which counts what it refuses.
                exchange.agent = destination.agent
                exchange.mode = destination.agent.drawMode()
                throw .draining
            }
            if case .length(let size) = proxy.requestHead.framing, size > setup.maxBodySize { throw .bodyTooLarge }
        } catch {
            // The head is read all the same, so that the connection can go on behind it.
            input.consume(headLength)
            try readUpload()
            throw error
        }
        let agent = destination.agent
        exchange.agent = agent
        exchange.mode = agent.drawMode()
        beginTrial(of: agent)
        noteUpgrades()
        // So the upstream closes first, and the ports in TIME_WAIT are its, not this side's to run out of.
        if case .normal = exchange.mode { exchange.saysClose = !asksForTunnel }
        write(for: destination, setup)
        input.consume(headLength)
        try readUpload()
        // A small body that came along leaves with the head, and can be sent again with it.
        let along = exchange.uploadReady
        if along > 0, along <= min(ResponseRelay.copyMax, request.room) {
            request.append(input.readable.extracting(first: along))
            input.consume(along)
            exchange.uploadReady = 0
        }
        reclaimInput()
        return agent
    }

    private func beginTrial(of agent: Agent<K>) {
        if trial !== agent.trial { trial = agent.trial }
        trial?.requests[exchange.mode.index].add()
    }

    private func write(for destination: Setup<K>.Destination, _ setup: Setup<K>) {
        let client = address
        let authority = destination.agent.authority
        let isTrusted = isTrusted(by: setup)
        while !proxy.requestHead.write(
            input.readable, to: &request, rules: setup.requestRules, client: client.span.bytes,
            stripPrefix: destination.strip, defaultAuthority: authority.span.bytes,
            isLast: exchange.saysClose, isTrusted: isTrusted, passing: exchange.upgrades)
        {
            // Only a head near its limit is larger than a block with what is added to it.
            request.grow(to: request.capacity * 2)
        }
    }

    // MARK: The socket

    /// Asks the agent for a socket; a new one is connected and sent the request.
    ///
    /// - Returns: What comes next: `grant`, `connect` or `response`.
    func leaseSocket(of agent: Agent<K>) throws(ExchangeFailure) -> Step {
        let lease = agent.lease(for: self, mode: exchange.mode)
        guard case .wait(let ticket) = lease else { return try take(lease, of: agent) }
        exchange.ticket = ticket
        exchange.queuedAt = loop.now
        return .grant
    }

    /// Makes what was leased this exchange's own.
    ///
    /// - Returns: What comes next: `connect` or `response`.
    func take(_ lease: Agent<K>.Lease, of agent: Agent<K>) throws(ExchangeFailure) -> Step {
        switch lease {
        case .reuse(let id, let socket):
            // What must not be sent twice is not sent on a socket that was closed while free, and not heard of yet.
            if !exchange.method.isIdempotent, !loop.isDrained(socket) {
                return try open(agent.reopen(id, reason: .upstreamClosedIdle), by: agent)
            }
            exchange.leased = id
            exchange.isReused = true
            attach(socket)
            return .response
        case .open(let id):
            return try open(id, by: agent)
        case .refused, .wait:
            throw .queueFull
        }
    }

    /// What the agent granted to the request that waited, if it did.
    func takeGrant() -> Agent<K>.Lease? {
        guard let lease = grant else { return nil }
        grant = nil
        leaveQueue()
        return lease
    }

    /// When a request that waits for a socket of `agent` gives up.
    func grantDeadline(_ agent: Agent<K>) -> Instant {
        exchange.queuedAt.advanced(nanoseconds: agent.pendingTimeout)
    }

    private func leaveQueue() {
        exchange.ticket = nil
        record?.fields.waited = loop.now.nanoseconds(since: exchange.queuedAt)
    }

    /// Waits until the request is on its way.
    nonisolated(nonsending) func sendRequest(from step: Step, _ agent: Agent<K>) async throws(ExchangeFailure) {
        var step = step
        if case .grant = step { step = try take(try await granted(by: agent), of: agent) }
        if case .connect(let id) = step { try await finishConnecting(id, by: agent) }
    }

    /// Waits for the agent's grant; a client that leaves gives its place up.
    private nonisolated(nonsending) func granted(by agent: Agent<K>) async throws(ExchangeFailure) -> Agent<K>.Lease {
        let giveUpAt = grantDeadline(agent)
        var reasons: Reasons = []
        while true {
            if let lease = takeGrant() { return lease }
            let isGone = reasons.contains(.clientBroken)
            if isGone || loop.now >= giveUpAt {
                if let ticket = exchange.ticket { agent.abandon(ticket) }
                leaveQueue()
                throw isGone ? .clientGone : .pendingTimeout
            }
            reasons = await waitForExchange([.granted], until: giveUpAt)
        }
    }

    /// Begins to connect a new socket in the place that was leased, and sends the request if that goes at once.
    ///
    /// - Returns: What comes next: `connect` or `response`.
    func open(_ id: SocketID, by agent: Agent<K>) throws(ExchangeFailure) -> Step {
        exchange.isReused = false
        exchange.openedAt = loop.kernel.now()
        do throws(SystemError) {
            let streams = !exchange.upload.isComplete || exchange.uploadReady > 0
            let socket = try agent.connect(id, mode: exchange.mode, streams: streams)
            // Sending before the loop watches it saves a wake-up where connecting is instant, as on loopback.
            exchange.leased = nil
            attach(socket)
            sendRequest(agent)
            try loop.watch(socket)
        } catch {
            exchange.leased = nil
            unwatchSecond()
            agent.connectFailed(id, reason: .connectFailed)
            throw .connectFailed(error)
        }
        if exchange.requestSent == 0 { return .connect(id) }
        connected(id, by: agent)
        return .response
    }

    private nonisolated(nonsending) func finishConnecting(
        _ id: SocketID, by agent: Agent<K>
    ) async throws(ExchangeFailure) {
        let giveUpAt = exchange.openedAt.advanced(nanoseconds: agent.connectTimeout)
        while exchange.requestSent == 0 {
            let reasons = await waitForExchange([.upstreamWritable], until: giveUpAt)
            if let failure = connectFailure(reasons, giveUpAt: giveUpAt) {
                record?.fields.connect = loop.kernel.now().nanoseconds(since: exchange.openedAt)
                unwatchSecond()
                agent.connectFailed(id, reason: failure == .clientGone ? .clientGone : .connectFailed)
                throw failure
            }
            exchange.uploadError = nil
            sendRequest(agent)
        }
        connected(id, by: agent)
    }

    private func connected(_ id: SocketID, by agent: Agent<K>) {
        let took = loop.kernel.now().nanoseconds(since: exchange.openedAt)
        agent.counters.connect.record(nanoseconds: took)
        trial?.connect[exchange.mode.index].record(nanoseconds: took)
        record?.fields.connect = took
        agent.connected(id)
        exchange.leased = id
    }

    private func connectFailure(_ reasons: Reasons, giveUpAt: Instant) -> ExchangeFailure? {
        guard let socket = upstream else { return .reset }
        if reasons.contains(.clientBroken) { return .clientGone }
        if exchange.isUploadBroken || socket.isBroken {
            let error = exchange.uploadError ?? loop.kernel.pendingError(of: socket.descriptor)
            return .connectFailed(error ?? .connectionReset)
        }
        if !socket.isWritable, loop.now >= giveUpAt { return .connectTimeout }
        return nil
    }

    private func attach(_ socket: Socket) {
        record?.fields.socket = socket.serial
        exchange.attachedAt = loop.now
        exchange.lastActivity = loop.now
        watch(second: socket)
    }

    /// Gives the socket back to the agent, which decides what becomes of it.
    func finishUpstream(_ outcome: Pool.Outcome, of agent: Agent<K>) {
        guard let id = exchange.leased else { return }
        exchange.leased = nil
        unwatchSecond()
        request.removeAll()
        buffers.reclaim(&request)
        agent.finished(id, outcome)
    }
}
