// ThreadSanitizer reports races that are none when a `Mutex` is contended: its slow path lies in the runtime and the
// kernel, where the sanitizer does not see who waits for whom. A run with `--sanitize=thread -Xswiftc -DTSAN` sees it.
#if TSAN
    import Glibc
    import Synchronization

    /// A `Mutex` behind a spin lock of atomics that the sanitizer understands, so that the mutex is never contended.
    package struct Lock<Value>: ~Copyable, Sendable {
        private let isTaken = Atomic(false)
        private let mutex: Mutex<Value>

        /// A lock around `value`.
        package init(_ value: consuming sending Value) { mutex = Mutex(value) }

        /// Calls `body` with the value while no other thread has it.
        package borrowing func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            // Pairs with the release below: what the last holder wrote is seen. Whoever waits sleeps a little, or many of
            // them would leave the holder no processor to come to its end on.
            while isTaken.exchange(true, ordering: .acquiring) { usleep(20) }
            defer { isTaken.store(false, ordering: .releasing) }
            return try mutex.withLock(body)
        }
    }
#else
    package import Synchronization

    /// The standard library's lock around a value.
    package typealias Lock<Value> = Mutex<Value>
#endif
