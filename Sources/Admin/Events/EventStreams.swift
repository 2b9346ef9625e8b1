import Control
import Locks
import MicroHTTPD
import Synchronization

/// Those who watch: each a stream of Server-Sent Events (HTML standard, section 9.2) that the event log feeds.
final class EventStreams: Sendable {
    /// Streams at once; one more gets 503.
    static let streamsMax = 64
    /// A reader that lags by more bytes is cut off; it comes back and resumes.
    static let bufferBytesMax = 2 << 20
    /// What is sent again to one that resumes: its newest part, when it missed more.
    static let replayBytesMax = 1 << 20
    /// A comment this often tells clients that the stream lives, and the server which clients do not.
    static let heartbeat: Duration = .seconds(5)

    private let events: EventLog
    private let instance: String
    private let open = Lock(0)

    /// No stream yet.
    init(events: EventLog, instance: String) {
        self.events = events
        self.instance = instance
    }

    /// How many there are.
    var count: Int { open.withLock { $0 } }

    /// Opens one.
    ///
    /// - Parameters:
    ///   - kinds: What it is told of.
    ///   - lastID: `Last-Event-ID`, when there was one: what came since is sent first, if it is still kept.
    ///   - greeting: The JSON of a `sample` for one that does not resume, so that it need not wait for the next.
    /// - Returns: nil when there are too many.
    func stream(_ kinds: Set<Event.Kind>, lastID: String?, greeting: () -> String) -> ResponseStream? {
        let isFree = open.withLock { open in
            if open >= Self.streamsMax { return false }
            open += 1
            return true
        }
        guard isFree else { return nil }
        let newest = events.lastID
        let subscription = Subscription(events: events, instance: instance, kinds: kinds)
        let stream = ResponseStream(
            bufferMax: Self.bufferBytesMax, heartbeat: Self.heartbeat, heartbeatBytes: Array(": ping\n\n".utf8)
        ) { [weak self] in
            subscription.ended()
            self?.open.withLock { $0 -= 1 }
        }
        var first = "retry: 2000\n\n"
        var position = newest
        if let id = lastID.flatMap(resumable), id <= newest {
            position = id
        } else if kinds.contains(.sample) {
            first += subscription.text(id: newest, .sample, greeting())
        }
        subscription.start(stream, at: position, first: Array(first.utf8))
        return stream
    }

    /// The number of an id that this run of the process gave.
    private func resumable(_ id: String) -> UInt64? {
        let prefix = "\(instance)-"
        return id.hasPrefix(prefix) ? UInt64(id.dropFirst(prefix.count)) : nil
    }
}

/// One stream's place in the event log.
private final class Subscription: Sendable {
    private struct Ending {
        var observer: UInt64?
        var isEnded = false
    }

    private let events: EventLog
    private let instance: String
    private let kinds: Set<Event.Kind>
    // The id of the event written last. Held while writing, so that events of two threads keep their order.
    private let position = Lock<UInt64>(0)
    // A lock of its own: the stream may end, and say so, inside of a write.
    private let ending = Lock(Ending())

    init(events: EventLog, instance: String, kinds: Set<Event.Kind>) {
        self.events = events
        self.instance = instance
        self.kinds = kinds
    }

    /// Writes `first`, then what came after the event called `id`, then whatever comes.
    func start(_ stream: ResponseStream, at id: UInt64, first: [UInt8]) {
        position.withLock { $0 = id }
        _ = stream.write(first)
        // What is missed is sent before the log tells of new events; what comes in between is found by the last call.
        pump(into: stream, budget: EventStreams.replayBytesMax)
        // The log must not keep a stream alive: one that is given up ends, which takes the observer away.
        let observer = events.observe { [weak self, weak stream] in
            if let self, let stream { self.pump(into: stream, budget: .max) }
        }
        let isEnded = ending.withLock { ending in
            ending.observer = observer
            return ending.isEnded
        }
        if isEnded { events.cancel(observer) } else { pump(into: stream, budget: .max) }
    }

    /// The stream is no more.
    func ended() {
        let observer = ending.withLock { ending in
            ending.isEnded = true
            return ending.observer
        }
        if let observer { events.cancel(observer) }
    }

    private func pump(into stream: ResponseStream, budget: Int) {
        position.withLock { position in
            let missed = events.events(after: position)
            guard let last = missed.last else { return }
            var texts: [String] = []
            var left = budget
            // From the newest back, so that a replay that is too long loses its oldest part.
            for event in missed.reversed() where kinds.contains(event.kind) {
                let text = text(id: event.id, event.kind, event.json)
                left -= text.utf8.count
                if left < 0 { break }
                texts.append(text)
            }
            position = last.id
            let bytes = texts.reversed().flatMap { Array($0.utf8) }
            if !bytes.isEmpty { _ = stream.write(bytes) }
        }
    }

    /// One event as it goes over the wire.
    func text(id: UInt64, _ kind: Event.Kind, _ json: String) -> String {
        "id: \(instance)-\(id)\nevent: \(kind.rawValue)\ndata: \(json)\n\n"
    }
}
