import Control

/// Receiving a request's head.
extension ClientConnection {
    /// What came of waiting for a head.
    enum HeadOutcome {
        /// It is so many bytes long, in ``input``, and was parsed into the loop's ``ProxyLoop/requestHead``.
        case head(Int)
        /// Nothing of it is here: the connection waits for it without a task.
        case idle
        /// The connection is to end, an error having been answered.
        case end
    }

    /// Receives and parses the head of the next request, of which something may be here.
    nonisolated(nonsending) func receiveHead() async -> HeadOutcome {
        var giveUpAt = Instant.never
        var scanner = HeadScanner()
        // What a pipelining client sent along with its last request is looked at first.
        var isWorthParsing = !input.isEmpty
        if isWorthParsing { giveUpAt = begin() }
        while true {
            if isWorthParsing {
                do throws(HTTP1Error) {
                    let length = try proxy.requestHead.parse(input.readable, limits: exchange.setup.limits)
                    if let length {
                        // One that came slowly must not go to an agent that has left or is drained meanwhile.
                        if exchange.setup !== proxy.setup { exchange.setup = proxy.setup }
                        return .head(length)
                    }
                } catch {
                    await refuseHead(.badRequest(error))
                    return .end
                }
                isWorthParsing = false
            }
            // Here too, since a head that drips in fast enough never waits.
            if !input.isEmpty, loop.now >= giveUpAt {
                await refuseHead(.headTimeout)
                return .end
            }
            guard socket.isReadable else {
                if input.isEmpty {
                    if proxy.isStopping || isCut { return .end }
                    if becomeIdle() { return .idle }
                } else if await isEndOfWaiting(until: giveUpAt) {
                    return .end
                }
                continue
            }
            let isFirst = input.isEmpty
            makeRoom()
            switch loop.receive(socket, into: &input) {
            case .moved(0): continue
            case .moved(let count):
                counters.bytesReceived.add(UInt64(count))
                if isFirst {
                    giveUpAt = begin()
                    isWorthParsing = true
                } else {
                    let limit = exchange.setup.limits.maxHeadSize
                    isWorthParsing = scanner.isComplete(input.readable) || input.count >= limit
                }
            case .end, .failed:
                if !input.isEmpty { leftWithinHead() }
                return .end
            }
        }
    }

    /// Waits for the next request without a task: ``proceed(_:)`` is told of it.
    ///
    /// - Returns: False when something is here already, or the connection is to end.
    func becomeIdle() -> Bool {
        buffers.reclaim(&input)
        if proxy.isStopping || isCut { return false }
        setDeadline(loop.after(proxy.setup.idleTimeout))
        isIdle = true
        letGoWhileIdle()
        if expect([.clientReadable, .deadline, .stopping]).isEmpty { return true }
        isIdle = false
        return false
    }

    /// The first byte of a head is here; returns when the last one must be.
    @discardableResult
    func begin() -> Instant {
        exchange = Exchange(setup: proxy.setup, began: loop.now)
        return loop.after(exchange.setup.headTimeout)
    }

    // Waits for more of the head; true when the connection ends instead.
    private nonisolated(nonsending) func isEndOfWaiting(until giveUpAt: Instant) async -> Bool {
        if isCut { return true }
        // Set before each wait: a deadline that passed while this task was not waiting is gone.
        setDeadline(giveUpAt)
        let reasons = await until([.clientReadable, .deadline])
        if socket.isReadable { return false }
        guard reasons.contains(.deadline) else { return false }
        await refuseHead(.headTimeout)
        return true
    }

    // Answers a head that is refused. Its method may be known all the same, and an answer to HEAD has no content.
    private nonisolated(nonsending) func refuseHead(_ failure: ExchangeFailure) async {
        _ = try? proxy.requestHead.parse(input.readable, limits: exchange.setup.limits)
        exchange.method = proxy.requestHead.method
        noteUnreadRequest(failure)
        await refuse(failure)
        if record != nil { tellAccessLog() }
    }

    // The client left before its request was whole.
    private func leftWithinHead() {
        noteUnreadRequest(.clientGone)
        if record != nil { tellAccessLog() }
    }

    /// Room for at least some of what comes; a head may be as long as its limit and a little more, to be refused.
    func makeRoom() {
        buffers.provide(&input)
        if input.room < BufferPool.blockSize / 4 { input.compact() }
        if input.room == 0 { input.grow(to: input.capacity * 2) }
    }
}
