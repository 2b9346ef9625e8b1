/// Why a task that waited goes on.
struct Reasons: OptionSet, Sendable {
    let rawValue: UInt16

    /// What became ready on the socket of a lane.
    init(_ readiness: Readiness, of lane: Lane) { rawValue = UInt16(readiness.rawValue) << lane.rawValue }

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The wait's deadline has passed.
    static let deadline = Reasons(rawValue: 1 << 8)
    /// What was asked for elsewhere has been given.
    static let granted = Reasons(rawValue: 1 << 9)
    /// The loop wants the task to end soon.
    static let stopping = Reasons(rawValue: 1 << 10)
    /// The others have had their turn.
    static let turn = Reasons(rawValue: 1 << 11)
}

/// The one place where a task waits, and the only one: a wait can end in several ways, and the first wins.
///
/// `wake` acts only when its reason is waited for; whoever was woken looks again at everything, since more may have
/// happened before it ran. There is no cancellation handler and no second task. A subclass can wait without a task:
/// ``expect(_:)`` begins that, and ``arrived(_:)`` ends it.
class Wait: Watcher {
    private var wanted: Reasons = []
    private var continuation: UnsafeContinuation<Reasons, Never>?
    /// Reasons other than sockets' that came while nobody waited for them; taken by the next wait for them.
    private var kept: Reasons = []
    /// How many waits in a row ended at once: its task has had the loop for itself that long.
    private(set) var unbroken = 0
    var first: Socket?
    var second: Socket?

    /// Watches `socket` as this task's first one.
    func watch(first socket: Socket) {
        first = socket
        socket.lane = .first
        socket.watcher = self
    }

    /// Watches `socket` as this task's second one.
    func watch(second socket: Socket) {
        second = socket
        socket.lane = .second
        socket.watcher = self
    }

    /// Watches the second socket no more.
    func unwatchSecond() {
        second?.watcher = nil
        second = nil
    }

    /// Waits for one of `reasons`; at once when one is there already.
    ///
    /// A deadline is the loop's business: ``Loop/set(_:to:)``.
    nonisolated(nonsending) func until(_ reasons: Reasons) async -> Reasons {
        let ready = ready(reasons)
        if !ready.isEmpty {
            unbroken += 1
            return ready
        }
        unbroken = 0
        // The task may hop to its own loop on the way into the continuation, and others run meanwhile: what they bring
        // is looked for again where nothing can come between.
        // Unsafe but right: resumed exactly once, here or by the only place that takes it out (wake).
        return await withUnsafeContinuation { waiting in
            let meanwhile = self.ready(reasons)
            guard meanwhile.isEmpty else { return waiting.resume(returning: meanwhile) }
            wanted = reasons
            continuation = waiting
        }
    }

    /// Waits for one of `reasons` without a task; returns those that are there already, and does not wait then.
    func expect(_ reasons: Reasons) -> Reasons {
        let ready = ready(reasons)
        if ready.isEmpty { wanted = reasons }
        return ready
    }

    /// What was expected without a task has come.
    func arrived(_ reasons: Reasons) {}

    /// Whether a task waits.
    var isAwaited: Bool { continuation != nil }

    /// A new deadline is set: that an earlier one passed is no reason any more.
    func forgetDeadline() { kept.remove(.deadline) }

    /// Ends the wait if it is for this reason.
    func wake(_ reason: Reasons) {
        let matching = wanted.intersection(reason)
        guard !matching.isEmpty else {
            kept.formUnion(reason.intersection([.granted, .stopping, .deadline, .turn]))
            return
        }
        wanted = []
        guard let waiting = continuation else { return arrived(matching) }
        continuation = nil
        waiting.resume(returning: matching)
    }

    override func socketChanged(_ socket: Socket) {
        wake(Reasons(socket.readiness, of: socket.lane))
    }

    override func deadlinePassed() { wake(.deadline) }

    private func ready(_ reasons: Reasons) -> Reasons {
        var ready = kept
        kept.subtract(reasons)
        if let first { ready.formUnion(Reasons(first.readiness, of: .first)) }
        if let second { ready.formUnion(Reasons(second.readiness, of: .second)) }
        return ready.intersection(reasons)
    }
}
