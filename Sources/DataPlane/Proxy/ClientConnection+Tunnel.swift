import Control

/// Tunnels (RFC 9110, sections 7.8 and 9.3.6): after a 101, or a CONNECT that was granted, both sides say what they
/// like, and this connection carries it until both have ended.
///
/// Nothing more is read of a side before the other has taken what was read: each direction holds one block at most,
/// ``input`` from the client and ``response`` from the upstream, and none while nothing is in it.
extension ClientConnection {
    // Of a side that broke so many blocks are passed on that it had sent before.
    private static var lastWordsMax: Int { 8 }

    /// Whether a tunnel may come of the request: then neither side is told to close behind the answer.
    var asksForTunnel: Bool { exchange.method == .connect || !exchange.upgrades.isEmpty }

    /// Notes the protocols that the client may go on with, of those that it asks for.
    func noteUpgrades() {
        // Few ask, and the list of names costs the others nothing.
        guard proxy.requestHead.section.meaning.seen.contains(.upgradeField) else { return }
        exchange.upgrades = proxy.requestHead.upgrades(
            input.readable, among: exchange.setup.requestRules.upgrades)
    }

    /// Checks a CONNECT whose head was parsed; it has no content (RFC 9110, section 9.3.6).
    ///
    /// Unless it is granted it is the last request of its connection (RFC 9931): what its client sent behind it, in good
    /// hope, was never meant to be read as one.
    func checkConnect(_ framing: BodyFraming) throws(ExchangeFailure) {
        guard exchange.setup.forwardsConnect else { throw .connectUnsupported }
        guard framing == .none || framing == .length(0) else { throw .connectWithContent }
        exchange.keepAlive = false
    }

    /// Checks that a 101 switches to one protocol, which the client asked for (RFC 9110, section 7.8).
    func checkSwitch() throws(ExchangeFailure) {
        guard proxy.responseHead.versionMinor == 1,
            let switched = proxy.responseHead.switchedProtocol(
                response.readable, among: exchange.setup.responseRules.upgrades),
            !switched.isEmpty, exchange.upgrades.isSuperset(of: switched)
        else { throw .unaskedUpgrade }
    }

    /// Whether the head that was parsed last turns the connection into a tunnel.
    var opensTunnel: Bool { proxy.responseHead.status == 101 || proxy.responseHead.beginsTunnel }

    /// Relays the head that opens the tunnel, and then all that either side says, until it is over.
    ///
    /// - Parameter headLength: How many bytes of ``response`` the head is; what lies behind it belongs to the tunnel, as
    ///   does what lies in ``input``.
    /// - Returns: Whether the client's connection goes on as HTTP: never.
    nonisolated(nonsending) func serveTunnel(headLength: Int) async throws(ExchangeFailure) -> Bool {
        guard let upstream, let agent = exchange.agent else { throw .reset }
        try startTunnel(headLength: headLength, upstream)
        try await flushOutput()
        let end = await relayTunnel(upstream)
        response.removeAll()
        buffers.reclaim(&response)
        upstream.endsInOrder = !end.resetsUpstream
        finishUpstream(.close(end.reason), of: agent)
        // A client that may still send would be reset by a close, and could lose what it has not read yet.
        if !end.resetsClient, !socket.isHungUp { await linger() }
        loop.close(socket, reset: end.resetsClient)
        return false
    }

    // Counts the exchange, which is over as far as HTTP goes, and writes the head.
    private func startTunnel(headLength: Int, _ upstream: Socket) throws(ExchangeFailure) {
        // Whoever switches before it has the whole request cannot know what it switches for.
        guard let agent = exchange.agent, exchange.requestSent == request.count else { throw .unaskedUpgrade }
        exchange.status = proxy.responseHead.status
        exchange.keepAlive = false
        // What came along behind the request was meant for the tunnel.
        record?.fields.bytesFromClient &+= UInt64(input.count)
        // No request follows that a version would need to be told of.
        exchange.clientMinor = 1
        writeHead(framing: .asIs, keepAlive: true)
        response.consume(headLength)
        buffers.reclaim(&response)
        request.removeAll()
        buffers.reclaim(&request)
        exchange.requestSent = 0
        if exchange.mode == .normal, !upstream.isUnix {
            // A socket for a single request was opened without them.
            loop.kernel.setNoDelay(upstream.descriptor)
            loop.kernel.setKeepAlive(upstream.descriptor, idleSeconds: agent.keepAliveProbe)
        }
        agent.upstreamAnswered()
        countFirstByte(agent)
        countWhole(agent, after: loop.now.nanoseconds(since: exchange.began))
        countAnswer()
    }

    // MARK: Both directions

    private nonisolated(nonsending) func relayTunnel(_ upstream: Socket) async -> Tunnel.End {
        var tunnel = Tunnel()
        let timeout = exchange.setup.tunnelTimeout
        exchange.lastActivity = loop.now
        while true {
            if let end = pass(.upstream, upstream, &tunnel) ?? pass(.client, upstream, &tunnel) ?? tunnel.end {
                return end
            }
            if unbroken >= Self.unbrokenMax { await yieldToOthers() }
            let giveUpAt = exchange.lastActivity.advanced(nanoseconds: timeout)
            setDeadline(giveUpAt)
            let came = await until(
                tunnel.wanted(holdsClients: !input.isEmpty, holdsUpstreams: !response.isEmpty))
            if isCut { return Tunnel.End(.clientGone, resetsClient: true, resetsUpstream: true) }
            if let end = look(at: .upstream, upstream, &tunnel) ?? look(at: .client, upstream, &tunnel) { return end }
            if came == .deadline, loop.now >= giveUpAt {
                // Whoever took all that was for it is told in order, and whoever lacks something by a reset.
                return Tunnel.End(.timeout, resetsClient: !response.isEmpty, resetsUpstream: !input.isEmpty)
            }
        }
    }

    // Passes on a block of what `side` said; returns how the tunnel ended, if that ended it.
    private func pass(_ side: Tunnel.Side, _ upstream: Socket, _ tunnel: inout Tunnel) -> Tunnel.End? {
        guard !tunnel.isOver(side) else { return nil }
        switch passBlock(of: side, upstream) {
        case nil:
            return nil
        case .sourceBroke:
            return tunnel.broke(side)
        case .sinkBroke(let error):
            return broke(side.other, error, upstream, &tunnel)
        case .sourceEnded:
            // All that it said was sent before: more is received only when nothing of it is held.
            tunnel.ended(side)
            exchange.lastActivity = loop.now
            let (from, other) = side == .client ? (socket, upstream) : (upstream, socket)
            from.readiness.insert(.hangUp)
            loop.kernel.shutdownWrite(other.descriptor)
            return nil
        }
    }

    private func passBlock(of side: Tunnel.Side, _ upstream: Socket) -> Passage.Event? {
        let passage: Passage
        switch side {
        case .client:
            passage = loop.pass(from: socket, to: upstream, through: &input)
            counters.bytesReceived.add(UInt64(passage.received))
            record?.fields.bytesFromClient &+= UInt64(passage.received)
            if let agent = exchange.agent { countSent(passage.sent, to: upstream, of: agent) }
        case .upstream:
            passage = loop.pass(from: upstream, to: socket, through: &response)
            counters.bytesSent.add(UInt64(passage.sent))
            record?.fields.bytesToClient &+= UInt64(passage.sent)
            if passage.received > 0, let agent = exchange.agent {
                countReceived(passage.received, from: upstream, of: agent)
            }
        }
        if passage.received > 0 || passage.sent > 0 { exchange.lastActivity = loop.now }
        return passage.event
    }

    // MARK: Ends

    // Looks at `side` if it shows as broken: one that has ended both ways, in order, does too.
    private func look(at side: Tunnel.Side, _ upstream: Socket, _ tunnel: inout Tunnel) -> Tunnel.End? {
        let socket = side == .client ? socket : upstream
        guard socket.isBroken, tunnel.isFirstLook(at: side),
            let error = loop.kernel.pendingError(of: socket.descriptor)
        else { return nil }
        return broke(side, error, upstream, &tunnel)
    }

    // The connection of `side` broke; returns how that ended the tunnel, if it did.
    private func broke(
        _ side: Tunnel.Side, _ error: SystemError, _ upstream: Socket, _ tunnel: inout Tunnel
    ) -> Tunnel.End? {
        if error.isBrokenPipe {
            // It had ended in order and closed, as a peer does that is sent to afterwards: nobody takes what is said to
            // it, but what it said is whole, and is passed on as the other reads.
            tunnel.isDeaf(side)
            if side == .upstream { input.removeAll() } else { response.removeAll() }
            buffers.reclaim(&input)
            buffers.reclaim(&response)
            return nil
        }
        // What it said before, as far as goes at once: often the reason why it broke.
        for _ in 0..<Self.lastWordsMax where !tunnel.isOver(side) {
            if passBlock(of: side, upstream) != nil { break }
            if side == .client ? !input.isEmpty : !response.isEmpty { break }
        }
        return tunnel.broke(side)
    }
}
