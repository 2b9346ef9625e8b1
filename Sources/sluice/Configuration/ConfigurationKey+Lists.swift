import Control

// The keys whose values are lists. One value alone stands for a list of it.
extension ConfigurationKey {
    /// A list, and what one of its entries may be.
    struct List: Sendable {
        /// "trustedProxies".
        let path: String
        /// Throws what is wrong with one entry, so that the file's reader can tell where it stands.
        let checkEntry: @Sendable (SettingValue) throws(SettingFault) -> Void
    }

    /// All of them.
    static let lists: [List] = [
        List(path: "listen") { value throws(SettingFault) in _ = try value.address() },
        List(path: "admin.hosts") { value throws(SettingFault) in _ = try value.hostName() },
        List(path: "trustedProxies") { value throws(SettingFault) in _ = try value.addressRange() },
        List(path: "upgrade") { value throws(SettingFault) in _ = try value.protocolName() },
    ]

    // More listeners than this are a mistake, and each costs a descriptor in every loop.
    private static let listenersMax = 64
    // Each is compared with the address of every client that connects.
    private static let trustedProxiesMax = 1_024

    static let listen = ConfigurationKey(
        path: "listen", isFixed: true,
        text: { configuration in
            let addresses = configuration.listen.map { YAMLWord.text($0.description) }
            return addresses.count == 1 ? addresses[0] : list(addresses)
        },
        set: { result, value throws(SettingFault) in
            let values = value.entries
            guard (1...listenersMax).contains(values.count) else {
                throw SettingFault("must be 1 to \(listenersMax) addresses, not \(values.count)")
            }
            var addresses: [SocketAddress] = []
            for value in values {
                let address = try value.address()
                guard !addresses.contains(address) || address.takesAnyPort else {
                    throw SettingFault("\(address) is there twice")
                }
                addresses.append(address)
            }
            result.listen = addresses
        })

    // An empty value would be taken for nobody by some and for everyone by others, so everyone has a word.
    static let trustedProxies = ConfigurationKey(
        path: "trustedProxies",
        text: { configuration in
            configuration.trustedProxies.map { list($0.map { YAMLWord.text("\($0)") }) } ?? "everyone"
        },
        set: { result, value throws(SettingFault) in
            if value == .string("everyone") {
                result.trustedProxies = nil
                return
            }
            let values = value.entries
            guard values.count <= trustedProxiesMax else {
                throw SettingFault("must be at most \(trustedProxiesMax) ranges, not \(values.count)")
            }
            var ranges: [AddressRange] = []
            for value in values { ranges.append(try value.addressRange()) }
            result.trustedProxies = ranges
        })

    static let upgrade = ConfigurationKey(
        path: "upgrade",
        text: { list($0.upgrade.map(YAMLWord.text)) },
        set: { result, value throws(SettingFault) in
            let values = value.entries
            guard values.count <= UpgradeProtocol.namesMax else {
                throw SettingFault("must be at most \(UpgradeProtocol.namesMax) protocols, not \(values.count)")
            }
            var names: [String] = []
            for value in values {
                let name = try value.protocolName()
                guard !names.contains(name) else { throw SettingFault("\(name) is there twice") }
                names.append(name)
            }
            result.upgrade = names
        })

    private static func list(_ words: [String]) -> String { "[\(words.joined(separator: ", "))]" }
}

extension SettingValue {
    /// The entries of a list; of another value that alone.
    var entries: [SettingValue] {
        if case .list(let values) = self { values } else { [self] }
    }

    /// An address to listen on.
    func address() throws(SettingFault) -> SocketAddress {
        guard case .string(let text) = self else {
            throw SettingFault("must be host:port or unix:/path, not \(self.text)")
        }
        return try SocketAddress(text)
    }

    /// A range of client addresses.
    fileprivate func addressRange() throws(SettingFault) -> AddressRange {
        guard case .string(let text) = self else {
            throw SettingFault("must be an address or a range such as 10.0.0.0/8 or fd00::/8, not \(self.text)")
        }
        return try AddressRange(text)
    }

    /// The name of a protocol to switch to.
    fileprivate func protocolName() throws(SettingFault) -> String {
        guard case .string(let text) = self else {
            throw SettingFault("must be the name of a protocol such as websocket, not \(self.text)")
        }
        return try UpgradeProtocol.name(text)
    }
}

extension SocketAddress {
    /// Whether the system picks the port, so that the same words can stand for different addresses.
    var takesAnyPort: Bool {
        if case .tcp(_, port: 0) = self { true } else { false }
    }
}
