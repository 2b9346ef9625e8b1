internal import CMicroHTTPD
import Locks
internal import Synchronization

/// One request and its response: what the library's per-request pointer points to.
///
/// The library calls `called` several times on its own thread: with the head, with each piece of the body, at its end,
/// and once more after the connection was resumed. The handler runs as a task meanwhile. What both touch is behind the
/// lock; the order of locks is this one, then the library's.
final class Exchange: Sendable {
    private enum Phase {
        /// The request line was seen.
        case head(RequestHead.Target)
        /// The head was read and is fine; the body comes.
        case body(Incoming)
        /// The handler's task runs and the connection is suspended.
        case running
        /// The handler has answered; the connection was resumed to send it.
        case answered(Response)
        /// The library has a response.
        case queued
        /// The request is over and the connection must not be touched.
        case ended
    }

    /// A request of which the body is still coming.
    private struct Incoming {
        var method: String
        var head: RequestHead
        var body: [UInt8] = []
        /// Bytes of a body that is too large, read only so that the client gets to see our answer.
        var swallowedBytes = 0
        var refusal: Refusal?
    }

    private struct State {
        var phase: Phase
        /// The response's stream, so that it hears of the end.
        var stream: ResponseStream?
        /// Bytes of content that were set aside for the request and its response.
        var reservedBytes = 0
        /// Whether the daemon counts this exchange among those that a stop waits for.
        var isCounted = false
    }

    /// What a call of the library leads to, decided inside the lock and done outside of it.
    private enum Step {
        case proceed
        case close
        case queue(Response)
        case start(Request)
    }

    /// A body that is too large is read up to this many bytes past the limit before the connection is closed: a close
    /// with bytes unread resets the connection, and the client would lose the 413.
    private static let swallowedBytesMax = 1 << 20

    private let core: DaemonCore
    private let connection: LibraryConnection
    private let state: Lock<State>

    /// Begins an exchange; `target` is the request target as it was sent.
    init(core: DaemonCore, connection: LibraryConnection, target: RequestHead.Target) {
        self.core = core
        self.connection = connection
        state = Lock(State(phase: .head(target)))
    }

    /// The library's access handler; `data` is a piece of the body, all of which is taken. False closes the connection.
    func called(
        method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, data: UnsafeRawBufferPointer?
    ) -> Bool {
        let step = state.withLock { state -> Step in
            switch state.phase {
            case .head(let target):
                return headRead(&state, target: target, method: method, version: version)
            case .body(var incoming):
                // Taken out of the state while it changes, so that the body is not copied.
                state.phase = .queued
                guard let data else { return bodyRead(&state, incoming) }
                let isTaken = take(data, into: &incoming, reserved: &state.reservedBytes)
                state.phase = .body(incoming)
                return isTaken ? .proceed : .close
            case .running:
                // Nothing resumes a running exchange but its answer; should the library call all the same, wait on.
                connection.suspend()
                return .proceed
            case .answered(let response):
                state.phase = .queued
                return .queue(response)
            case .queued, .ended:
                return .proceed
            }
        }
        switch step {
        case .proceed: return true
        case .close: return false
        case .queue(let response): return queue(response)
        case .start(let request):
            start(request)
            return true
        }
    }

    /// The library is done with the request, for good or ill; nothing of the connection may be used from here on.
    func ended() {
        let (stream, unsent, reservedBytes, isCounted) = state.withLock { state in
            let unsent: Response? = if case .answered(let response) = state.phase { response } else { nil }
            state.phase = .ended
            defer {
                state.stream = nil
                state.reservedBytes = 0
            }
            return (state.stream, unsent, state.reservedBytes, state.isCounted)
        }
        if reservedBytes > 0 { core.release(reservedBytes) }
        // The client left while the handler worked, and the library saw it before it asked for the answer.
        if case .stream(let stream) = unsent?.body { stream.abandon() }
        if let stream {
            stream.detach()
            core.streamEnded(stream)
        }
        if isCounted { core.exchangeEnded() }
    }

    // MARK: - Reading

    private func headRead(
        _ state: inout State, target: RequestHead.Target, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) -> Step {
        let head: RequestHead
        do {
            head = try RequestHead(connection, target: target, method: method, version: version)
        } catch {
            state.phase = .queued
            return .queue(error.response)
        }
        var incoming = Incoming(method: String(cString: method), head: head)
        let bodyMax = UInt64(core.bodyMax)
        if let length = head.contentLength, length > bodyMax {
            if head.expectsContinue || length > bodyMax + UInt64(Self.swallowedBytesMax) {
                state.phase = .queued
                return .queue(Refusal.bodyTooLarge.response)
            }
            incoming.refusal = .bodyTooLarge
        }
        state.phase = .body(incoming)
        return .proceed
    }

    private func take(
        _ data: UnsafeRawBufferPointer, into incoming: inout Incoming, reserved: inout Int
    ) -> Bool {
        if incoming.refusal == nil, data.count > core.bodyMax - incoming.body.count {
            incoming.swallowedBytes = incoming.body.count
            incoming.body = []
            incoming.refusal = .bodyTooLarge
        }
        if incoming.refusal == nil {
            if core.reserve(data.count) {
                reserved += data.count
            } else {
                incoming.swallowedBytes = incoming.body.count
                incoming.body = []
                incoming.refusal = .noRoom
            }
        }
        guard incoming.refusal == nil else {
            incoming.swallowedBytes += data.count
            return incoming.swallowedBytes <= core.bodyMax + Self.swallowedBytesMax
        }
        incoming.body.append(contentsOf: data)
        return true
    }

    private func bodyRead(_ state: inout State, _ incoming: Incoming) -> Step {
        if let refusal = incoming.refusal { return .queue(refusal.response) }
        guard core.exchangeBegan() else { return .queue(Refusal.stopping.response) }
        core.waits(for: connection, false)
        state.isCounted = true
        state.phase = .running
        // Suspended before the task exists, so that its answer always finds the connection suspended.
        connection.suspend()
        return .start(
            Request(
                method: incoming.method, path: incoming.head.path, query: incoming.head.query,
                fields: incoming.head.fields, body: incoming.body, client: core.isUnix ? "unix" : connection.client,
                localHost: core.isUnix ? nil : connection.localHost, isClientVerified: connection.isClientVerified))
    }

    // MARK: - Answering

    private func start(_ request: Request) {
        Task.detached(executorPreference: HandlerThreads.shared) { [self] in
            let response = await DaemonCore.$current.withValue(ObjectIdentifier(core)) {
                await core.handler(request)
            }
            state.withLock { state in
                guard case .running = state.phase else { return }
                state.phase = .answered(response)
                connection.resume()
            }
            core.handlerEnded()
        }
    }

    private func queue(_ response: Response) -> Bool {
        var response = response
        if case .stream(let stream) = response.body {
            if stream.attach(connection) {
                state.withLock { $0.stream = stream }
                core.streamBegan(stream)
            } else {
                response = Refusal(status: 500, detail: "the handler gave one stream to two responses").response
            }
        }
        if case .bytes(let bytes) = response.body {
            if core.reserve(bytes.count) {
                state.withLock { $0.reservedBytes += bytes.count }
            } else {
                response = Refusal.noRoom.response
            }
            core.waits(for: connection, true)
        }
        if let made = LibraryResponse(response) { return made.queue(on: connection) }
        if case .stream(let stream) = response.body { stream.end() }
        let failure = Refusal(status: 500, detail: "the handler's response has an invalid status or field")
        return LibraryResponse(failure.response)?.queue(on: connection) ?? false
    }
}
