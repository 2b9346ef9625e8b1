import Control

/// What is known of a tunnel that runs.
struct Tunnel {
    /// The two that it connects.
    enum Side { case client, upstream }

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

    /// Who said first that it sends no more; nil while neither did.
    private(set) var firstEnded: Side?
    private(set) var clientHasEnded = false
    private(set) var upstreamHasEnded = false
    // A socket that ended both ways shows as broken for good, and is looked at once.
    private var clientWasLookedAt = false
    private var upstreamWasLookedAt = false

    /// A tunnel in which both sides may speak.
    init() {}

    /// How the tunnel has ended, when both sides have: by the one that began to.
    var end: End? {
        guard clientHasEnded, upstreamHasEnded else { return nil }
        return End(firstEnded == .upstream ? .upstreamClose : .clientGone)
    }

    /// Whether `side` has said that it sends no more.
    func hasEnded(_ side: Side) -> Bool { side == .client ? clientHasEnded : upstreamHasEnded }

    /// All that `side` sent was passed on, and it sends no more.
    mutating func ended(_ side: Side) {
        if firstEnded == nil { firstEnded = side }
        if side == .client { clientHasEnded = true } else { upstreamHasEnded = true }
    }

    /// How the tunnel ends because the connection of `side` broke.
    ///
    /// The other is reset, so that it can tell; but where the one that broke had said all it had to say, the other has
    /// it whole and loses nothing: a peer that closes altogether, and is sent to afterwards, breaks in the same way.
    func broke(_ side: Side) -> End {
        switch side {
        case .client: End(.clientGone, resetsClient: true, resetsUpstream: !clientHasEnded)
        case .upstream:
            End(upstreamHasEnded ? .upstreamClose : .reset, resetsClient: !upstreamHasEnded, resetsUpstream: true)
        }
    }

    /// Whether `side`, whose connection shows as broken, is looked at for the first time.
    mutating func isFirstLook(at side: Side) -> Bool {
        switch side {
        case .client:
            defer { clientWasLookedAt = true }
            return !clientWasLookedAt
        case .upstream:
            defer { upstreamWasLookedAt = true }
            return !upstreamWasLookedAt
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
        if holdsClients {
            reasons.insert(.upstreamWritable)
        } else if !clientHasEnded {
            reasons.insert(.clientReadable)
        }
        if holdsUpstreams {
            reasons.insert(.clientWritable)
        } else if !upstreamHasEnded {
            reasons.insert(.upstreamReadable)
        }
        if !clientWasLookedAt { reasons.insert(.clientBroken) }
        if !upstreamWasLookedAt { reasons.insert(.upstreamBroken) }
        return reasons
    }
}
