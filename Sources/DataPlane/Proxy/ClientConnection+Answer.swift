import Control

/// One exchange, step by step.
extension ClientConnection {
    /// Forwards the request whose head was parsed, and relays the answer.
    ///
    /// - Returns: Whether the connection goes on.
    nonisolated(nonsending) func answer(headLength: Int) async -> Bool {
        do throws(ExchangeFailure) {
            begin(headLength: headLength)
            if isLastHop { return try await answerAsLastHop(headLength: headLength) }
            try prepare(headLength: headLength)
            try await leaseSocket()
            let length = try await receiveResponseHead()
            if opensTunnel { return try await serveTunnel(headLength: length) }
            let goesOn = try await relayResponse(headLength: length)
            return goesOn
        } catch {
            return await fail(error)
        }
    }

    /// Keeps what the exchange has to know of the request's head.
    private func begin(headLength: Int) {
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
    private func prepare(headLength: Int) throws(ExchangeFailure) {
        let setup = exchange.setup
        if exchange.method == .connect { try checkConnect(proxy.requestHead.framing) }
        loop.buffers.provide(&request)
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
        exchange.agent = destination.agent
        exchange.mode = destination.agent.drawMode()
        beginTrial(of: destination.agent)
        noteUpgrades()
        // So the upstream closes first, and the ports in TIME_WAIT are its, not this side's to run out of.
        if case .normal = exchange.mode { exchange.saysClose = !asksForTunnel }
        write(for: destination)
        input.consume(headLength)
        try readUpload()
        // A body that came along whole or in part leaves with the head, and can be sent again with it.
        let along = min(exchange.uploadReady, request.room)
        if along > 0 {
            request.append(input.readable.extracting(first: along))
            input.consume(along)
            exchange.uploadReady -= along
        }
        reclaimInput()
    }

    private func beginTrial(of agent: Agent<K>) {
        if trial !== agent.trial { trial = agent.trial }
        trial?.requests[exchange.mode.index].add()
    }

    private func write(for destination: Setup<K>.Destination) {
        let setup = exchange.setup
        let client = address
        let authority = destination.agent.authority
        let isTrusted = isTrusted
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

    /// Gets a socket from the agent, and sends the request on it.
    private nonisolated(nonsending) func leaseSocket() async throws(ExchangeFailure) {
        guard let agent = exchange.agent else { throw .noRoute }
        var lease = agent.lease(for: self, mode: exchange.mode)
        if case .wait(let ticket) = lease { lease = try await granted(ticket, by: agent) }
        switch lease {
        case .reuse(let id, let socket):
            // What must not be sent twice is not sent on a socket that was closed while free, and not heard of yet.
            if !exchange.method.isIdempotent, !loop.isDrained(socket) {
                try await open(agent.reopen(id, reason: .upstreamClosedIdle), by: agent)
                return
            }
            exchange.leased = id
            exchange.isReused = true
            attach(socket)
        case .open(let id):
            try await open(id, by: agent)
        case .refused, .wait:
            throw .queueFull
        }
    }

    /// Waits for the agent's grant; a client that leaves gives its place up.
    private nonisolated(nonsending) func granted(
        _ ticket: Ticket, by agent: Agent<K>
    ) async throws(ExchangeFailure) -> Agent<K>.Lease {
        let began = loop.now
        let giveUpAt = loop.after(agent.pendingTimeout)
        defer { record?.fields.waited = loop.now.nanoseconds(since: began) }
        while true {
            let reasons = await waitForExchange([.granted], until: giveUpAt)
            if let lease = grant {
                grant = nil
                return lease
            }
            if reasons.contains(.clientBroken) {
                agent.abandon(ticket)
                throw .clientGone
            }
            if loop.now >= giveUpAt {
                agent.abandon(ticket)
                throw .pendingTimeout
            }
        }
    }

    /// Opens a new socket in the place that was leased.
    nonisolated(nonsending) func open(_ id: SocketID, by agent: Agent<K>) async throws(ExchangeFailure) {
        exchange.isReused = false
        let began = loop.kernel.now()
        do throws(SystemError) {
            let streams = !exchange.upload.isComplete || exchange.uploadReady > 0
            let socket = try agent.connect(id, mode: exchange.mode, streams: streams)
            // Sending before the loop watches it saves a wake-up where connecting is instant, as on loopback.
            exchange.leased = nil
            attach(socket)
            sendRequest()
            try loop.watch(socket)
        } catch {
            exchange.leased = nil
            exchange.upstream = nil
            wait.unwatchSecond()
            agent.connectFailed(id, reason: .connectFailed)
            throw .connectFailed(error)
        }
        let giveUpAt = began.advanced(nanoseconds: agent.connectTimeout)
        while exchange.requestSent == 0 {
            let reasons = await waitForExchange([.upstreamWritable], until: giveUpAt)
            if let failure = connectFailure(reasons, giveUpAt: giveUpAt) {
                record?.fields.connect = loop.kernel.now().nanoseconds(since: began)
                exchange.upstream = nil
                wait.unwatchSecond()
                agent.connectFailed(id, reason: failure == .clientGone ? .clientGone : .connectFailed)
                throw failure
            }
            exchange.uploadError = nil
            sendRequest()
        }
        let took = loop.kernel.now().nanoseconds(since: began)
        agent.counters.connect.record(nanoseconds: took)
        trial?.connect[exchange.mode.index].record(nanoseconds: took)
        record?.fields.connect = took
        agent.connected(id)
        exchange.leased = id
    }

    private func connectFailure(_ reasons: Reasons, giveUpAt: Instant) -> ExchangeFailure? {
        guard let socket = exchange.upstream else { return .reset }
        if reasons.contains(.clientBroken) { return .clientGone }
        if exchange.isUploadBroken || socket.isBroken {
            let error = exchange.uploadError ?? loop.kernel.pendingError(of: socket.descriptor)
            return .connectFailed(error ?? .connectionReset)
        }
        if !socket.isWritable, loop.now >= giveUpAt { return .connectTimeout }
        return nil
    }

    private func attach(_ socket: Socket) {
        exchange.upstream = socket
        record?.fields.socket = socket.serial
        exchange.attachedAt = loop.now
        exchange.lastActivity = loop.now
        wait.watch(second: socket)
    }

    /// Gives the socket back to the agent, which decides what becomes of it.
    func finishUpstream(_ outcome: Pool.Outcome) {
        guard let agent = exchange.agent, let id = exchange.leased else { return }
        exchange.leased = nil
        exchange.upstream = nil
        wait.unwatchSecond()
        request.removeAll()
        loop.buffers.reclaim(&request)
        agent.finished(id, outcome)
    }
}
