import Dispatch

/// Runs blocking code on a thread of its own and waits for it without blocking the task's thread.
public func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        // A serial queue of its own: the shared ones run only as many blocks at once as there are cores.
        DispatchQueue(label: "test").async { continuation.resume(with: Result { try body() }) }
    }
}
