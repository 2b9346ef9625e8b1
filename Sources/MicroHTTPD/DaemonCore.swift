internal import CMicroHTTPD
internal import Dispatch
import Locks
internal import Synchronization

/// What a daemon's callbacks, exchanges and streams share: the counts that a stop waits for.
///
/// No call into the library is made under this lock: the library calls back with locks of its own held.
final class DaemonCore: Sendable {
    private enum Phase {
        case running
        case stopping
        case stopped
    }

    /// What somebody waits for during a stop.
    private enum Goal {
        /// No handler runs.
        case handlersDone
        /// No response is being sent, or the time for that is over.
        case exchangesDone
        /// The library's thread is gone.
        case stopped
    }

    private struct State {
        var phase = Phase.running
        /// The library's daemon, as a number because a pointer cannot leave the lock; 0 when there is none.
        var library: UInt = 0
        var connections = 0
        var waiting = Waiting()
        /// Bytes of content that exchanges hold.
        var contentBytes = 0
        var handlers = 0
        var exchanges = 0
        var isDrainTimeOver = false
        var streams: [ObjectIdentifier: ResponseStream] = [:]
        var isBeating = false
        var waiters: [(goal: Goal, continuation: CheckedContinuation<Void, Never>)] = []

        func isReached(_ goal: Goal) -> Bool {
            switch goal {
            case .handlersDone: handlers == 0
            case .exchangesDone: exchanges == 0 || isDrainTimeOver
            case .stopped: phase == .stopped
            }
        }

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            guard !waiters.isEmpty else { return [] }
            let all = waiters
            waiters = all.filter { !isReached($0.goal) }
            return all.filter { isReached($0.goal) }.map(\.continuation)
        }
    }

    /// Which daemon's handler the task runs in, so that a stop from there does not wait for itself.
    @TaskLocal static var current: ObjectIdentifier?

    /// How long a stop waits for clients to read their responses.
    private static let drainTimeMax = Duration.seconds(1)
    /// The pace of heartbeats: a due one is late by this at most.
    private static let beatInterval = Duration.milliseconds(250)

    let settings: Daemon.Settings
    /// Bytes of content a request may have; far from where sums of sizes would overflow.
    let bodyMax: Int
    let handler: @Sendable (Request) async -> Response
    let isUnix: Bool
    var isLoopback: Bool { address.isLoopback }
    private let address: Address
    private let state = Lock(State())
    /// The identity of new connections; nil: no TLS.
    private let identity: Lock<LoadedTLS?>

    init(
        settings: Daemon.Settings, address: Address, handler: @escaping @Sendable (Request) async -> Response
    ) throws(TLSIdentity.Fault) {
        self.settings = settings
        identity = Lock(try settings.tls.map { identity throws(TLSIdentity.Fault) in try LoadedTLS(identity) })
        bodyMax = min(max(0, settings.bodyMax), Int.max / 2)
        self.address = address
        self.handler = handler
        isUnix = if case .unix = address { true } else { false }
    }

    // MARK: - Start and stop

    /// Hands the socket to the library and starts its thread.
    func start(_ socket: consuming ListeningSocket) throws(DaemonError) {
        // The library's reference; given up when its thread is gone (`stopLibrary`).
        let context = Unmanaged.passRetained(self)
        guard let library = LibraryCallbacks.start(self, context: context.toOpaque(), socket: socket.descriptor) else {
            context.release()
            throw .libraryRefused(address: address.description)
        }
        socket.giveUp()
        state.withLock { $0.library = UInt(bitPattern: library) }
    }

    func stop() async {
        let isFirst = change { state in
            guard state.phase == .running else { return false }
            state.phase = .stopping
            return true
        }
        guard isFirst else { return await reached(.stopped) }
        // From here on no exchange begins, and a stream that comes is ended at once: nothing suspends any more once the
        // handlers are done and today's streams have ended. The library aborts the process when it is stopped with a
        // connection suspended.
        endStreams()
        await reached(.handlersDone)
        let timer = Task {
            try await Task.sleep(for: Self.drainTimeMax)
            change { $0.isDrainTimeOver = true }
        }
        await reached(.exchangesDone)
        timer.cancel()
        await withCheckedContinuation { continuation in
            // It joins the library's thread, and a task must not block.
            DispatchQueue.global().async {
                self.stopLibrary()
                continuation.resume()
            }
        }
        ListeningSocket.removeFile(of: address)
        change { $0.phase = .stopped }
    }

    private func stopLibrary() {
        let library = state.withLock { state in
            defer { state.library = 0 }
            return state.library
        }
        guard let library = OpaquePointer(bitPattern: library) else { return }
        MHD_stop_daemon(library)
        Unmanaged.passUnretained(self).release()
    }

    private func reached(_ goal: Goal) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.isReached(goal) { return true }
                state.waiters.append((goal, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }

    /// Changes the state and wakes whoever waited for what it has become.
    @discardableResult
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, ready) = state.withLock { state in
            let result = body(&state)
            return (result, state.takeWaiters())
        }
        for continuation in ready { continuation.resume() }
        return result
    }

    // MARK: - Identity

    /// Changes the identity that new connections see.
    func use(_ identity: TLSIdentity) throws(TLSIdentity.Fault) {
        let loaded = try LoadedTLS(identity)
        self.identity.withLock { if $0 != nil { $0 = loaded } }
    }

    /// The identity that a new connection has to be given.
    var currentIdentity: LoadedTLS? { identity.withLock { $0 } }

    // MARK: - Connections, exchanges, streams

    /// Connections that there may be past the limit, while those that make room are on their way out: the library
    /// accepts ten at a time, and sees their ends one or two turns of its loop later.
    static let connectionsSpare = 64

    /// Whether one more connection is welcome; on the library's thread. The library itself leaves those past its limit
    /// unaccepted, where they hang; so its limit lies higher, and what is too much is closed here.
    ///
    /// Clients that connect and stay silent, or send a byte now and then, so never keep others out: each newcomer costs
    /// the oldest of them its place.
    func accepts() -> Bool {
        let (isWelcome, leaving) = state.withLock { state -> (Bool, LibraryConnection?) in
            guard state.phase == .running else { return (false, nil) }
            let past = state.connections - settings.connectionsMax
            if past < 0 { return (true, nil) }
            guard past < Self.connectionsSpare, let leaving = state.waiting.takeLongest() else { return (false, nil) }
            return (true, leaving)
        }
        // The library closes connections on this thread only, so this one is still there.
        leaving?.shutDown()
        return isWelcome
    }

    func connectionBegan(_ connection: LibraryConnection) {
        change { state in
            state.connections += 1
            state.waiting.begin(connection)
        }
    }

    func connectionEnded(_ connection: LibraryConnection) {
        change { state in
            state.connections -= 1
            state.waiting.end(connection)
        }
    }

    /// The client of the connection has to do something next, or has done it.
    func waits(for connection: LibraryConnection, _ isWaiting: Bool) {
        state.withLock { isWaiting ? $0.waiting.begin(connection) : $0.waiting.end(connection) }
    }

    /// Sets `count` bytes of content aside for an exchange; false when there is no room for them.
    func reserve(_ count: Int) -> Bool {
        state.withLock { state in
            guard count <= settings.contentMax - state.contentBytes else { return false }
            state.contentBytes += count
            return true
        }
    }

    /// Gives back what was set aside.
    func release(_ count: Int) { state.withLock { $0.contentBytes -= count } }

    /// Counts an exchange and its handler; false when the daemon stops and the handler must not be called.
    func exchangeBegan() -> Bool {
        change { state in
            guard state.phase == .running else { return false }
            state.exchanges += 1
            state.handlers += 1
            return true
        }
    }

    func handlerEnded() { change { $0.handlers -= 1 } }
    func exchangeEnded() { change { $0.exchanges -= 1 } }

    /// Takes a stream that is about to be sent; while the daemon stops it ends after what it holds.
    func streamBegan(_ stream: ResponseStream) {
        let (isTaken, mustBeat) = state.withLock { state in
            guard state.phase == .running else { return (false, false) }
            state.streams[ObjectIdentifier(stream)] = stream
            defer { state.isBeating = true }
            return (true, !state.isBeating)
        }
        if !isTaken { stream.end() }
        if mustBeat { Task.detached { await self.beat() } }
    }

    func endStreams() {
        for stream in state.withLock({ Array($0.streams.values) }) { stream.end() }
    }

    func streamEnded(_ stream: ResponseStream) {
        change { $0.streams[ObjectIdentifier(stream)] = nil }
    }

    /// One task for the heartbeats of all streams, for as long as there are any.
    private func beat() async {
        while true {
            let streams = state.withLock { state in
                if state.streams.isEmpty { state.isBeating = false }
                return Array(state.streams.values)
            }
            guard !streams.isEmpty else { return }
            let now = ContinuousClock.now
            for stream in streams { stream.beat(now: now) }
            do { try await Task.sleep(for: Self.beatInterval) } catch { return }
        }
    }
}
