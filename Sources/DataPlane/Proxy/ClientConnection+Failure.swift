import Control

/// What becomes of an exchange that failed, and of its client.
extension ClientConnection {
    // How long, and for how many bytes, a client that was sent an error is read from before its connection is closed:
    // closing at once would reset it, and the error could be lost (RFC 9112, section 9.6).
    private static var lingerTime: UInt64 { 2_000_000_000 }
    private static var lingerBytesMax: Int { 1 << 20 }

    /// Ends the upstream's part; answers the client, or cuts its connection where an answer has begun.
    ///
    /// - Returns: Whether the connection goes on.
    nonisolated(nonsending) func fail(_ failure: ExchangeFailure) async -> Bool {
        record?.failed(failure)
        if let agent = exchange.agent {
            failure.count(in: agent.counters)
            if failure.isSilence { agent.upstreamFailed() }
            if failure.isUpstreams { trial?.errors[exchange.mode.index].add() }
            finishUpstream(.close(failure.closeReason), of: agent)
        }
        request.removeAll()
        response.removeAll()
        buffers.reclaim(&request)
        buffers.reclaim(&response)
        guard exchange.status == 0 else {
            // Cut short here as it was there. Where the end of the connection would be the end of the response, only a
            // reset tells the two apart.
            loop.close(socket, reset: exchange.endsByClosing || isCut)
            return false
        }
        if failure == .clientGone { return false }
        return await refuse(failure)
    }

    /// Answers with a problem (RFC 9457).
    ///
    /// - Returns: Whether the connection goes on.
    @discardableResult
    nonisolated(nonsending) func refuse(_ failure: ExchangeFailure) async -> Bool {
        beginOwnAnswer(status: failure.status, isAboutFraming: failure.isAboutFraming)
        // Only interim responses can wait in it, and the last of them may have gone in part.
        if output.room < Problem.sizeMax { return false }
        let date = proxy.date
        let name = exchange.setup.proxyName
        Problem(failure).write(
            to: &output, date: date.span.bytes, name: name.span.bytes, keepAlive: exchange.keepAlive,
            clientMinor: exchange.clientMinor, omitsBody: exchange.method == .head)
        if let agent = exchange.agent {
            agent.counters.countResponse(mode: exchange.mode, status: Int(failure.status))
        }
        return await sendOwnAnswer()
    }

    /// Settles what an answer that is made here does to the connection, and makes room for it in ``output``.
    ///
    /// - Parameter isAboutFraming: Whether nobody knows where the next request begins.
    func beginOwnAnswer(status: UInt16, isAboutFraming: Bool = false) {
        // Nor does anybody after a request that was not read to its end.
        let isRead = exchange.upload.isComplete && !isAboutFraming
        exchange.keepAlive = exchange.keepAlive && isRead && !proxy.isStopping
        exchange.status = status
        if isRead {
            input.consume(exchange.uploadReady)
            exchange.uploadReady = 0
        }
        buffers.provide(&output)
    }

    /// Sends the answer that was written.
    ///
    /// - Returns: Whether the connection goes on.
    nonisolated(nonsending) func sendOwnAnswer() async -> Bool {
        countAnswer()
        do throws(ExchangeFailure) {
            try await flushOutput()
        } catch {
            record?.failed(error)
            return false
        }
        return exchange.keepAlive
    }

    /// Says that nothing more is sent, and reads on for a while.
    nonisolated(nonsending) func linger() async {
        guard !socket.isBroken else { return }
        loop.kernel.shutdownWrite(socket.descriptor)
        input.removeAll()
        let giveUpAt = loop.after(Self.lingerTime)
        setDeadline(giveUpAt)
        var received = 0
        while loop.now < giveUpAt, received < Self.lingerBytesMax, !isCut {
            guard socket.isReadable else {
                input.removeAll()
                buffers.reclaim(&input)
                if await until([.clientReadable, .deadline]).contains(.deadline) { return }
                continue
            }
            buffers.provide(&input)
            input.removeAll()
            switch loop.receive(socket, into: &input) {
            case .moved(let count): received += count
            case .end, .failed: return
            }
        }
    }
}

extension ExchangeFailure {
    /// Whether the request's own bytes were at fault, or did not come.
    fileprivate var isAboutFraming: Bool {
        switch self {
        case .badRequest, .headTimeout, .clientBodyTimeout, .bodyTooLarge, .connectUnsupported, .connectWithContent:
            true
        default: false
        }
    }
}
