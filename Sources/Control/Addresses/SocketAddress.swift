/// An address to listen on or to connect to, as it was written; names are looked up later.
package enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or a literal address (IPv6 without its brackets) and a port.
    case tcp(host: String, port: UInt16)
    /// The path of a Unix socket.
    case unix(path: String)

    // sun_path holds 108 bytes with its closing zero (unix(7)).
    private static let pathBytesMax = 107

    /// Reads `host:port`, `[v6]:port`, `:port` (every address) or `unix:/path`; throws what is wrong, in words.
    package init(_ text: String, defaultPort: UInt16? = nil) throws(SettingFault) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/") else { throw SettingFault("must be unix: and an absolute path, not \"\(text)\"") }
            guard path.utf8.count <= Self.pathBytesMax, !path.utf8.contains(0) else {
                throw SettingFault("a Unix socket's path has at most \(Self.pathBytesMax) bytes")
            }
            self = .unix(path: path)
            return
        }
        let fault = SettingFault("must be host:port or unix:/path, not \"\(text)\"")
        var host: Substring
        var rest: Substring
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { throw fault }
            host = text[text.index(after: text.startIndex)..<bracket]
            rest = text[text.index(after: bracket)...]
            guard host.contains(":") else { throw fault }
        } else {
            let colon = text.lastIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            guard !host.contains(":") else { throw SettingFault("an IPv6 address stands in brackets: [\(text)]:port") }
            if host.isEmpty { host = "0.0.0.0" }
        }
        let allowed = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "%"):
                true
            default: false
            }
        }
        guard allowed, !host.isEmpty, host.utf8.count <= 253 else { throw fault }
        if rest.isEmpty, let defaultPort {
            self = .tcp(host: String(host), port: defaultPort)
            return
        }
        guard rest.first == ":" else { throw fault }
        rest = rest.dropFirst()
        guard !rest.isEmpty, rest.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(rest) else {
            throw SettingFault("the port must be a number from 0 to 65535, not \"\(rest)\"")
        }
        self = .tcp(host: String(host), port: port)
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Whether only programs on this machine can reach it. Of names only `localhost` counts (RFC 6761, section 6.3):
    /// `127.example` is a name like any other.
    package var isLoopback: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): host.lowercased() == "localhost" || IPAddress(host)?.isLoopback == true
        }
    }
}
