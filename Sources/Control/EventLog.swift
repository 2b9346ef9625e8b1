import Locks
import Synchronization

/// The last events, in order. Any thread adds; any thread reads on from where it was.
package final class EventLog: Sendable {
    private struct State {
        var events: [Event] = []
        var nextID: UInt64 = 1
        var observers: [UInt64: @Sendable () -> Void] = [:]
        var nextObserver: UInt64 = 1
    }

    /// How many events are kept for those that resume.
    package static let eventsMax = 1024

    private let state = Lock(State())

    /// An empty log.
    package init() {}

    /// Adds an event and tells those that watch.
    ///
    /// - Parameter json: One line.
    package func append(_ kind: Event.Kind, json: String) {
        let observers = state.withLock { state in
            state.events.append(Event(id: state.nextID, kind: kind, json: json))
            state.nextID += 1
            if state.events.count > Self.eventsMax { state.events.removeFirst(state.events.count - Self.eventsMax) }
            return Array(state.observers.values)
        }
        for tell in observers { tell() }
    }

    /// The events after the one called `id` that are still kept.
    package func events(after id: UInt64) -> [Event] {
        state.withLock { state in
            guard let first = state.events.first, let last = state.events.last, last.id > id else { return [] }
            return Array(state.events[Int(id >= first.id ? id - first.id + 1 : 0)...])
        }
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
