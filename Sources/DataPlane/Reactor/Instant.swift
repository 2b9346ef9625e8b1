import Control

/// A moment on the machine's monotonic clock, in nanoseconds.
///
/// All arithmetic saturates: a deadline that lies too far ahead is ``never``, and a duration is never negative.
struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's arbitrary start.
    var nanoseconds: UInt64

    /// After every other moment: the deadline of what has none.
    static var never: Instant { Instant(nanoseconds: .max) }

    static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The moment `duration` later; ``never`` when that cannot be counted, the same one for a negative duration.
    func advanced(by duration: Duration) -> Instant { advanced(nanoseconds: duration.wholeNanoseconds) }

    /// The moment so many nanoseconds later; ``never`` when that cannot be counted.
    func advanced(nanoseconds amount: UInt64) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(amount)
        return overflow ? .never : Instant(nanoseconds: sum)
    }

    /// How many nanoseconds passed since `earlier`; zero when it lies ahead.
    func nanoseconds(since earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}
