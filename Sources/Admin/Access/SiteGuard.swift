import Control
import Glibc
import MicroHTTPD

/// Keeps hostile web pages in the operator's browser away: by `Host` against DNS rebinding, by `Origin` and
/// `Sec-Fetch-Site` against requests that another site's page sends.
struct SiteGuard: Sendable {
    /// The address that is listened on, with its real port.
    private let address: SocketAddress
    /// Names that are the server's own on its own port, in small letters.
    private let names: Set<String>
    /// Names that somebody in between may have given it, and a port of their own.
    private let hosts: Set<String>
    private let isTLS: Bool

    /// A guard of the server that listens on `address`.
    init(address: SocketAddress, access: AdminAccess) {
        self.address = address
        hosts = Set(access.hosts)
        isTLS = access.tls != nil
        var names: Set = ["localhost"]
        if case .tcp(let host, _) = address {
            names.insert(host.lowercased())
            // Where only this machine comes in, nobody has a reason to call it by the name that others know.
            if !address.isLoopback, let own = Self.machineName { names.insert(own) }
        }
        self.names = names
    }

    /// The problem with a request's `Host`; nil: none.
    ///
    /// A page of `evil.example` that makes its name lead to 127.0.0.1 still sends its own name.
    func faultOfHost(_ request: Request) -> Problem? {
        // Browsers cannot reach a Unix socket, and its clients name whatever they like.
        guard case .tcp(let host, let port) = address else { return nil }
        let values = request.values("Host")
        // Only HTTP/1.0 gets here without; no browser speaks it.
        guard let value = values.first else { return nil }
        if values.count == 1, let (name, given) = Self.split(value) {
            if hosts.contains(name) { return nil }
            if given == nil || given == port, names.contains(name) || isOwn(address: name, of: request) { return nil }
        }
        return .misdirected(
            "Host names \"\(value.prefix(100))\", but this server is localhost, a loopback address or \(host), "
                + "port \(port), or one of admin.hosts. This protects against web pages that make their own name "
                + "lead here.")
    }

    /// The problem with where a request comes from, which matters when it changes something or holds on to something.
    ///
    /// A request without either field comes from a program, or from a page of this server: a browser sends `Origin`
    /// with every request but GET and HEAD, and with those of other sites (Fetch standard, section 3.1).
    func faultOfOrigin(_ request: Request) -> Problem? {
        for site in request.values("Sec-Fetch-Site") where site != "same-origin" && site != "none" {
            return .crossSite("Sec-Fetch-Site is \"\(site.prefix(20))\": only this server's own page may do this.")
        }
        for origin in request.values("Origin") {
            guard case .tcp = address, let host = request.values("Host").first,
                schemes(of: host).contains(where: { origin.lowercased() == "\($0)://\(host.lowercased())" })
            else {
                return .crossSite("Origin is \"\(origin.prefix(100))\": only this server's own page may do this.")
            }
        }
        return nil
    }

    /// Under one of `hosts` somebody in between may speak TLS for a server that does not.
    private func schemes(of host: String) -> [String] {
        if isTLS { return ["https"] }
        return Self.split(host).map { hosts.contains($0.name) } == true ? ["http", "https"] : ["http"]
    }

    /// Whether `name` is a literal address of this server: a loopback one, or the one that the client connected to. No
    /// page's name is an address that leads here, but that of a page from here.
    private func isOwn(address name: String, of request: Request) -> Bool {
        guard let address = IPAddress(name)?.unmapped else { return false }
        return address.isLoopback || address == request.localHost.flatMap { IPAddress($0) }?.unmapped
    }

    /// What this machine calls itself, in small letters.
    private static let machineName: String? = {
        // HOST_NAME_MAX is 64 on Linux, and a name that was cut off has no end.
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0, name[0] != 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
    }()

    /// `name`, `name:port`, `[v6]` or `[v6]:port`.
    static func split(_ host: String) -> (name: String, port: UInt16?)? {
        let text = host.lowercased()
        let name: Substring
        var rest: Substring
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            name = text[text.index(after: text.startIndex)..<bracket]
            rest = text[text.index(after: bracket)...]
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            name = text[..<colon]
            rest = text[colon...]
        }
        if rest.isEmpty { return (String(name), nil) }
        guard rest.removeFirst() == ":", rest.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(rest)
        else {
            return nil
        }
        return (String(name), port)
    }
}
