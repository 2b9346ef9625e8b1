/// Where an agent's sockets lead: `http://host:port` or `unix:/path`.
package struct UpstreamURL: Sendable, Hashable, CustomStringConvertible {
    /// What the sockets connect to.
    package let address: SocketAddress

    /// Makes one of an address.
    package init(address: SocketAddress) { self.address = address }

    /// Reads `http://host[:port]` (port 80 when left out) or `unix:/path`; throws what is wrong, in words.
    package init(_ text: String) throws(SettingFault) {
        if text.hasPrefix("unix:") {
            address = try SocketAddress(text)
            return
        }
        if text.hasPrefix("https://") {
            throw SettingFault("https:// upstreams are not supported yet; use http://host:port or unix:/path")
        }
        guard text.hasPrefix("http://") else {
            throw SettingFault("must be http://host:port or unix:/path, not \"\(text)\"")
        }
        var authority = text.dropFirst("http://".count)
        if authority.last == "/" { authority.removeLast() }
        guard !authority.contains(where: { "/?#@".contains($0) }) else {
            throw SettingFault("must be http://host:port with nothing after it, not \"\(text)\"")
        }
        guard !authority.isEmpty, authority.first != ":" else {
            throw SettingFault("must name a host, not \"\(text)\"")
        }
        address = try SocketAddress(String(authority), defaultPort: 80)
        if case .tcp(_, port: 0) = address { throw SettingFault("must name a port from 1 to 65535") }
    }

    /// What stands in `Host` when a request names none.
    package var authority: String {
        switch address {
        case .tcp: address.description
        case .unix: "localhost"
        }
    }

    package var description: String {
        switch address {
        case .tcp: "http://\(address)"
        case .unix: address.description
        }
    }
}
