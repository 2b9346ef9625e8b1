import Glibc

/// Threads of the system, for tests that need several loops at once whatever the global executor has.
enum Threads {
    private final class Work: Sendable {
        let index: Int
        let body: @Sendable (Int) -> Void
        init(_ index: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.index = index
            self.body = body
        }
    }

    /// A thread that could not be started, by errno.
    struct Failure: Error { var code: Int32 }

    /// Calls `body` with 0 to `count` - 1, each on a thread of its own, and returns when all are done.
    static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
        var threads: [pthread_t] = []
        defer { for thread in threads { pthread_join(thread, nil) } }
        for index in 0..<count {
            var thread = pthread_t()
            // Balanced by the new thread, which takes the reference back; or here, when there is none.
            let work = Unmanaged.passRetained(Work(index, body))
            let code = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                    work.body(work.index)
                    return nil
                }, work.toOpaque())
            guard code == 0 else {
                work.release()
                throw Failure(code: code)
            }
            threads.append(thread)
        }
    }
}
