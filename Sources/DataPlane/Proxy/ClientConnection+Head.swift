import Control

/// Receiving a request's head.
extension ClientConnection {
    /// Waits for the next request and parses its head into the loop's ``ProxyLoop/requestHead``.
    ///
    /// - Returns: Its length in ``input``; nil when the connection is to end, an error having been answered.
    nonisolated(nonsending) func receiveHead() async -> Int? {
        let setup = proxy.setup
        var scanner = HeadScanner()
        // What a pipelining client sent along with its last request is looked at first.
        var isWorthParsing = !input.isEmpty
        if isWorthParsing { begin(setup) } else { setDeadline(loop.after(setup.idleTimeout)) }
        while true {
            if isWorthParsing {
                do throws(HTTP1Error) {
                    let length = try proxy.requestHead.parse(input.readable, limits: setup.limits)
                    if let length { return length }
                } catch {
                    await refuse(.badRequest(error))
                    return nil
                }
                isWorthParsing = false
            }
            guard socket.isReadable else {
                loop.buffers.reclaim(&input)
                if await isEndOfWaiting() { return nil }
                continue
            }
            let isFirst = input.isEmpty
            makeRoom()
            switch loop.receive(socket, into: &input) {
            case .moved(0): continue
            case .moved(let count):
                proxy.clients.bytesReceived.add(UInt64(count))
                if isFirst {
                    begin(setup)
                    isWorthParsing = true
                } else {
                    isWorthParsing = scanner.isComplete(input.readable) || input.count >= setup.limits.maxHeadSize
                }
            case .end, .failed:
                return nil
            }
        }
    }

    // The first byte of a head is here.
    private func begin(_ setup: Setup<K>) {
        exchange = Exchange(setup: setup, began: loop.now)
        setDeadline(loop.after(setup.headTimeout))
    }

    // Waits for more of the head; true when the connection ends instead.
    private nonisolated(nonsending) func isEndOfWaiting() async -> Bool {
        if input.isEmpty, proxy.isStopping { return true }
        let reasons = await wait.until([.clientReadable, .deadline, .stopping])
        if socket.isReadable { return false }
        if reasons.contains(.stopping), input.isEmpty { return true }
        guard reasons.contains(.deadline) else { return false }
        if !input.isEmpty { await refuse(.headTimeout) }
        return true
    }

    // Room for at least some of what comes; a head may be as long as its limit and a little more, to be refused.
    private func makeRoom() {
        loop.buffers.provide(&input)
        if input.room < BufferPool.blockSize / 4 { input.compact() }
        if input.room == 0 { input.grow(to: input.capacity * 2) }
    }
}
