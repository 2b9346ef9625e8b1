package import MicroHTTPD

/// Who may use the admin server, and under which names; replaceable while it runs.
package struct AdminAccess: Sendable, Equatable {
    /// For reading. With any token set, reading needs one of the two.
    package var readToken: Token?
    /// For reading and changing. With any token set, changing needs it.
    package var changeToken: Token?
    /// Names besides the server's own, in small letters and without a port, that `Host` may say with any port.
    package var hosts: [String]
    /// Its certificate and key; a client whose certificate leads to its `clientCA` may read and change. Nil: no TLS.
    package var tls: TLSIdentity?

    /// Everyone who reaches the server may do everything, unless something is given.
    package init(
        readToken: Token? = nil, changeToken: Token? = nil, hosts: [String] = [], tls: TLSIdentity? = nil
    ) {
        self.readToken = readToken
        self.changeToken = changeToken
        self.hosts = hosts
        self.tls = tls
    }

    private enum Right {
        case none
        case read
        case change
    }

    /// Whether everyone may do everything.
    var isOpen: Bool { readToken == nil && changeToken == nil && tls?.asksClients != true }

    /// The problem with what a request proves of its sender; nil: none.
    func fault(of request: Request) -> Problem? {
        // What is there for probes and for people who have yet to give their token.
        if isOpen || Self.freePaths.contains(request.path) { return nil }
        let credentials = request.values("Authorization")
        switch right(of: credentials, isVerified: request.isClientVerified) {
        case .change: return nil
        case .read: return ["GET", "HEAD", "OPTIONS"].contains(request.method) ? nil : .readOnlyToken
        case .none:
            if readToken == nil, changeToken == nil { return .certificateRequired }
            return credentials.isEmpty ? .tokenRequired : .wrongToken
        }
    }

    private func right(of credentials: [String], isVerified: Bool) -> Right {
        if isVerified { return .change }
        // Of two, one may have been added by somebody in between.
        guard credentials.count == 1, let presented = Self.bearer(credentials[0]) else { return .none }
        // Both are always compared, so that the time does not tell which of them it was.
        let isChange = changeToken?.matches(presented) == true
        let isRead = readToken?.matches(presented) == true
        return isChange ? .change : isRead ? .read : .none
    }

    /// The token of `Bearer token` (RFC 6750, section 2.1; the scheme's case does not matter: RFC 9110, section 11.1).
    private static func bearer(_ credentials: String) -> Substring.UTF8View? {
        let scheme = credentials.prefix { $0 != " " }
        guard scheme.lowercased() == "bearer" else { return nil }
        return credentials.dropFirst(scheme.count).drop { $0 == " " }.utf8
    }

    /// Exactly as they are written in a request: a probe has no reason to encode them.
    private static let freePaths = Set(["/healthz", "/readyz"] + Page.files.map(\.path))
}

extension Problem {
    private static func unauthorized(_ detail: String, challenge: String) -> Problem {
        Problem(
            type: "unauthorized", title: "A token is needed", status: 401, detail: detail,
            fields: [("WWW-Authenticate", challenge)])
    }

    /// RFC 6750, section 3.1: a request without any token is told no reason.
    static let tokenRequired = unauthorized(
        "Send the token as Authorization: Bearer TOKEN.", challenge: "Bearer realm=\"sluice\"")

    static let wrongToken = unauthorized(
        "The token in Authorization: Bearer is not one of this server's.",
        challenge: "Bearer realm=\"sluice\", error=\"invalid_token\"")

    static let readOnlyToken = Problem(
        type: "read-only-token", title: "The token is for reading only", status: 403,
        detail: "A change needs the token for changes.",
        fields: [("WWW-Authenticate", "Bearer realm=\"sluice\", error=\"insufficient_scope\"")])

    static let certificateRequired = Problem(
        type: "certificate-required", title: "A client certificate is needed", status: 403,
        detail: "This server answers clients whose TLS certificate leads to one of its authorities.")
}
