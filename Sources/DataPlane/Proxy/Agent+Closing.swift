import Control

/// Sockets on their way out.
///
/// A socket's permit goes to the next request only when the upstream has closed its end too. So an upstream never
/// counts more than `maxSockets` open, whatever the order in which it hears of a close here and a connect after it;
/// and the side that closes first, which keeps the port in TIME_WAIT, is the upstream wherever it can be.
extension Agent {
    /// How long an upstream that was told `Connection: close`, or said so, has before this side closes, in nanoseconds.
    static var patience: UInt64 { 5_000_000 }
    /// How long an upstream has to close after this side did, before the connection is cut, in nanoseconds.
    static var lastCall: UInt64 { 1_000_000_000 }

    /// A socket that waits for its upstream to close.
    struct Closing {
        let id: SocketID
        let until: Instant
    }

    /// Hears of the time that closing sockets have.
    final class ClosingTimer: Watcher {
        unowned let agent: Agent
        let isLastCall: Bool
        var queue: [Closing] = []
        var slot: Deadlines.Slot?

        init(_ agent: Agent, isLastCall: Bool) {
            self.agent = agent
            self.isLastCall = isLastCall
        }

        override func deadlinePassed() { agent.closingTimePassed(self) }

        /// The agent is over.
        func end() {
            if let slot { agent.loop.removeDeadline(slot) }
            slot = nil
        }
    }

    /// Closes the socket of `id`, as orderly as `reason` allows; the pool hears of it when it is done.
    func close(_ id: SocketID, _ reason: CloseReason) {
        guard let socket = held(id) else { return closed(id) }
        switch reason {
        case .upstreamClosedIdle:
            closeNow(id, socket)
        case .connectFailed, .timeout, .reset, .protocolError, .clientGone:
            // A reset has the upstream stop at once, and drop the connection without a say in it. One that could not be
            // connected may have been all the same, with a request sent, if the loop could not watch it.
            guard socket.endsInOrder else { return closeNow(id, socket, reset: true) }
            if socket.isHungUp { return closeNow(id, socket) }
            socket.isClosing = true
            socket.watcher = self
            sayGoodbye(id, socket)
        case .normalMode, .upstreamClose, .freeSocketTimeout, .socketActiveTTL, .maxRequestsPerSocket, .maxFreeSockets,
            .modeSwitch,
            .drain, .operator, .upstreamRemoved:
            if socket.isHungUp { return closeLast(id, socket) }
            socket.isClosing = true
            socket.watcher = self
            if reason == .normalMode || reason == .upstreamClose {
                wait(id, on: patienceTimer, Self.patience)
            } else {
                sayGoodbye(id, socket)
            }
        }
    }

    /// The upstream has closed its end, or has had its time.
    func closeNow(_ id: SocketID, _ socket: Socket, reset: Bool = false) {
        loop.close(socket, reset: reset)
        closed(id)
    }

    /// The upstream has closed its end after all that was asked of it.
    ///
    /// With a reset, as HAProxy does: nothing is on its way in either direction, and the upstream's host forgets the
    /// connection at once instead of keeping its port in TIME_WAIT. In `normal` mode it makes a request cheaper by a
    /// tenth. A tunnel may have bytes on their way.
    func closeLast(_ id: SocketID, _ socket: Socket) { closeNow(id, socket, reset: !socket.endsInOrder) }

    private func sayGoodbye(_ id: SocketID, _ socket: Socket) {
        loop.kernel.shutdownWrite(socket.descriptor)
        wait(id, on: lastCallTimer, Self.lastCall)
    }

    private func wait(_ id: SocketID, on timer: ClosingTimer?, _ nanoseconds: UInt64) {
        guard let timer, let slot = timer.slot else { return }
        let until = loop.after(nanoseconds)
        if timer.queue.isEmpty { loop.set(slot, to: until) }
        timer.queue.append(Closing(id: id, until: until))
    }

    private func closingTimePassed(_ timer: ClosingTimer) {
        let due = timer.queue.prefix { $0.until <= loop.now }
        timer.queue.removeFirst(due.count)
        for closing in due {
            // Most of them have closed since, and their slots may be used again.
            guard let socket = held(closing.id), socket.isClosing, socket.tag == Self.tag(closing.id) else { continue }
            if timer.isLastCall { closeNow(closing.id, socket, reset: true) } else { sayGoodbye(closing.id, socket) }
        }
        if let next = timer.queue.first, let slot = timer.slot { loop.set(slot, to: next.until) }
        carryOut()
    }
}
