import Locks
import Synchronization

/// Lets asynchronous work be done one after the other, in the order in which it came.
final class Turns: Sendable {
    private let last = Lock<Task<Void, Never>?>(nil)

    /// Does `work` when all that came before it is done.
    func take<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) async -> Result {
        let task = last.withLock { last in
            let before = last
            let task = Task.detached {
                await before?.value
                return await work()
            }
            last = Task.detached { _ = await task.value }
            return task
        }
        return await task.value
    }
}
