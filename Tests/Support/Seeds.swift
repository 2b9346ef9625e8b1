#if canImport(Glibc)
    import Glibc
#endif

/// The seeds that a randomised test runs with.
///
/// `SLUICE_SEED=7` replays one seed; `SLUICE_SEEDS=1000` runs that many. A failing test names its seed.
public enum Seeds {
    /// Returns the seeds of this run: `count` fixed ones unless the environment says otherwise.
    public static func forThisRun(_ count: Int) -> [UInt64] {
        if let one = environment("SLUICE_SEED").flatMap(UInt64.init) { return [one] }
        let wanted = environment("SLUICE_SEEDS").flatMap(Int.init) ?? count
        return (0..<UInt64(wanted)).map { $0 }
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

/// A small, fast, seeded generator (SplitMix64): the same seed gives the same numbers everywhere.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the sequence that belongs to `seed`.
    public init(seed: UInt64) { state = seed }

    /// Returns the next number of the sequence.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
