import FoundationEssentials

/// The time of day.
enum WallClock {
    /// Seconds since 1970.
    static var seconds: Double { Date.now.timeIntervalSince1970 }

    /// Nanoseconds since 1970, right to less than a microsecond.
    static var nanoseconds: Int64 { Int64(seconds * 1e9) }
}
