import Control

/// Draws the mode of each request of an agent on one loop: so many of a hundred go in the other mode, by chance alone.
///
/// Nothing of a request decides it, so that what is measured of the two modes differs by the mode and by nothing else.
struct ModeDraw {
    private let mode: AgentMode
    private let other: AgentMode
    private let split: UInt64
    // SplitMix64: a few instructions a number, good enough for shares, and the same for the same seed.
    private var state: UInt64

    /// Draws by `settings`, from `seed` on.
    init(_ settings: AgentSettings, seed: UInt64) {
        mode = settings.mode
        other = settings.mode == .normal ? .keepalive : .normal
        split = UInt64(settings.split)
        state = seed
    }

    /// The same sequence of chance for changed settings.
    func changed(to settings: AgentSettings) -> ModeDraw { ModeDraw(settings, seed: state) }

    /// The mode of the next request; without a split nothing is drawn.
    mutating func next() -> AgentMode {
        if split == 0 { return mode }
        state &+= 0x9E37_79B9_7F4A_7C15
        var number = state
        number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
        number ^= number >> 31
        // The upper half times a hundred, by 2^32: 0 to 99, each as likely as any other to one in forty million.
        return ((number >> 32) &* 100) >> 32 < split ? other : mode
    }
}
