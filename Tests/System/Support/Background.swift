import Dispatch

/// Blocking work beside a test's own thread.
enum Background {
    /// Runs `body` on a thread of its own.
    static func run(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "background").async { body() }
    }
}
