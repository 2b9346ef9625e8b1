import Testing

/// Lets only a few system tests run at once: each has processes and threads of its own, and they measure time.
struct Bounded: SuiteTrait, TestTrait, TestScoping {
    /// For the suite's tests too.
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Slots.shared.take()
        do { try await function() } catch {
            await Slots.shared.giveBack()
            throw error
        }
        await Slots.shared.giveBack()
    }

    private actor Slots {
        static let shared = Slots()
        private var free = 6
        private var waiters: [CheckedContinuation<Void, Never>] = []

        func take() async {
            if free > 0 {
                free -= 1
                return
            }
            await withCheckedContinuation { waiters.append($0) }
        }

        func giveBack() {
            if waiters.isEmpty { free += 1 } else { waiters.removeFirst().resume() }
        }
    }
}

extension Trait where Self == Bounded {
    /// See ``Bounded``.
    static var bounded: Bounded { Bounded() }
}
