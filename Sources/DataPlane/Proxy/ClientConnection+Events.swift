import Control

/// The usual exchange, served by events alone.
///
/// Each event that was expected takes the exchange to its next wait in one go, by the same steps that a task takes
/// (``answer(from:)``). What is not usual (a head in pieces, a body that is still to come, a full socket, a client that
/// leaves, any failure) starts a task at the step that was reached. So most connections never have one. Measured: 16,400
/// instructions a request with a task for each connection, 11,000 without; an idle connection holds a quarter as much.
extension ClientConnection {
    private static var exchangeReasons: Reasons { [.deadline, .clientBroken, .clientHangUp] }

    /// The loop has accepted the connection; its first request may be here.
    func accepted() { receiveRequest() }

    /// What was expected has come.
    ///
    /// Reached through a method table, whose entries the compiler does not specialize for the kernel by itself: without
    /// this line each request took 1,890 instructions more, for looking types up.
    @_specialize(where K == SystemKernel)
    func proceed(_ reasons: Reasons) {
        if isIdle {
            isIdle = false
            if socket.isReadable, !isCut {
                receiveRequest()
            } else if reasons.contains(.clientReadable) {
                start(.head)
            } else {
                end()
            }
        } else if exchange.ticket != nil {
            if reasons == .granted { useGrant() } else { start(.grant) }
        } else {
            if reasons == .upstreamReadable { receiveAnswer() } else { start(.response) }
        }
    }

    private func start(_ step: Step) { proxy.startTask(for: self, at: step) }

    // MARK: The request

    private func receiveRequest() {
        makeRoom()
        switch loop.receive(socket, into: &input) {
        case .moved(0): return rest()
        case .moved(let count):
            counters.bytesReceived.add(UInt64(count))
            begin()
        case .end, .failed: return end()
        }
        guard let length = try? proxy.requestHead.parse(input.readable, limits: exchange.setup.limits) else {
            return start(.head)
        }
        if isLastHop { return start(.head) }
        begin(headLength: length)
        do throws(ExchangeFailure) {
            let agent = try prepare(headLength: length)
            goOn(at: try leaseSocket(of: agent), agent)
        } catch {
            start(.failure(error))
        }
    }

    private func goOn(at step: Step, _ agent: Agent<K>) {
        switch step {
        case .grant: expectGrant(agent)
        case .response:
            sendRequest(agent)
            expectAnswer(agent)
        default: start(step)
        }
    }

    private func expectGrant(_ agent: Agent<K>) {
        guard !isHalfClosed else { return start(.grant) }
        if grant != nil { return useGrant() }
        setDeadline(grantDeadline(agent))
        if !expect(Self.exchangeReasons.union(.granted)).isEmpty { start(.grant) }
    }

    private func useGrant() {
        guard let agent = exchange.agent, let lease = takeGrant() else { return start(.grant) }
        do throws(ExchangeFailure) {
            goOn(at: try take(lease, of: agent), agent)
        } catch {
            start(.failure(error))
        }
    }

    // MARK: The answer

    private func expectAnswer(_ agent: Agent<K>) {
        guard isRequestSent, !isHalfClosed else { return start(.response) }
        setDeadline(exchange.lastActivity.advanced(nanoseconds: agent.timeout))
        if !expect(Self.exchangeReasons.union(.upstreamReadable)).isEmpty { start(.response) }
    }

    private func receiveAnswer() {
        guard let agent = exchange.agent, let upstream else { return start(.response) }
        makeRoomForResponse()
        switch loop.receive(upstream, into: &response) {
        case .moved(0):
            buffers.reclaim(&response)
            return expectAnswer(agent)
        case .moved(let count): countReceived(count, from: upstream, of: agent)
        case .end: return start(.retry(.closedBeforeResponse))
        case .failed: return start(.retry(.reset))
        }
        guard let length = finalHead() else { return start(.response) }
        var relay = startRelay(headLength: length, agent: agent)
        do throws(ExchangeFailure) {
            try advance(&relay, isFirst: true)
        } catch {
            return start(.failure(error))
        }
        guard relay.isComplete else { return start(.relay(relay)) }
        finish(relay, agent, upstream)
        guard case .moved(let count) = sendReady(&relay) else { return start(.failure(.clientGone)) }
        countSent(count)
        guard output.isEmpty, relay.ready == 0, socket.isWritable else { return start(.relay(relay)) }
        buffers.reclaim(&output)
        buffers.reclaim(&response)
        countAnswer()
        if record != nil { tellAccessLog() }
        if exchange.keepAlive { return rest() }
        if mayStillSend { start(.end) } else { end() }
    }

    // The length of the head that the response begins with, if it is whole and that of an answer which ends there.
    private func finalHead() -> Int? {
        let length = try? proxy.responseHead.parse(
            from: response, limits: exchange.setup.limits, answering: exchange.method)
        guard let length, !proxy.responseHead.isInterim, !opensTunnel, !isForNobody else { return nil }
        return length
    }

    // Waits for the next request, some of which may be here.
    private func rest() {
        if !input.isEmpty || !becomeIdle() { start(.head) }
    }
}
