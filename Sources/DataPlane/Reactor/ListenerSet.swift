/// Takes the clients that wait at a listener.
class Acceptor {
    /// Accept now. Returns false when descriptors have run out, so that accepting must rest.
    func acceptable() -> Bool { true }
    /// Accept all that wait: the listener closes.
    func acceptRemaining() {}
}

/// A loop's listeners. When the process has no descriptor left, they rest for a while: a level-triggered listener
/// that cannot accept would spin.
final class ListenerSet<K: Kernel> {
    // 100 ms: long enough to cost nothing, short enough that no client notices.
    private static var rest: UInt64 { 100_000_000 }
    // Listeners' tokens lie above all those of sockets (their generation would have to reach its end) but the waker's.
    private static var firstToken: UInt64 { 0xFFFF_FFFF_0000_0000 }

    private let kernel: K
    private var entries: [(descriptor: Descriptor, acceptor: Acceptor)] = []
    /// When resting ends.
    private(set) var resumeAt = Instant.never

    /// None yet.
    init(kernel: K) { self.kernel = kernel }

    /// Watches `listener`.
    func add(_ listener: Descriptor, _ acceptor: Acceptor) throws(SystemError) {
        try kernel.watchListener(listener, token: Self.firstToken + UInt64(entries.count))
        entries.append((listener, acceptor))
    }

    /// Takes the clients that have connected already, and closes all of them: others must find another process.
    func removeAll() {
        for entry in entries {
            entry.acceptor.acceptRemaining()
            if resumeAt == .never { kernel.unwatch(entry.descriptor) }
            kernel.close(entry.descriptor)
        }
        entries = []
        resumeAt = .never
    }

    /// Clients wait at the listener of `token`.
    func acceptable(_ token: UInt64, now: Instant) {
        guard token >= Self.firstToken, resumeAt == .never else { return }
        let index = Int(token - Self.firstToken)
        guard index < entries.count, !entries[index].acceptor.acceptable() else { return }
        entries.forEach { kernel.unwatch($0.descriptor) }
        resumeAt = now.advanced(nanoseconds: Self.rest)
    }

    /// Ends the rest when its time has come.
    func resume(now: Instant) {
        guard resumeAt <= now else { return }
        resumeAt = .never
        for (index, entry) in entries.enumerated() {
            // It was watched before, so only a lack of memory can fail here; then it rests on.
            do {
                try kernel.watchListener(entry.descriptor, token: Self.firstToken + UInt64(index))
            } catch {
                entries[..<index].forEach { kernel.unwatch($0.descriptor) }
                resumeAt = now.advanced(nanoseconds: Self.rest)
                return
            }
        }
    }
}
