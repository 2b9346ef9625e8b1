import Control

/// An agent's settings as the numbers that a pool compares with, worked out once for each change.
struct PoolRules {
    /// Whether free sockets are kept: some requests are served in `keepalive` mode.
    let keeps: Bool
    /// Whether some requests are served in `normal` mode.
    let closes: Bool
    /// Why no free socket is kept all the same, when the agent takes no new requests.
    let closing: CloseReason?
    let usesNewest: Bool
    /// In nanoseconds.
    let freeTimeout: UInt64
    /// In nanoseconds; `UInt64.max` for none.
    let activeTTL: UInt64
    let requestsMax: UInt64
    let freeMax: UInt64
    /// Whether the cap on free sockets can be reached at all, given the one on open ones.
    let capsFree: Bool

    /// The rules that follow from `settings`.
    ///
    /// - Parameter closing: When given, no free socket is kept, and this is why.
    init(_ settings: AgentSettings, closing: CloseReason? = nil) {
        self.closing = closing
        let keptShare = settings.mode == .keepalive ? 100 - settings.split : settings.split
        keeps = keptShare > 0
        closes = keptShare < 100
        usesNewest = settings.scheduling == .lifo
        // Then the time of a free socket is over when it begins, and the hot path has nothing more to look at.
        freeTimeout = closing == nil ? settings.freeSocketTimeout.wholeNanoseconds : 0
        activeTTL = settings.socketActiveTTL?.wholeNanoseconds ?? .max
        requestsMax = settings.maxRequestsPerSocket.map { UInt64(max($0, 0)) } ?? .max
        freeMax = UInt64(max(settings.maxFreeSockets, 0))
        capsFree = settings.maxFreeSockets < settings.maxSockets
    }

    /// When a socket grows too old: up to a tenth before its time, so that sockets opened together do not close
    /// together. The share follows from the serial alone.
    func expiry(serial: UInt64, createdAt: Instant) -> Instant {
        guard activeTTL < .max else { return .never }
        // The upper bits of a multiplication by 2^64 divided by the golden ratio spread neighbors far apart.
        let share = (serial &* 0x9E37_79B9_7F4A_7C15) >> 54
        return createdAt.advanced(nanoseconds: activeTTL - activeTTL / 10 / 1024 * share)
    }
}
