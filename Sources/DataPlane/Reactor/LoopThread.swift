import CReactor
import Glibc

/// A thread that lives for one loop.
enum LoopThread {
    /// Starts a thread that is the loop's for the time of `run`.
    ///
    /// - Parameters:
    ///   - name: What the system shows; at most 15 bytes.
    ///   - executor: The loop's; its thread this is from now on.
    ///   - run: All turns of the loop, usually through its actor's `assumeIsolated`.
    static func start(name: String, executor: LoopExecutor, run: @escaping @Sendable () -> Void) {
        let life = Life(name: name, executor: executor, body: run)
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
        let body: @Sendable () -> Void

        init(name: String, executor: LoopExecutor, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.executor = executor
            self.body = body
        }

        func run() {
            sluice_name_thread(name)
            executor.withCurrent(body)
        }
    }
}
