internal import Control

/// How request heads are rewritten on their way upstream; one value for many requests.
struct RequestRules: Sendable {
    /// `Configuration.Forwarded` without its names: comparing that one compares strings.
    enum Forwarded: UInt8, Sendable {
        case append
        case replace
        case leave
    }

    var via: ViaLines
    /// What becomes of `X-Forwarded-*`.
    var forwarded: Forwarded
    /// Whether a request for another protocol goes on as one, `Connection: upgrade` included. Without it the request
    /// goes on as a plain one.
    var passUpgrade = false

    /// The rules of a proxy that calls itself `via`; empty for no Via.
    init(via: String, forwarded: Configuration.Forwarded) {
        self.via = ViaLines(name: via)
        self.forwarded =
            switch forwarded {
            case .append: .append
            case .replace: .replace
            case .leave: .leave
            }
    }
}
