/// The loop's deadlines, one for each watcher that has any: numbers in a row that are swept, no timer objects.
///
/// Setting one is a store. The row is looked through when the earliest deadline of the last sweep has come, but not
/// more often than its length allows.
struct Deadlines {
    /// A watcher's place in the row.
    struct Slot: Hashable {
        fileprivate let index: Int
    }

    /// When the row must be looked through next.
    private(set) var nextSweep = Instant.never

    private var instants: [Instant] = []
    private var watchers: [Watcher?] = []
    private var vacant: [Int] = []

    /// Gives `watcher` a place, with no deadline yet.
    mutating func add(_ watcher: Watcher) -> Slot {
        if let index = vacant.popLast() {
            watchers[index] = watcher
            return Slot(index: index)
        }
        instants.append(.never)
        watchers.append(watcher)
        return Slot(index: instants.count - 1)
    }

    /// Takes the place back.
    mutating func remove(_ slot: Slot) {
        instants[slot.index] = .never
        watchers[slot.index] = nil
        vacant.append(slot.index)
    }

    /// Sets, moves or (``Instant/never``) ends a deadline.
    mutating func set(_ slot: Slot, to instant: Instant) {
        instants[slot.index] = instant
        if instant < nextSweep { nextSweep = instant }
    }

    /// Looks the row through: moves the watchers whose time has come into `due`, and ends their deadlines.
    mutating func sweep(now: Instant, into due: inout [Watcher]) {
        var earliest = Instant.never
        for index in instants.indices {
            let instant = instants[index]
            if instant <= now {
                instants[index] = .never
                if let watcher = watchers[index] { due.append(watcher) }
            } else if instant < earliest {
                earliest = instant
            }
        }
        let pause = 100_000 + UInt64(instants.count) * 2_000
        nextSweep = max(earliest, now.advanced(nanoseconds: pause))
        if earliest == .never { nextSweep = .never }
    }
}
