/// Some of the configured protocols that a connection may switch to (RFC 9110, section 7.8): bit `n` stands for the
/// one at place `n` of the list.
struct UpgradeSet: OptionSet, Hashable, Sendable {
    /// As many as there are bits; longer lists are cut there (`RequestRules`).
    static let countMax = 32

    var rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The protocol at `index` of the list alone; none for an index that has no bit.
    init(at index: Int) { rawValue = index < UpgradeSet.countMax ? 1 << UInt32(index) : 0 }

    /// The names of `protocols` as lists of rules hold them: in small letters, at most as many as there are bits.
    static func names(_ protocols: [String]) -> [[UInt8]] {
        protocols.prefix(countMax).map { $0.utf8.map(\.lowercased) }
    }
}

extension FieldSection {
    /// What the Upgrade fields of a head name.
    struct Upgrades {
        var named: UpgradeSet = []
        /// Elements of the list, those too that are no configured protocol.
        var count = 0
        /// Whether one is no configured protocol.
        var hasOther = false
    }

    /// What the Upgrade fields name of `protocols`; nothing without the Connection option of that name, since the
    /// field then came from somebody who did not mean this connection.
    func upgrades(_ bytes: RawSpan, among protocols: [[UInt8]]) -> Upgrades {
        var result = Upgrades()
        guard meaning.seen.isSuperset(of: [.upgradeOption, .upgradeField]) else { return result }
        for index in 0..<count where self[index].kind == .upgrade {
            var elements = ListElements(self[index].value)
            while let element = elements.next(bytes) {
                if element.isEmpty { continue }
                result.count += 1
                let one = FieldSection.upgrade(bytes, element, among: protocols)
                if one.isEmpty { result.hasOther = true } else { result.named.formUnion(one) }
            }
        }
        return result
    }

    /// The protocol of `protocols` that `element` names, its version included, in any case (RFC 9110, section 7.8);
    /// empty when none is.
    static func upgrade(_ bytes: RawSpan, _ element: ByteRange, among protocols: [[UInt8]]) -> UpgradeSet {
        for index in protocols.indices where bytes.matches(element, protocols[index]) { return UpgradeSet(at: index) }
        return []
    }
}

extension RequestHead {
    /// Which of `protocols` (in small letters) the client asks to go on with; empty for a request that cannot be
    /// passed on as an upgrade.
    ///
    /// HTTP/1.0 knows no upgrades (RFC 9110, section 7.8). A request with content would have to be sent whole first,
    /// and nobody could tell content from the new protocol's bytes when the upstream answers early; and CONNECT asks
    /// for a tunnel of another kind.
    func upgrades(_ bytes: RawSpan, among protocols: [[UInt8]]) -> UpgradeSet {
        guard versionMinor == 1, method != .connect, framing == .none || framing == .length(0) else { return [] }
        return section.upgrades(bytes, among: protocols).named
    }
}

extension ResponseHead {
    /// Which of `protocols` (in small letters) the Upgrade field names.
    func upgrades(_ bytes: RawSpan, among protocols: [[UInt8]]) -> UpgradeSet {
        section.upgrades(bytes, among: protocols).named
    }

    /// The one protocol that a 101 switches to; nil when it names none, another one or several, or is no 101.
    func switchedProtocol(_ bytes: RawSpan, among protocols: [[UInt8]]) -> UpgradeSet? {
        let upgrades = section.upgrades(bytes, among: protocols)
        return status == 101 && upgrades.count == 1 && !upgrades.hasOther ? upgrades.named : nil
    }
}
