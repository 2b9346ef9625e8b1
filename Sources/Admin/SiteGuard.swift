import Control
import MicroHTTPD

/// Keeps hostile web pages in the operator's browser away: by `Host` against DNS rebinding, by `Origin` and
/// `Sec-Fetch-Site` against requests that another site's page sends.
struct SiteGuard: Sendable {
    /// The address that is listened on, with its real port.
    let address: SocketAddress

    /// The problem with a request's `Host`; nil: none.
    ///
    /// A page of `evil.example` that makes its name lead to 127.0.0.1 still sends its own name.
    func faultOfHost(_ request: Request) -> Problem? {
        // Browsers cannot reach a Unix socket, and its clients name whatever they like.
        guard case .tcp(let host, let port) = address else { return nil }
        let values = request.values("Host")
        // Only HTTP/1.0 gets here without; no browser speaks it.
        guard let value = values.first else { return nil }
        if values.count == 1, let (name, given) = Self.split(value), given == nil || given == port,
            Self.isOwn(name, boundTo: host)
        {
            return nil
        }
        return .misdirected(
            "Host names \"\(value.prefix(100))\", but this server is localhost, a loopback address or \(host), "
                + "port \(port). This protects against web pages that make their own name lead here.")
    }

    /// The problem with where a request comes from, which matters when it changes something or holds on to something.
    func faultOfOrigin(_ request: Request) -> Problem? {
        for site in request.values("Sec-Fetch-Site") where site != "same-origin" && site != "none" {
            return .crossSite("Sec-Fetch-Site is \"\(site.prefix(20))\": only this server's own page may do this.")
        }
        for origin in request.values("Origin") {
            guard case .tcp = address, let host = request.values("Host").first,
                origin.lowercased() == "http://\(host.lowercased())"
            else {
                return .crossSite("Origin is \"\(origin.prefix(100))\": only this server's own page may do this.")
            }
        }
        return nil
    }

    private static func isOwn(_ name: String, boundTo host: String) -> Bool {
        name == "localhost" || name == "::1" || name == host.lowercased() || isLoopbackV4(name)
    }

    /// Only all four numbers, in decimal: `127.evil.example` begins with 127 too.
    private static func isLoopbackV4(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (48...57).contains($0) }
                    && UInt8(part) != nil
            }
    }

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
