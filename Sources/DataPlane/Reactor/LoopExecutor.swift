import CReactor
import Locks
import Synchronization

/// The queue of jobs of one loop: the serial executor of its actor and the task executor of its tasks.
///
/// Jobs from the loop's own thread need no lock. A job from another thread takes one and wakes the loop.
///
/// `@unchecked Sendable` is right because one thread touches `local`: ``enqueue(_:)`` does so only where ``isCurrent``
/// holds, and whatever else does insists on it. Only within ``withCurrent(_:)`` it holds, which a loop has its one thread
/// call (``LoopThread``), and a simulation its only one. All else is immutable, atomic or behind a lock.
final class LoopExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
    private var local: [UnownedJob] = []
    private let remote = Lock<[UnownedJob]>([])
    private let signalled = Atomic<Bool>(false)
    private let foreign = Atomic<Int>(0)
    private let waker: any LoopWaker
    /// Unique in the process, never zero: what ``sluice_current_loop`` says during this loop's turn.
    private let identity: UInt64

    private static let identities = Atomic<UInt64>(0)

    /// A queue whose loop `waker` wakes.
    init(waker: any LoopWaker) {
        self.waker = waker
        identity = Self.identities.wrappingAdd(1, ordering: .relaxed).newValue
        local.reserveCapacity(256)
    }

    /// Whether the caller runs in this loop's turn.
    var isCurrent: Bool { sluice_current_loop() == identity }

    /// How many jobs came from other threads so far: none of a request may (a test holds this).
    var foreignJobs: Int { foreign.load(ordering: .relaxed) }

    /// Whether a job waits to run on this thread.
    var hasJobs: Bool {
        checkIsolated()
        return !local.isEmpty
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            local.append(job)
            return
        }
        foreign.wrappingAdd(1, ordering: .relaxed)
        remote.withLock { $0.append(job) }
        // Pairs with the exchange in takeRemote: whoever finds false there has not yet taken this job.
        if !signalled.exchange(true, ordering: .acquiringAndReleasing) { waker.wake() }
    }

    /// Makes this thread the loop's for the time of `body`: one turn of it, or the life of its thread.
    func withCurrent<R>(_ body: () -> R) -> R {
        let outer = sluice_current_loop()
        sluice_set_current_loop(identity)
        defer { sluice_set_current_loop(outer) }
        return body()
    }

    /// Moves the jobs that other threads left into the loop's own queue; called when the waker was heard.
    func takeRemote() {
        checkIsolated()
        _ = signalled.exchange(false, ordering: .acquiringAndReleasing)
        let jobs = remote.withLock { jobs in
            defer { jobs.removeAll() }
            return jobs
        }
        local.append(contentsOf: jobs)
    }

    /// Runs jobs until none is left, those included that they enqueue here.
    func drain() {
        checkIsolated()
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var next = 0
        while next < local.count {
            local[next].runSynchronously(isolatedTo: serial, taskExecutor: task)
            next += 1
        }
        local.removeAll(keepingCapacity: true)
    }

    func isIsolatingCurrentContext() -> Bool? { isCurrent }

    func checkIsolated() { precondition(isCurrent, "not on the loop's thread") }
}
