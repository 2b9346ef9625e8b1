import Locks
internal import Synchronization

/// A body that is written while it is read.
///
/// The handler makes one, keeps it, and returns it in its response. Writing never waits: bytes are kept until the
/// client takes them, and a client that lets more than `bufferMax` pile up is cut off. While nothing is there to be
/// read the connection is suspended, which costs nothing; as a suspended connection does not notice that its client
/// left, the heartbeat writes something into it now and then (a client is found gone by the second heartbeat after it
/// left).
///
///     let ping = Array(": ping\n\n".utf8)
///     let stream = ResponseStream(bufferMax: 65_536, heartbeat: .seconds(5), heartbeatBytes: ping) {}
///     feed.add { stream.write($0) }
///     return Response(status: 200, fields: [("Content-Type", "text/event-stream")], body: .stream(stream))
package final class ResponseStream: Sendable {
    private enum Phase {
        /// Takes bytes.
        case open
        /// Takes none; what is there is still sent, then the body ends properly.
        case finishing
        /// The body ends short.
        case cut
    }

    private struct State {
        var phase = Phase.open
        var pending = ByteQueue()
        /// The connection that sends this body; nil before the response is queued and after the request ended.
        var connection: LibraryConnection?
        /// Whether the response was ever queued: a stream belongs to one.
        var attached = false
        /// Whether we suspended the connection and have not resumed it: the only state in which it may be resumed.
        var suspended = false
        var lastSent = ContinuousClock.now
    }

    private let heartbeat: Duration
    private let bufferMax: Int
    private let heartbeatBytes: [UInt8]
    private let onEnd: @Sendable () -> Void
    private let state = Lock(State())

    /// Creates a stream.
    ///
    /// - Parameters:
    ///   - bufferMax: Bytes kept for a client that does not read; one more and it is cut off.
    ///   - heartbeat: Silence after which `heartbeatBytes` are sent; kept to a quarter of a second.
    ///   - heartbeatBytes: Something that means nothing, such as `: ping\n\n` in an event stream.
    ///   - onEnd: Called once, when nothing more can be written: by `end()`, or as the client left, was too slow, or
    ///     the daemon stops. It may be called from the daemon's own thread and must not wait.
    package init(
        bufferMax: Int, heartbeat: Duration, heartbeatBytes: [UInt8], onEnd: @escaping @Sendable () -> Void
    ) {
        self.bufferMax = bufferMax
        self.heartbeat = heartbeat
        self.heartbeatBytes = heartbeatBytes
        self.onEnd = onEnd
    }

    deinit {
        // A stream that nobody queued and nobody holds any more has ended too.
        if state.withLock({ $0.phase == .open }) { onEnd() }
    }

    /// Gives `bytes` to the client; returns false when the stream has ended, or ends now as the client is too slow.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        let result: (taken: Bool, ended: Bool) = state.withLock { state in
            guard state.phase == .open else { return (false, false) }
            guard bytes.count <= bufferMax - state.pending.count else {
                Self.cut(&state)
                return (false, true)
            }
            state.pending.append(bytes)
            if !bytes.isEmpty { Self.resume(&state) }
            return (true, false)
        }
        if result.ended { onEnd() }
        return result.taken
    }

    /// Ends the body properly after what has been written. Calling it again does nothing.
    package func end() {
        let ended = state.withLock { state in
            guard state.phase == .open else { return false }
            state.phase = .finishing
            Self.resume(&state)
            return true
        }
        if ended { onEnd() }
    }

    // MARK: - The daemon's side

    /// Takes the connection that will read from here; false when another response has taken the stream before.
    func attach(_ connection: LibraryConnection) -> Bool {
        state.withLock { state in
            guard !state.attached else { return false }
            state.attached = true
            state.connection = connection
            state.lastSent = .now
            return true
        }
    }

    /// The response that holds the stream will not be sent: its client left before. A stream that another response
    /// has taken goes on.
    func abandon() {
        let ended = state.withLock { state in
            guard !state.attached, state.phase == .open else { return false }
            state.attached = true
            Self.cut(&state)
            return true
        }
        if ended { onEnd() }
    }

    /// The request ended: the connection must not be touched from here on.
    func detach() {
        let ended = state.withLock { state in
            state.connection = nil
            state.suspended = false
            let wasOpen = state.phase == .open
            state.phase = .cut
            state.pending = ByteQueue()
            return wasOpen
        }
        if ended { onEnd() }
    }

    /// What the library's reader gets next.
    enum ReadResult {
        case bytes(Int)
        /// Nothing; the connection is suspended.
        case nothing
        case endOfStream
        case endWithError
    }

    /// Copies what is pending into `target`, on the library's thread; suspends the connection when nothing is.
    ///
    /// A reader that returns nothing without suspending is called again at once, for ever.
    func read(into target: UnsafeMutableRawBufferPointer) -> ReadResult {
        state.withLock { state in
            switch state.phase {
            case .cut: return .endWithError
            case .open, .finishing: break
            }
            let count = state.pending.take(into: target)
            if count > 0 {
                state.lastSent = .now
                return .bytes(count)
            }
            if state.phase == .finishing { return .endOfStream }
            guard let connection = state.connection else { return .endWithError }
            // Suspended inside the lock, so that no writer can see it suspended before the library does.
            connection.suspend()
            state.suspended = true
            return .nothing
        }
    }

    /// Writes the heartbeat when it is due.
    func beat(now: ContinuousClock.Instant) {
        state.withLock { state in
            guard state.phase == .open, state.suspended, state.lastSent + heartbeat <= now else { return }
            state.lastSent = now
            state.pending.append(heartbeatBytes)
            Self.resume(&state)
        }
    }

    // MARK: - Steps inside the lock

    private static func resume(_ state: inout State) {
        guard state.suspended, let connection = state.connection else { return }
        state.suspended = false
        connection.resume()
    }

    private static func cut(_ state: inout State) {
        state.phase = .cut
        state.pending = ByteQueue()
        if state.suspended {
            resume(&state)
        } else {
            // The library waits for room in the socket, which may never come: break the socket instead.
            state.connection?.shutDown()
        }
    }
}
