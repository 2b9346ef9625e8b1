import Control

/// Receiving a request's head.
extension ClientConnection {
    /// Waits for the next request and parses its head into the loop's ``ProxyLoop/requestHead``.
    ///
    /// - Returns: Its length in ``input``; nil when the connection is to end, an error having been answered.
    nonisolated(nonsending) func receiveHead() async -> Int? {
        var giveUpAt = Instant.never
        var scanner = HeadScanner()
        // What a pipelining client sent along with its last request is looked at first.
        var isWorthParsing = !input.isEmpty
        if isWorthParsing { giveUpAt = begin() } else { giveUpAt = loop.after(proxy.setup.idleTimeout) }
        while true {
            if isWorthParsing {
                do throws(HTTP1Error) {
                    let length = try proxy.requestHead.parse(input.readable, limits: exchange.setup.limits)
                    if let length {
                        // One that came slowly must not go to an agent that has left or is drained meanwhile.
                        if exchange.setup !== proxy.setup { exchange.setup = proxy.setup }
                        return length
                    }
                } catch {
                    await refuseHead(.badRequest(error))
                    return nil
                }
                isWorthParsing = false
            }
            // Here too, since a head that drips in fast enough never waits.
            if !input.isEmpty, loop.now >= giveUpAt {
                await refuseHead(.headTimeout)
                return nil
            }
            guard socket.isReadable else {
                loop.buffers.reclaim(&input)
                if await isEndOfWaiting(until: giveUpAt) { return nil }
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
                return nil
            }
        }
    }

    // The first byte of a head is here; returns when the last one must be.
    private func begin() -> Instant {
        exchange = Exchange(setup: proxy.setup, began: loop.now)
        return loop.after(exchange.setup.headTimeout)
    }

    // Waits for more of the head; true when the connection ends instead.
    private nonisolated(nonsending) func isEndOfWaiting(until giveUpAt: Instant) async -> Bool {
        if input.isEmpty && proxy.isStopping || isCut { return true }
        // Set before each wait: a deadline that passed while this task was not waiting is gone.
        setDeadline(giveUpAt)
        isIdle = input.isEmpty
        letGoWhileIdle()
        let reasons = await wait.until([.clientReadable, .deadline, .stopping])
        isIdle = false
        if socket.isReadable { return false }
        if reasons.contains(.stopping), input.isEmpty { return true }
        guard reasons.contains(.deadline) else { return false }
        if !input.isEmpty { await refuseHead(.headTimeout) }
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

    // Room for at least some of what comes; a head may be as long as its limit and a little more, to be refused.
    private func makeRoom() {
        loop.buffers.provide(&input)
        if input.room < BufferPool.blockSize / 4 { input.compact() }
        if input.room == 0 { input.grow(to: input.capacity * 2) }
    }
}
