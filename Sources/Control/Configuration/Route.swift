/// Which agent answers a request: by the path's prefix and, when given, by the host.
package struct Route: Sendable, Equatable {
    /// A host name without port, in lower case; nil matches every host.
    package var host: String?
    /// Starts with `/`; `/k` matches `/k` and `/k/…`, not `/kilo`.
    package var prefix: String
    /// Whether the prefix is taken off what goes upstream.
    package var stripPrefix: Bool
    /// The agent's name.
    package var agent: String

    /// A route to `agent`.
    package init(host: String? = nil, prefix: String, stripPrefix: Bool = false, agent: String) {
        self.host = host
        self.prefix = prefix
        self.stripPrefix = stripPrefix
        self.agent = agent
    }
}
