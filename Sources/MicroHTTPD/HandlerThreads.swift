internal import CMicroHTTPD
internal import Dispatch
internal import Glibc
import Locks
internal import Synchronization

/// The threads that handlers run on: few, and nicer than all others of the process.
///
/// On the global pool, and at the same priority, somebody who floods a daemon takes the processor away from what the
/// process is really for. The threads are there for all daemons, from the first one on, and never end.
final class HandlerThreads: TaskExecutor {
    /// One more than one, so that a handler that computes for long does not hold up the others.
    static let shared = HandlerThreads(count: 2)

    private let jobs = Lock<[UnownedJob]>([])
    private let count = DispatchSemaphore(value: 0)

    private init(count: Int) {
        for _ in 0..<count {
            // Detached, as nobody waits for its end; `self` is kept for ever by `shared`.
            var thread = pthread_t()
            let context = Unmanaged.passRetained(self)
            let failure = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    sluice_thread_be_nice()
                    Unmanaged<HandlerThreads>.fromOpaque(context).takeRetainedValue().work()
                }, context.toOpaque())
            precondition(failure == 0, "no thread for the handlers: \(String(cString: strerror(failure)))")
            pthread_detach(thread)
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        count.signal()
    }

    private func work() -> Never {
        while true {
            count.wait()
            let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            job?.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
