public import Synchronization

/// A count with one writer, its loop, that any thread may read.
///
/// A plain load and a plain store: no locked instruction on the hot path. Public and inlinable because the hot path
/// lives in another module (`package` would cost a call each time).
public struct Counter: ~Copyable, Sendable {
    @usableFromInline let cell = Atomic<UInt64>(0)

    /// Zero.
    @inlinable public init() {}

    /// The count; any thread.
    @inlinable public var value: UInt64 { cell.load(ordering: .relaxed) }

    /// Adds `amount`; only its one writer.
    @inlinable public func add(_ amount: UInt64 = 1) {
        cell.store(cell.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// Takes `amount` off; only its one writer.
    @inlinable public func subtract(_ amount: UInt64 = 1) {
        cell.store(cell.load(ordering: .relaxed) &- amount, ordering: .relaxed)
    }
}
