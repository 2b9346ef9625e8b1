/// One event loop: it waits for its kernel, tells sockets what happened, and wakes the tasks whose time has come.
///
/// It belongs to one actor and never leaves its thread. The actor's thread alternates between ``turn()`` and its
/// executor's `drain`.
final class Loop<K: Kernel> {
    let kernel: K
    let executor: LoopExecutor
    let buffers = BufferPool()
    /// The clock as it was when this turn began.
    private(set) var now: Instant
    /// How long this loop has worked, and lived, in nanoseconds; told after each turn.
    var onTurn: ((_ busy: UInt64, _ total: UInt64) -> Void)?

    private var sockets = WatchedSockets()
    private var deadlines = Deadlines()
    private var events: [KernelEvent] = []
    private var due: [Watcher] = []
    private let listeners: ListenerSet<K>
    // Those who are woken when all events of a turn have been handed out, and for what.
    private var postponed: [(wait: Wait, reason: Reasons)] = []
    private var postponedNow: [(wait: Wait, reason: Reasons)] = []

    /// A loop over `kernel` whose jobs run on `executor`.
    init(kernel: K, executor: LoopExecutor) {
        self.kernel = kernel
        self.executor = executor
        now = kernel.now()
        listeners = ListenerSet(kernel: kernel)
        events.reserveCapacity(256)
    }

    /// Waits for events unless jobs are ready, and hands them out; tasks that they wake run in the executor's drain.
    func turn() {
        let before = kernel.now()
        let busy = before.nanoseconds(since: now)
        kernel.wait(into: &events, nanoseconds: timeout(from: before))
        let began = now
        now = kernel.now()
        onTurn?(busy, now.nanoseconds(since: began))
        for index in events.indices { handle(events[index]) }
        events.removeAll(keepingCapacity: true)
        if deadlines.nextSweep <= now { sweep() }
        if listeners.resumeAt <= now { listeners.resume(now: now) }
        if !postponed.isEmpty { wakePostponed() }
    }

    /// Watches `listener`; `acceptor` takes the clients that wait there.
    func listen(_ listener: Descriptor, _ acceptor: Acceptor) throws(SystemError) {
        try listeners.add(listener, acceptor)
    }

    /// Takes the clients that have connected already, and closes the listeners.
    func stopListening() { listeners.removeAll() }

    private func timeout(from before: Instant) -> Int64 {
        if executor.hasJobs || !postponed.isEmpty { return 0 }
        let next = min(deadlines.nextSweep, listeners.resumeAt)
        return next == .never ? -1 : Int64(clamping: next.nanoseconds(since: before))
    }

    private func handle(_ event: KernelEvent) {
        if let socket = sockets.socket(for: event.token) {
            socket.readiness.formUnion(event.readiness)
            socket.watcher?.socketChanged(socket)
        } else if event.token == KernelEvent.wakeToken {
            executor.takeRemote()
        } else {
            listeners.acceptable(event.token, now: now)
        }
    }

    /// Waits until the other tasks of this loop have had a turn.
    nonisolated(nonsending) func nextTurn(_ wait: Wait) async {
        wakeLater(wait, .turn)
        _ = await wait.until(.turn)
    }

    /// Wakes `wait` when all events of this turn have been handed out.
    func wakeLater(_ wait: Wait, _ reason: Reasons) { postponed.append((wait, reason)) }

    private func wakePostponed() {
        swap(&postponed, &postponedNow)
        for (wait, reason) in postponedNow { wait.wake(reason) }
        postponedNow.removeAll(keepingCapacity: true)
    }

    private func sweep() {
        deadlines.sweep(now: now, into: &due)
        // Taken out first: a watcher may set a deadline, and so may what it wakes.
        let passed = due
        due.removeAll(keepingCapacity: true)
        for watcher in passed { watcher.deadlinePassed() }
    }
}

// MARK: Deadlines

extension Loop {
    /// Gives `watcher` a place among the deadlines.
    func addDeadline(for watcher: Watcher) -> Deadlines.Slot { deadlines.add(watcher) }

    /// Takes it back.
    func removeDeadline(_ slot: Deadlines.Slot) { deadlines.remove(slot) }

    /// Sets, moves or (``Instant/never``) ends a deadline.
    func set(_ slot: Deadlines.Slot, to instant: Instant) { deadlines.set(slot, to: instant) }

    /// The moment that many nanoseconds from now.
    func after(_ nanoseconds: UInt64) -> Instant { now.advanced(nanoseconds: nanoseconds) }
}

// MARK: Sockets

extension Loop {
    /// What a send or a receive came to.
    enum Outcome: Equatable {
        /// So many bytes went; none when it would have had to wait.
        case moved(Int)
        /// The peer sends no more.
        case end
        case failed(SystemError)
    }

    /// Begins to connect. The first send goes out before the socket is watched: ``watch(_:)`` comes after it.
    func connect(to address: ResolvedAddress) throws(SystemError) -> Socket {
        Socket(try kernel.connect(to: address), readiness: .writable)
    }

    /// Has the loop hear of `socket` from now on.
    func watch(_ socket: Socket) throws(SystemError) {
        sockets.insert(socket)
        do {
            try kernel.watch(socket.descriptor, token: socket.token)
        } catch {
            sockets.remove(socket)
            throw error
        }
    }

    /// Lets go of `socket` without closing it, so that another loop can watch its descriptor.
    func release(_ socket: Socket) {
        kernel.unwatch(socket.descriptor)
        forget(socket)
    }

    /// Closes `socket`, with a reset if asked.
    func close(_ socket: Socket, reset: Bool = false) {
        guard socket.isOpen else { return }
        if reset { kernel.reset(socket.descriptor) } else { kernel.close(socket.descriptor) }
        forget(socket)
    }

    private func forget(_ socket: Socket) {
        socket.watcher = nil
        if socket.isWatched { sockets.remove(socket) }
        socket.isOpen = false
    }

    /// Receives what is there into `buffer`'s room.
    ///
    /// A receive that does not fill the room has emptied the socket (epoll(7)), so no second one asks for EAGAIN.
    func receive(_ socket: Socket, into buffer: inout Buffer) -> Outcome {
        let room = buffer.room
        let result = buffer.fill { kernel.receive(socket.descriptor, into: $0) }
        if result > 0 {
            if result < room, !socket.isHungUp { socket.readiness.remove(.readable) }
            return .moved(result)
        }
        if result == 0 { return room == 0 ? .moved(0) : .end }
        let error = SystemError(result: result)
        guard error.isAgain else { return .failed(error) }
        socket.readiness.remove(.readable)
        return .moved(0)
    }

    /// Whether nothing more can be received of a socket that last filled all the room there was.
    func isDrained(_ socket: Socket) -> Bool {
        var byte: UInt8 = 0
        let result = withUnsafeMutableBytes(of: &byte) { kernel.receive(socket.descriptor, into: $0) }
        guard result < 0, SystemError(result: result).isAgain else { return false }
        socket.readiness.remove(.readable)
        return true
    }

    /// Sends what it can of `buffer` and consumes it.
    func send(_ socket: Socket, _ buffer: inout Buffer) -> Outcome {
        let count = buffer.count
        let result = buffer.withReadable { kernel.send(socket.descriptor, $0) }
        return sent(result, of: count, by: socket) { buffer.consume($0) }
    }

    /// Sends what it can of `first` and then of the first `count` bytes of `second`, as one, and consumes it.
    func send(_ socket: Socket, _ first: inout Buffer, then second: inout Buffer, count: Int) -> Outcome {
        let result = first.withReadable { head in
            second.withReadable { body in
                kernel.send(socket.descriptor, head, UnsafeRawBufferPointer(rebasing: body.prefix(count)))
            }
        }
        return sent(result, of: first.count + count, by: socket) { moved in
            let ofFirst = min(moved, first.count)
            first.consume(ofFirst)
            second.consume(moved - ofFirst)
        }
    }

    /// Sends the first `count` bytes of `buffer`, as far as it can, and consumes them.
    func send(_ socket: Socket, _ buffer: inout Buffer, count: Int) -> Outcome {
        let result = buffer.withReadable {
            kernel.send(socket.descriptor, UnsafeRawBufferPointer(rebasing: $0.prefix(count)))
        }
        return sent(result, of: count, by: socket) { buffer.consume($0) }
    }

    /// Sends what it can of `buffer` behind its first `offset` bytes, and consumes nothing: for what may be sent again.
    func send(_ socket: Socket, _ buffer: borrowing Buffer, from offset: Int) -> Outcome {
        let result = buffer.withReadable {
            kernel.send(socket.descriptor, UnsafeRawBufferPointer(rebasing: $0.dropFirst(offset)))
        }
        return sent(result, of: buffer.count - offset, by: socket) { _ in }
    }

    /// Sends what it can of `first` behind its first `offset` bytes, which stays, and then of the first `count` bytes of
    /// `second`, which it consumes; all as one.
    func send(
        _ socket: Socket, _ first: borrowing Buffer, from offset: Int, then second: inout Buffer, count: Int
    ) -> Outcome {
        let ofFirst = first.count - offset
        let result = first.withReadable { head in
            second.withReadable { body in
                kernel.send(
                    socket.descriptor, UnsafeRawBufferPointer(rebasing: head.dropFirst(offset)),
                    UnsafeRawBufferPointer(rebasing: body.prefix(count)))
            }
        }
        return sent(result, of: ofFirst + count, by: socket) { second.consume(max($0 - ofFirst, 0)) }
    }

    // A short send has filled the socket: the kernel reports when there is room again, so no second one asks.
    private func sent(_ result: Int, of count: Int, by socket: Socket, consume: (Int) -> Void) -> Outcome {
        if result >= 0 {
            if result < count { socket.readiness.remove(.writable) }
            consume(result)
            return .moved(result)
        }
        let error = SystemError(result: result)
        guard error.isAgain else { return .failed(error) }
        socket.readiness.remove(.writable)
        return .moved(0)
    }
}
