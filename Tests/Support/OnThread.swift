import Dispatch

/// Runs blocking code on a thread of its own and waits for it without blocking the task's thread.
///
/// It stays in the test's own task, so that what it expects is recorded for that test.
public func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(ThreadExecutor()) { try await step(body) }
}

/// A job of its own, which the executor's thread runs.
@concurrent
private func step<Value: Sendable>(_ body: @Sendable () throws -> Value) async throws -> Value { try body() }

/// Runs jobs on a serial queue of its own: the shared ones run only as many blocks at once as there are cores.
private final class ThreadExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "test")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
