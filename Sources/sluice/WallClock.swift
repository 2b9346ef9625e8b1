import Glibc

/// The time of day.
enum WallClock {
    /// Nanoseconds since 1970.
    static var nanoseconds: Int64 {
        var now = timespec()
        // It cannot fail: the clock is there and the place to write to as well.
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// Seconds since 1970.
    static var seconds: Double { Double(nanoseconds) / 1e9 }
}
