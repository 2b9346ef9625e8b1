import Control

/// Where an admin server is, as the command line names it.
struct AdminURL: Sendable, Equatable, CustomStringConvertible {
    /// Where `serve` has it when nothing else is said.
    static let usual = AdminURL(address: .tcp(host: "127.0.0.1", port: 1986), isTLS: false)

    let address: SocketAddress
    let isTLS: Bool

    /// A server at `address`.
    init(address: SocketAddress, isTLS: Bool) {
        self.address = address
        self.isTLS = isTLS
    }

    /// The server that listens on `address`, asked from its own machine.
    init(listen address: SocketAddress, isTLS: Bool) { self.init(address: address.reachable, isTLS: isTLS) }

    /// Reads `http://host:port`, `https://host:port`, `unix:/path`, or an address as `serve` has it: `host:port`.
    ///
    /// An address that stands for all of the machine's (`0.0.0.0:1986`, `:1986`) means this machine.
    /// - Throws: What is wrong, in words.
    init(_ text: String) throws(SettingFault) {
        let fault = SettingFault(
            "must be http://host:port, https://host:port, host:port or unix:/path, not \"\(text)\"")
        var rest = Substring(text)
        isTLS = text.hasPrefix("https://")
        var port: UInt16?
        if let scheme = ["http://", "https://"].first(where: text.hasPrefix) {
            rest = rest.dropFirst(scheme.count)
            if rest.last == "/" { rest.removeLast() }
            port = isTLS ? 443 : 80
            guard let first = rest.first, first != ":" else { throw fault }
        }
        guard !rest.contains(where: { "?#@".contains($0) }), text.hasPrefix("unix:") || !rest.contains("/") else {
            throw fault
        }
        let address: SocketAddress
        do throws(SettingFault) {
            address = try SocketAddress(String(rest), defaultPort: port)
        } catch {
            throw text.hasPrefix("unix:") ? error : fault
        }
        if case .tcp(_, port: 0) = address { throw SettingFault("must name the port that the server has, not 0") }
        self.address = address.reachable
    }

    var description: String { address.url(isTLS: isTLS) }
}

extension SocketAddress {
    /// The same, or loopback in the place of every address.
    fileprivate var reachable: SocketAddress {
        switch self {
        case .tcp("0.0.0.0", let port): .tcp(host: "127.0.0.1", port: port)
        case .tcp("::", let port): .tcp(host: "::1", port: port)
        default: self
        }
    }
}
