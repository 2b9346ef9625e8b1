import Locks
import Synchronization

/// What one loop learns of its free sockets of one agent: how long they were idle until they were used again or
/// closed, and how many were never needed. Its loop writes; any thread reads.
public final class SocketReuse: Sendable {
    /// Every idle time that has ended, by whatever ended it.
    public let idle = Histogram()
    private let state = Lock(State())
    private let low = InlineArray<16, Counter> { _ in Counter() }
    private let lowMinute = InlineArray<16, Counter> { _ in Counter() }

    private struct State {
        var closedIdle: [UInt64] = []
        var next = 0
    }

    /// How many closes by the upstream are kept, the newest.
    package static let closesMax = 1_024
    /// How many minutes of fewest free sockets are kept.
    package static let minutes = 16

    /// Nothing learned yet.
    public init() {}

    /// The upstream closed a socket that had been free for so long. Rare enough for a lock.
    public func closedByUpstream(afterNanoseconds idle: UInt64) {
        state.withLock { state in
            if state.closedIdle.count < Self.closesMax {
                state.closedIdle.append(idle)
            } else {
                state.closedIdle[state.next] = idle
                state.next = (state.next + 1) % Self.closesMax
            }
        }
    }

    /// So many sockets are free now that one was taken; `minute` counts the loop's minutes, from 1.
    public func left(free: UInt64, minute: UInt64) {
        let slot = Int(minute % 16)
        if lowMinute[slot].value != minute {
            low[slot].add(free &- low[slot].value)
            lowMinute[slot].add(minute &- lowMinute[slot].value)
        } else if free < low[slot].value {
            low[slot].subtract(low[slot].value &- free)
        }
    }

    /// What was learned; any thread.
    package func read() -> SocketReuseSnapshot {
        var snapshot = SocketReuseSnapshot()
        snapshot.idle = idle.read()
        snapshot.closedIdle = state.withLock { $0.closedIdle }
        for slot in 0..<Self.minutes {
            let minute = lowMinute[slot].value
            if minute > 0 { snapshot.fewestFree.append((minute, low[slot].value)) }
        }
        return snapshot
    }
}

/// What was learned of one loop's free sockets.
package struct SocketReuseSnapshot: Sendable {
    /// Every idle time that has ended, by whatever ended it.
    package var idle = HistogramValue()
    /// The idle times in nanoseconds after which the upstream closed, the last ``SocketReuse/closesMax`` of them.
    package var closedIdle: [UInt64] = []
    /// For each of the last minutes in which a free socket was taken: how many were left when fewest were. In no order.
    package var fewestFree: [(minute: UInt64, free: UInt64)] = []

    /// Nothing.
    package init() {}
}
