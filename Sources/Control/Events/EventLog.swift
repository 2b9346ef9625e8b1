import Locks
import Synchronization

/// The last events, in order. Any thread adds; any thread reads on from where it was.
package final class EventLog: Sendable {
    private struct State {
        var events = EventMemory(eventsMax: EventLog.eventsMax, bytesMax: EventLog.bytesMax)
        var changes = EventMemory(eventsMax: EventLog.changesMax, bytesMax: EventLog.changeBytesMax)
        var nextID: UInt64 = 1
        var observers: [UInt64: @Sendable () -> Void] = [:]
        var nextObserver: UInt64 = 1
    }

    /// How many events are kept for those that resume.
    package static let eventsMax = 1024
    /// How many bytes of JSON they may have: a sample of a hundred agents has some 70,000.
    package static let bytesMax = 8 << 20
    /// How many changes are kept for longer, since there is a sample each second, which soon takes their place above.
    package static let changesMax = 1024
    /// How many bytes of JSON those may have.
    package static let changeBytesMax = 1 << 20

    private let state = Lock(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    /// An empty log that takes the time of its events from `now`.
    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// Adds an event and tells those that watch.
    ///
    /// - Parameter json: One line.
    package func append(_ kind: Event.Kind, json: String) {
        let now = now()
        let observers = state.withLock { state in
            let event = Event(id: state.nextID, kind: kind, at: now, json: json)
            state.nextID += 1
            state.events.append(event)
            if kind == .change { state.changes.append(event) }
            return Array(state.observers.values)
        }
        for tell in observers { tell() }
    }

    /// The events after the one called `id` that are still kept.
    package func events(after id: UInt64) -> [Event] {
        state.withLock { state in
            let events = state.events.events
            guard let first = events.first, let last = events.last, last.id > id else { return [] }
            return Array(events[Int(id >= first.id ? id - first.id + 1 : 0)...])
        }
    }

    /// The changes since `earliest` that are still kept, in order.
    package func changes(since earliest: ContinuousClock.Instant) -> [Event] {
        state.withLock { $0.changes.events }.filter { $0.at >= earliest }
    }

    /// The id of the newest event; zero when there was none.
    package var lastID: UInt64 { state.withLock { $0.nextID - 1 } }

    /// Calls `tell` after each event, on the thread that added it, until `cancel` is called with the result.
    package func observe(_ tell: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            defer { state.nextObserver += 1 }
            state.observers[state.nextObserver] = tell
            return state.nextObserver
        }
    }

    /// Ends what ``observe(_:)`` began.
    package func cancel(_ observer: UInt64) {
        state.withLock { _ = $0.observers.removeValue(forKey: observer) }
    }
}
