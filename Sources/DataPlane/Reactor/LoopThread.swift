import CReactor
import Glibc

/// A thread that lives for one loop.
enum LoopThread {
    /// Starts a thread that runs `turn`, then the jobs that became ready in it, until `turn` returns false.
    ///
    /// - Parameters:
    ///   - name: What the system shows; at most 15 bytes.
    ///   - executor: The loop's; its thread this is from now on.
    ///   - turn: One turn of the loop, usually through its actor's `assumeIsolated`.
    ///   - end: Called on the thread after the last turn.
    static func start(
        name: String, executor: LoopExecutor, turn: @escaping @Sendable () -> Bool,
        end: @escaping @Sendable () -> Void
    ) {
        let life = Life(name: name, executor: executor, turn: turn, end: end)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Life>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(life).toOpaque())
        precondition(status == 0, "the system gives no thread for a loop: \(String(cString: strerror(status)))")
        pthread_detach(thread)
    }

    private final class Life {
        let name: String
        let executor: LoopExecutor
        let turn: @Sendable () -> Bool
        let end: @Sendable () -> Void

        init(
            name: String, executor: LoopExecutor, turn: @escaping @Sendable () -> Bool,
            end: @escaping @Sendable () -> Void
        ) {
            self.name = name
            self.executor = executor
            self.turn = turn
            self.end = end
        }

        func run() {
            sluice_name_thread(name)
            executor.withCurrent {
                while turn() { executor.drain() }
                executor.drain()
                end()
            }
        }
    }
}
