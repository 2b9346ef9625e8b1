import Locks
import Synchronization

/// Finds the worker that a message is for; filled once all of them exist.
final class WorkerDirectory<K: Kernel>: Sendable {
    private let workers = Lock<[Worker<K>]>([])

    /// Empty at first.
    init() {}

    /// Takes the workers in, by number.
    func fill(_ all: [Worker<K>]) { workers.withLock { $0 = all } }

    /// Gives `message` to worker number `number`; messages arrive in the order they are sent.
    func post(_ number: Int, _ message: LoopMessage) {
        guard let worker = workers.withLock({ number < $0.count ? $0[number] : nil }) else { return }
        Task(executorPreference: worker.executor) { await worker.receive(message) }
    }
}
