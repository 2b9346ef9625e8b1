/// Where a daemon listens.
package enum Address: Sendable, Hashable, CustomStringConvertible {
    /// A literal address (IPv6 without brackets) or a name, and a port; 0 takes a free one.
    case ip(host: String, port: UInt16)
    /// A Unix socket's path and the permissions it gets, such as 0o660.
    case unix(path: String, mode: UInt32)

    /// 127.0.0.1, which only this machine reaches.
    package static func loopback(port: UInt16 = 0) -> Address { .ip(host: "127.0.0.1", port: port) }

    package var description: String {
        switch self {
        case .ip(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path, _): "unix:\(path)"
        }
    }

    /// Whether only programs of this machine can connect.
    var isLoopback: Bool {
        switch self {
        case .unix: true
        case .ip(let host, _):
            // Only numbers: `127.example` is a name.
            host == "localhost" || host == "::1"
                || host.hasPrefix("127.") && host.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
        }
    }
}
