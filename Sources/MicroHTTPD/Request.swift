/// One request, read as a whole before its handler is called.
package struct Request: Sendable {
    /// The method as it was sent: methods are case-sensitive (RFC 9110, section 9.1).
    package let method: String
    /// The path exactly as it was sent, up to the question mark and not percent-decoded; the target's path when the
    /// target came in absolute form (RFC 9112, section 3.2.2); `*` for `OPTIONS *`.
    package let path: String
    /// The query's parameters in order, percent-decoded, `+` as a space; the value is nil when there was no `=`.
    package let query: [(name: String, value: String?)]
    /// Every field in order, repeated ones too, without white space around the value. Bytes that are no UTF-8 are
    /// replaced by U+FFFD.
    package let fields: [(name: String, value: String)]
    /// The content, without its transfer coding.
    package let body: [UInt8]
    /// Who sent it: `127.0.0.1:54321`, `[::1]:54321`, or `unix`.
    package let client: String
    /// The address, without its port, that the client connected to (IPv6 without brackets); nil over a Unix socket.
    package let localHost: String?
    /// Whether the client has proved itself by a certificate (``TLSIdentity``).
    package let isClientVerified: Bool

    /// Creates a request, so that handlers can be tested without a daemon.
    package init(
        method: String, path: String, query: [(name: String, value: String?)] = [],
        fields: [(name: String, value: String)] = [], body: [UInt8] = [], client: String = "unix",
        localHost: String? = nil, isClientVerified: Bool = false
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.client = client
        self.localHost = localHost
        self.isClientVerified = isClientVerified
    }

    /// Returns the values of all fields called `name`, in order; case does not matter (RFC 9110, section 5.1).
    package func values(_ name: String) -> [String] {
        fields.filter { ASCII.equalIgnoringCase($0.name, name) }.map(\.value)
    }
}
