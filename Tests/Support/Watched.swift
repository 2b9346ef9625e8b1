import Foundation

/// A value that threads change and wait for.
///
/// For tests that block on threads of their own (`onThread`); waiting has a deadline, always.
public final class Watched<Value: Sendable>: @unchecked Sendable {
    // Sendable because `value` is only touched while `condition` is locked.
    private let condition = NSCondition()
    private var value: Value

    /// Starts with `value`.
    public init(_ value: Value) { self.value = value }

    /// The value now.
    public var current: Value {
        condition.lock()
        defer { condition.unlock() }
        return value
    }

    /// Changes the value and wakes all that wait; returns what `change` returns.
    @discardableResult
    public func update<Result>(_ change: (inout Value) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try change(&value)
    }

    /// Waits until `isTrue` holds for the value; false when it did not within `patience`.
    @discardableResult
    public func wait(_ patience: Duration = .seconds(20), until isTrue: (Value) -> Bool) -> Bool {
        let seconds = Double(patience.components.seconds) + Double(patience.components.attoseconds) * 1e-18
        let limit = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !isTrue(value) {
            guard condition.wait(until: limit) else { return isTrue(value) }
        }
        return true
    }
}
