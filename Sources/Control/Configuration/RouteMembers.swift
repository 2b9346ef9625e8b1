/// The members of a route, in the configuration file and in the API.
package enum RouteMembers {
    /// All of them.
    package static let names = ["host", "prefix", "stripPrefix", "agent"]
    // A request's whole head is bounded; a prefix longer than this never matches.
    private static let prefixBytesMax = 1024

    /// Puts one in, or throws what is wrong with it and changes nothing.
    package static func set(_ name: String, of route: inout Route, to value: SettingValue) throws(SettingFault) {
        switch name {
        case "host": route.host = value.isNone ? nil : try host(value)
        case "prefix": route.prefix = try prefix(value)
        case "stripPrefix": route.stripPrefix = try value.bool()
        case "agent": route.agent = try value.string()
        default: throw SettingFault("unknown key")
        }
    }

    private static func host(_ value: SettingValue) throws(SettingFault) -> String {
        let fault = SettingFault("must be a host name without a port, not \(value.text)")
        let name = try value.string().lowercased()
        let isLiteral = name.hasPrefix("[") && name.hasSuffix("]")
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            case UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"): isLiteral
            default: false
            }
        }
        guard allowed, (1...253).contains(name.utf8.count) else { throw fault }
        return name
    }

    private static func prefix(_ value: SettingValue) throws(SettingFault) -> String {
        let prefix = try value.string()
        guard prefix.hasPrefix("/") else { throw SettingFault("must start with /, not \(value.text)") }
        // RFC 9112, section 3.2.1: a path is visible ASCII, and a query or a fragment is no part of it.
        let allowed = prefix.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"?#".utf8.contains($0) }
        guard allowed, prefix.utf8.count <= prefixBytesMax else {
            throw SettingFault("must be a path of at most \(prefixBytesMax) visible ASCII characters without ? and #")
        }
        return prefix
    }
}
