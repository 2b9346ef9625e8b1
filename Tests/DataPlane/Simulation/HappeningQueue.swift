/// What lies ahead in a simulated world, by time; what is due at the same time happens in the order it was planned.
struct HappeningQueue {
    private struct Happening {
        var time: UInt64
        var number: UInt64
        var action: () -> Void
    }

    // A binary heap.
    private var heap: [Happening] = []
    private var count: UInt64 = 0

    /// When the next thing happens; nil when nothing lies ahead.
    var next: UInt64? { heap.first?.time }

    /// Plans `action` for `time`.
    mutating func add(at time: UInt64, _ action: @escaping () -> Void) {
        count += 1
        heap.append(Happening(time: time, number: count, action: action))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out what is due at `now`; nil when nothing is.
    mutating func takeDue(at now: UInt64) -> (() -> Void)? {
        guard let first = heap.first, first.time <= now, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return first.action }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            guard least != parent else { return first.action }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (heap[a].time, heap[a].number) < (heap[b].time, heap[b].number)
    }
}
