/// A moment of the monotonic clock.
struct Instant: Comparable, Hashable, Sendable {
    /// Since some start that is the same for the whole process.
    var nanoseconds: UInt64

    /// Later than every other moment: a deadline that never comes.
    static let never = Instant(nanoseconds: .max)

    static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The moment that many nanoseconds later; ``never`` when that is too far.
    func advanced(nanoseconds more: UInt64) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(more)
        return overflow ? .never : Instant(nanoseconds: sum)
    }

    /// How long ago `earlier` was; zero when it is still to come.
    func nanoseconds(since earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}
