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
    /// What becomes of `X-Forwarded-*` and `Forwarded`.
    var forwarded: Forwarded
    /// The protocols that a client may switch to, in small letters, at most `UpgradeSet.countMax`. Without the set of
    /// those that are passed, a request goes on as a plain one.
    var upgrades: [[UInt8]]

    /// The rules of a proxy that calls itself `via`; empty for no Via.
    init(via: String, forwarded: Configuration.Forwarded, upgrades: [String]) {
        self.via = ViaLines(name: via)
        self.upgrades = UpgradeSet.names(upgrades)
        self.forwarded =
            switch forwarded {
            case .append: .append
            case .replace: .replace
            case .leave: .leave
            }
    }
}
