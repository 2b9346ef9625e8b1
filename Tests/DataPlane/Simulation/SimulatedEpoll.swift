import Synchronization

@testable import DataPlane

/// What one loop watches, as an epoll instance does, and when it wants to be woken.
///
/// `@unchecked Sendable` is right because one thread uses it, its world's: whatever changes it has
/// ``SimulatedWorld/checkThread()`` stop any other first, and only the world asks how it stands.
final class SimulatedEpoll: @unchecked Sendable {
    let world: SimulatedWorld
    let waker: SimulatedWaker
    /// When the last wait would have ended by itself.
    private(set) var wakeAt: UInt64 = 0
    /// Whether the last wait found nothing, so that the loop really waits.
    private(set) var isWaiting = false
    /// How many sockets are watched.
    private(set) var watchedCount = 0

    private var pending: [SimulatedWatch] = []
    private var listeners: [(descriptor: Int32, token: UInt64, listener: SimulatedListener)] = []

    init(world: SimulatedWorld) {
        self.world = world
        waker = SimulatedWaker(world: world)
    }

    /// Whether a wait would return at once.
    var isDue: Bool {
        !isWaiting || wakeAt <= world.now || waker.isSet || listeners.contains { !$0.listener.backlog.isEmpty }
            || pending.contains { $0.isReported }
    }

    func add(_ end: SimulatedEnd, token: UInt64) {
        world.checkThread()
        if end.watch != nil { world.violate(.descriptors, "a socket is watched twice") }
        let watch = SimulatedWatch(end: end, token: token, epoll: self)
        end.watch = watch
        watchedCount += 1
        if world.faults.omitsRoomAtFirst, end.readiness == .writable, !end.hasMissedRoom { return }
        watch.hasEdge()
    }

    func remove(_ end: SimulatedEnd) {
        world.checkThread()
        guard let watch = end.watch else { return }
        if watch.epoll !== self {
            world.violate(.descriptors, "a socket is unwatched by a loop that does not watch it")
        }
        watch.epoll?.forget(watch)
        end.watch = nil
    }

    func add(_ listener: SimulatedListener, _ descriptor: Int32, token: UInt64) {
        world.checkThread()
        listeners.append((descriptor, token, listener))
    }

    func removeListener(_ descriptor: Int32) {
        world.checkThread()
        listeners.removeAll { $0.descriptor == descriptor }
    }

    /// A watch has something to report.
    func enqueue(_ watch: SimulatedWatch) {
        world.checkThread()
        pending.append(watch)
    }

    /// Reports what is there, in an order of chance, and never waits.
    func wait(into events: inout [KernelEvent], nanoseconds: Int64) {
        world.checkThread()
        wakeAt = nanoseconds < 0 ? .max : world.now &+ UInt64(nanoseconds)
        if waker.take() { events.append(KernelEvent(token: KernelEvent.wakeToken, readiness: .readable)) }
        for entry in listeners where !entry.listener.backlog.isEmpty {
            events.append(KernelEvent(token: entry.token, readiness: .readable))
        }
        let most = world.pick(1...world.faults.eventsMax)
        while !pending.isEmpty, events.count < most {
            pending.swapAt(world.pick(0...pending.count - 1), pending.count - 1)
            let watch = pending.removeLast()
            watch.isPending = false
            // As epoll does, it reports what is so now, whatever the edge was; and what comes too late.
            guard watch.isReported else { continue }
            events.append(KernelEvent(token: watch.token, readiness: watch.takeReadiness()))
        }
        isWaiting = events.isEmpty && nanoseconds != 0
    }

    private func forget(_ watch: SimulatedWatch) {
        watch.isGone = true
        watchedCount -= 1
    }
}

/// A socket that a loop watches for edges.
final class SimulatedWatch {
    weak var end: SimulatedEnd?
    let token: UInt64
    weak var epoll: SimulatedEpoll?
    var isPending = false
    var isGone = false
    // Of bytes that were taken since.
    private var late: Readiness = []

    init(end: SimulatedEnd, token: UInt64, epoll: SimulatedEpoll) {
        self.end = end
        self.token = token
        self.epoll = epoll
    }

    private var readiness: Readiness { end.map { $0.readiness.union(late) } ?? [] }

    /// Whether a wait would report it.
    var isReported: Bool { !isGone && !readiness.isEmpty }

    /// What it reports, late events only once.
    func takeReadiness() -> Readiness {
        defer { late = [] }
        return readiness
    }

    /// Bytes that are gone by now will be reported.
    func hasLateEvent() {
        late = .readable
        hasEdge()
    }

    /// Something has changed: it is reported once.
    func hasEdge() {
        guard !isPending, !isGone else { return }
        isPending = true
        epoll?.enqueue(self)
    }
}

/// Ends the wait of a simulated loop.
final class SimulatedWaker: LoopWaker {
    private let world: SimulatedWorld
    // Atomic only to be Sendable: all is one thread.
    private let signal = Atomic(false)

    init(world: SimulatedWorld) { self.world = world }

    var isSet: Bool { signal.load(ordering: .relaxed) }

    func wake() {
        world.checkThread()
        signal.store(true, ordering: .relaxed)
    }

    func take() -> Bool { signal.exchange(false, ordering: .relaxed) }
}
