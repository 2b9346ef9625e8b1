import Control

/// Receiving the upstream's answer and relaying it.
extension ClientConnection {
    /// Waits for the head of the final response, and parses it into the loop's ``ProxyLoop/responseHead``.
    ///
    /// Sends the request meanwhile, and relays interim responses. A request that met a stale socket is sent once more.
    /// - Returns: The head's length in ``response``.
    nonisolated(nonsending) func receiveResponseHead() async throws(ExchangeFailure) -> Int {
        var scanner = HeadScanner()
        // What came before this task took over.
        if !response.isEmpty, let length = try await parseFinalHead() { return length }
        while true {
            try pumpUpload()
            guard let agent = exchange.agent, let upstream else { throw .reset }
            guard upstream.isReadable else {
                try await waitForUpstream(upstream, timeout: agent.timeout)
                continue
            }
            let isFirst = response.isEmpty
            makeRoomForResponse()
            switch loop.receive(upstream, into: &response) {
            case .moved(0): continue
            case .moved(let count):
                countReceived(count, from: upstream, of: agent)
                guard isFirst || scanner.isComplete(in: response) || response.count >= exchange.setup.limits.maxHeadSize
                else {
                    continue
                }
                if let length = try await parseFinalHead() { return length }
                scanner = HeadScanner()
            case .end:
                try await retry(orThrow: .closedBeforeResponse)
            case .failed:
                try await retry(orThrow: .reset)
            }
        }
    }

    // Parses what is there; a farewell to nobody is no answer, and the request is sent once more.
    private nonisolated(nonsending) func parseFinalHead() async throws(ExchangeFailure) -> Int? {
        guard let length = try await parseResponseHead() else { return nil }
        guard isForNobody else { return length }
        response.removeAll()
        try await retry(orThrow: .closedBeforeResponse)
        return nil
    }

    /// Relays a response, and gives the socket back as soon as all of it is here.
    ///
    /// - Parameter start: The relay of the response whose head was parsed; some of the body may be ready to be sent.
    /// - Returns: Whether the client's connection goes on.
    nonisolated(nonsending) func relayResponse(_ start: ResponseRelay) async throws(ExchangeFailure) -> Bool {
        guard let agent = exchange.agent else { throw .reset }
        var relay = start
        var rounds = 0
        while true {
            buffers.provide(&output)
            if relay.ready == 0 { try advance(&relay, isFirst: rounds == 0) }
            if relay.isComplete, let upstream { finish(relay, agent, upstream) }
            try await sendOutput(&relay)
            if relay.isComplete { break }
            rounds += 1
            if rounds.isMultiple(of: BufferPool.blocksPerTurn) { await yieldToOthers() }
            guard response.isEmpty else { continue }
            try await receiveMore(&relay, agent: agent)
        }
        countAnswer()
        return exchange.keepAlive
    }

    // MARK: Head

    // Parses what is there; forwards interim responses, and returns the length of a final head.
    private nonisolated(nonsending) func parseResponseHead() async throws(ExchangeFailure) -> Int? {
        while !response.isEmpty {
            let length: Int?
            do throws(HTTP1Error) {
                length = try proxy.responseHead.parse(
                    from: response, limits: exchange.setup.limits, answering: exchange.method)
            } catch {
                throw .badResponse(error)
            }
            guard let length else { return nil }
            if proxy.responseHead.status == 101 { try checkSwitch() }
            guard proxy.responseHead.isInterim else { return length }
            exchange.interimCount += 1
            if exchange.interimCount > Exchange<K>.interimsMax { throw .tooManyInterims }
            let isContinue = proxy.responseHead.status == 100
            // A client that was told to continue here need not hear it again.
            if exchange.clientMinor > 0, !(isContinue && exchange.saidContinue) {
                writeHead(framing: .asIs, keepAlive: true)
                response.consume(length)
                try await flushOutput()
            } else {
                response.consume(length)
            }
            // From now on it is the client's turn.
            if isContinue { exchange.expectsContinue = false }
        }
        return nil
    }

    /// Whether the head that was parsed is the farewell of an upstream that waited for a request for too long: some say
    /// 408 before they close a free socket, and it can cross a request on its way, which was never read (RFC 9110,
    /// section 15.5.9). Only a body that has been on its way for a while may have earned it.
    var isForNobody: Bool {
        guard proxy.responseHead.status == 408, !proxy.responseHead.keepAlive, exchange.isReused,
            exchange.interimCount == 0
        else { return false }
        return isRequestSent || loop.now < exchange.attachedAt.advanced(nanoseconds: Self.crossingTime)
    }

    // No farewell takes longer to arrive, and no upstream gives a body less time than this: a second.
    private static var crossingTime: UInt64 { 1_000_000_000 }

    /// Writes the head that was parsed last, as the client gets it, into ``output``.
    func writeHead(framing: ResponseDelivery.Framing, keepAlive: Bool) {
        buffers.provide(&output)
        let setup = exchange.setup
        let delivery = ResponseDelivery(clientMinor: exchange.clientMinor, keepAlive: keepAlive, framing: framing)
        let date = proxy.date
        while !proxy.responseHead.write(
            response.readable, to: &output, rules: setup.responseRules, delivery, date: date.span.bytes)
        {
            output.grow(to: output.capacity * 2)
        }
    }

    /// Takes the head that was parsed for the answer: writes it for the client.
    func startRelay(headLength: Int, agent: Agent<K>) -> ResponseRelay {
        let framing = proxy.responseHead.framing(for: exchange.method)
        agent.upstreamAnswered()
        countFirstByte(agent)
        // A request that is not sent whole by now may never be: then neither side can be used again.
        let isRead = exchange.upload.isComplete && exchange.uploadReady == 0
        let relay = ResponseRelay(
            framing: framing, clientMinor: exchange.clientMinor,
            isReusable: proxy.responseHead.keepAlive && framing != .untilClose && isRequestSent,
            keepAliveTimeout: proxy.responseHead.keepAliveTimeout, keepAliveMax: proxy.responseHead.keepAliveMax,
            connection: proxy.responseHead.connectionNames(in: response))
        exchange.endsByClosing = relay.endsByClosing
        exchange.keepAlive = exchange.keepAlive && isRead && !relay.endsByClosing && !proxy.isStopping
        exchange.status = proxy.responseHead.status
        writeHead(framing: relay.headFraming, keepAlive: exchange.keepAlive)
        response.consume(headLength)
        return relay
    }

    /// Looks at what was received of the body; all that was ready before has been sent.
    ///
    /// - Parameter isFirst: Whether this came along with the head, of which nothing has been sent.
    func advance(_ relay: inout ResponseRelay, isFirst: Bool) throws(ExchangeFailure) {
        do throws(ExchangeFailure) {
            try relay.advance(&response, into: &output)
        } catch {
            if isFirst {
                // The client gets an error instead.
                output.removeAll()
                exchange.status = 0
                exchange.endsByClosing = false
            }
            throw error
        }
    }

    // MARK: Body

    /// All of the response is here: the socket goes back before the client has read it all.
    func finish(_ relay: ResponseRelay, _ agent: Agent<K>, _ upstream: Socket) {
        countWhole(agent, after: loop.now.nanoseconds(since: exchange.began))
        // What the client has yet to read stays in `response`; only the rest of it is the upstream's fault.
        if response.count > relay.ready {
            response.truncate(to: relay.ready)
            finishUpstream(.close(.protocolError), of: agent)
        } else if exchange.saysClose {
            finishUpstream(.close(.normalMode), of: agent)
        } else if upstream.isHungUp || !relay.isReusable {
            finishUpstream(.close(.upstreamClose), of: agent)
        } else if upstream.isReadable, !loop.isDrained(upstream) {
            // The last receive was filled to the brim, and more lies behind it that nobody asked for.
            finishUpstream(.close(.protocolError), of: agent)
        } else {
            finishUpstream(
                .reusable(keepAliveTimeout: relay.keepAliveTimeout, keepAliveMax: relay.keepAliveMax), of: agent)
        }
    }

    /// Counts an answer whose head is here.
    func countFirstByte(_ agent: Agent<K>) {
        let passed = loop.now.nanoseconds(since: exchange.began)
        agent.counters.firstByte[exchange.mode.index].record(nanoseconds: passed)
        record?.fields.firstByte = passed
    }

    /// Counts an answer that the upstream has given whole, `passed` nanoseconds after the request began.
    func countWhole(_ agent: Agent<K>, after passed: UInt64) {
        agent.counters.lastByte[exchange.mode.index].record(nanoseconds: passed)
        agent.counters.countResponse(mode: exchange.mode, status: Int(exchange.status))
        guard let trial else { return }
        trial.latency[exchange.mode.index].record(nanoseconds: passed)
        if exchange.status >= 500 { trial.errors[exchange.mode.index].add() }
    }

    // Sends all that the relay has made ready; the request's body goes on meanwhile.
    private nonisolated(nonsending) func sendOutput(_ relay: inout ResponseRelay) async throws(ExchangeFailure) {
        while !output.isEmpty || relay.ready > 0 { try await sent(sendReady(&relay)) }
        buffers.reclaim(&output)
        buffers.reclaim(&response)
    }

    /// Sends what it can of the output, and of the body that is ready behind it.
    func sendReady(_ relay: inout ResponseRelay) -> Loop<K>.Outcome {
        if relay.ready > 0, relay.ready <= ResponseRelay.copyMax, relay.ready <= output.room {
            output.append(response.readable.extracting(first: relay.ready))
            response.consume(relay.ready)
            relay.ready = 0
        }
        if relay.ready == 0 { return loop.send(socket, &output) }
        let before = response.count
        let outcome = loop.send(socket, &output, then: &response, count: relay.ready)
        relay.ready -= before - response.count
        return outcome
    }

    /// Sends all of ``output``.
    nonisolated(nonsending) func flushOutput() async throws(ExchangeFailure) {
        while !output.isEmpty { try await sent(loop.send(socket, &output)) }
        buffers.reclaim(&output)
    }

    private nonisolated(nonsending) func sent(_ outcome: Loop<K>.Outcome) async throws(ExchangeFailure) {
        switch outcome {
        case .moved(let count):
            countSent(count)
            if isCut { throw .clientGone }
            if socket.isWritable { return }
            var stuckSince = loop.now
            while !socket.isWritable {
                // The request's body goes on meanwhile, and shows that the client is there.
                if upstream != nil { try pumpUpload() }
                stuckSince = max(stuckSince, exchange.lastUpload)
                let giveUpAt = stuckSince.advanced(nanoseconds: exchange.setup.bodyTimeout)
                let wanted = upstream == nil ? Reasons.clientWritable : [.clientWritable, uploadReasons]
                let reasons = await waitForExchange(wanted, until: giveUpAt)
                if reasons.contains(.clientBroken) || loop.now >= giveUpAt { throw .clientGone }
            }
        case .end, .failed:
            throw .clientGone
        }
    }

    private nonisolated(nonsending) func receiveMore(
        _ relay: inout ResponseRelay, agent: Agent<K>
    ) async throws(ExchangeFailure) {
        guard let upstream else { throw .truncatedResponse }
        while true {
            guard upstream.isReadable else {
                do throws(ExchangeFailure) {
                    try pumpUpload()
                    try await waitForUpstream(upstream, timeout: agent.timeout)
                } catch .responseTimeout {
                    throw .bodyTimeout
                }
                continue
            }
            makeRoomForResponse()
            switch loop.receive(upstream, into: &response) {
            case .moved(0): continue
            case .moved(let count):
                countReceived(count, from: upstream, of: agent)
                return
            case .end:
                guard relay.endsByUpstreamClose else { throw .truncatedResponse }
                // A reset is told once, to whichever call comes first: if that was a send, what looks like an end is none.
                if exchange.uploadError == .connectionReset { throw .reset }
                buffers.provide(&output)
                relay.upstreamEnded(into: &output)
                return
            case .failed:
                throw .reset
            }
        }
    }

    // MARK: Steps

    // Waits for something to receive, or to send of the request.
    private nonisolated(nonsending) func waitForUpstream(
        _ upstream: Socket, timeout: UInt64
    ) async throws(ExchangeFailure) {
        let reasons: Reasons = [.upstreamReadable, uploadReasons]
        // Whoever holds the exchange up is the one whose time runs; a client that waits for 100 Continue does not.
        let isClientsTurn = reasons.contains(.clientReadable) && !exchange.expectsContinue
        let limit = isClientsTurn ? exchange.setup.bodyTimeout : timeout
        let giveUpAt = exchange.lastActivity.advanced(nanoseconds: limit)
        let continueAt =
            exchange.expectsContinue && reasons.contains(.clientReadable) && exchange.status == 0
            ? exchange.lastActivity.advanced(nanoseconds: exchange.setup.continueTimeout) : .never
        let came = await waitForExchange(reasons, until: min(giveUpAt, continueAt))
        if came.contains(.clientBroken) { throw .clientGone }
        if came.intersection(reasons).isEmpty, loop.now >= continueAt, continueAt < giveUpAt {
            return try await sayContinue()
        }
        if came.intersection(reasons).isEmpty, loop.now >= giveUpAt {
            throw isClientsTurn ? .clientBodyTimeout : .responseTimeout
        }
    }

    // An upstream that knows nothing of Expect waits for a body that would never come: the client is told to send it
    // (RFC 9110, section 10.1.1).
    private nonisolated(nonsending) func sayContinue() async throws(ExchangeFailure) {
        exchange.expectsContinue = false
        exchange.saidContinue = true
        exchange.lastActivity = loop.now
        buffers.provide(&output)
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
        try await flushOutput()
    }

    // What the request's body waits for: room at the upstream, or more of it from the client.
    private var uploadReasons: Reasons {
        if exchange.isUploadBroken { return [] }
        if exchange.requestSent < request.count || exchange.uploadReady > 0 { return .upstreamWritable }
        return exchange.upload.isComplete ? [] : .clientReadable
    }

    /// Sends the request once more on a new socket, where that is safe; throws `failure` where it is not.
    nonisolated(nonsending) func retry(orThrow failure: ExchangeFailure) async throws(ExchangeFailure) {
        guard let agent = exchange.agent, let id = exchange.leased, exchange.isReused, !exchange.wasRetried,
            agent.mayRetry, response.isEmpty, exchange.interimCount == 0, exchange.isReplayable,
            exchange.method.isIdempotent || exchange.requestSent == 0
        else { throw failure }
        exchange.wasRetried = true
        exchange.leased = nil
        unwatchSecond()
        exchange.requestSent = 0
        exchange.uploadError = nil
        agent.counters.retries.add()
        let next = agent.reopen(id, reason: failure == .reset ? .reset : .upstreamClosedIdle)
        try await sendRequest(from: open(next, by: agent), agent)
    }

    /// Room for at least some of what the upstream sends.
    func makeRoomForResponse() {
        buffers.provide(&response)
        if response.room < BufferPool.blockSize / 4 { response.compact() }
        if response.room == 0 { response.grow(to: response.capacity * 2) }
    }

    /// Counts bytes that the client took.
    func countSent(_ count: Int) {
        counters.bytesSent.add(UInt64(count))
        record?.fields.bytesToClient &+= UInt64(count)
    }

    /// Counts bytes that came from the upstream.
    func countReceived(_ count: Int, from upstream: Socket, of agent: Agent<K>) {
        exchange.lastActivity = loop.now
        upstream.bytesReceived &+= UInt64(count)
        agent.counters.bytesReceived.add(UInt64(count))
        trial?.bytesReceived[exchange.mode.index].add(UInt64(count))
        record?.fields.bytesFromUpstream &+= UInt64(count)
    }
}
