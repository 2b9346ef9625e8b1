/// The newest events, bounded by their number and by the bytes of their JSON. At least the newest one is kept.
struct EventMemory: Sendable {
    /// From the oldest to the newest.
    private(set) var events: [Event] = []
    private var bytes = 0
    private let eventsMax: Int
    private let bytesMax: Int

    /// An empty one.
    init(eventsMax: Int, bytesMax: Int) {
        self.eventsMax = eventsMax
        self.bytesMax = bytesMax
    }

    /// Puts one behind the others; the oldest make room.
    mutating func append(_ event: Event) {
        events.append(event)
        bytes += event.json.utf8.count
        var gone = 0
        while events.count - gone > 1, events.count - gone > eventsMax || bytes > bytesMax {
            bytes -= events[gone].json.utf8.count
            gone += 1
        }
        events.removeFirst(gone)
    }
}
