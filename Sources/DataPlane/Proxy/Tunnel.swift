import Control

/// What is known of a tunnel that runs: which of its two directions are over, and what that makes of its end.
struct Tunnel {
    /// The two that it connects.
    enum Side {
        case client
        case upstream

        var other: Side { self == .client ? .upstream : .client }
    }

    /// How it ended, and what that means for the two sides.
    struct End: Equatable {
        /// What the upstream's socket is closed for: who ended it.
        let reason: CloseReason
        /// Whether a side is reset, so that it can tell that something is missing.
        var resetsClient: Bool
        var resetsUpstream: Bool

        /// An end for `reason`, in order on both sides unless said otherwise.
        init(_ reason: CloseReason, resetsClient: Bool = false, resetsUpstream: Bool = false) {
            self.reason = reason
            self.resetsClient = resetsClient
            self.resetsUpstream = resetsUpstream
        }
    }

    // Of one side.
    private struct State {
        /// It sends no more, and all that it sent was passed on.
        var hasEnded = false
        /// It takes no more.
        var isDeaf = false
        /// It showed as broken, and was looked at: one that has ended both ways, in order, shows so for good.
        var wasLookedAt = false
    }

    private var client = State()
    private var upstream = State()
    private var firstEnded: Side?

    /// A tunnel in which both sides may speak.
    init() {}

    /// Whether nothing more is passed on of what `side` says.
    func isOver(_ side: Side) -> Bool {
        side == .client ? client.hasEnded || upstream.isDeaf : upstream.hasEnded || client.isDeaf
    }

    /// How the tunnel has ended, when both directions are over: by the side that began to.
    var end: End? {
        guard isOver(.client), isOver(.upstream) else { return nil }
        return End(firstEnded == .upstream ? .upstreamClose : .clientGone)
    }

    /// All that `side` sent was passed on, and it sends no more.
    mutating func ended(_ side: Side) {
        if firstEnded == nil { firstEnded = side }
        if side == .client { client.hasEnded = true } else { upstream.hasEnded = true }
    }

    /// `side` takes no more, though what it has said may not have been passed on yet.
    mutating func isDeaf(_ side: Side) {
        if firstEnded == nil { firstEnded = side }
        if side == .client { client.isDeaf = true } else { upstream.isDeaf = true }
    }

    /// How the tunnel ends because the connection of `side` broke.
    ///
    /// The other is reset, so that it can tell; but one that has been told all there was to say loses nothing.
    func broke(_ side: Side) -> End {
        switch side {
        case .client: End(.clientGone, resetsClient: true, resetsUpstream: !client.hasEnded)
        case .upstream:
            End(upstream.hasEnded ? .upstreamClose : .reset, resetsClient: !upstream.hasEnded, resetsUpstream: true)
        }
    }

    /// Whether `side`, whose connection shows as broken, is looked at for the first time.
    mutating func isFirstLook(at side: Side) -> Bool {
        switch side {
        case .client:
            defer { client.wasLookedAt = true }
            return !client.wasLookedAt
        case .upstream:
            defer { upstream.wasLookedAt = true }
            return !upstream.wasLookedAt
        }
    }

    /// What is waited for: of a side with bytes in hand that the other takes them, else more of it; and that either
    /// breaks.
    ///
    /// - Parameters:
    ///   - holdsClients: Whether bytes of the client wait to be sent.
    ///   - holdsUpstreams: Whether bytes of the upstream do.
    func wanted(holdsClients: Bool, holdsUpstreams: Bool) -> Reasons {
        var reasons: Reasons = .deadline
        if !isOver(.client) { reasons.insert(holdsClients ? .upstreamWritable : .clientReadable) }
        if !isOver(.upstream) { reasons.insert(holdsUpstreams ? .clientWritable : .upstreamReadable) }
        if !client.wasLookedAt { reasons.insert(.clientBroken) }
        if !upstream.wasLookedAt { reasons.insert(.upstreamBroken) }
        return reasons
    }
}
