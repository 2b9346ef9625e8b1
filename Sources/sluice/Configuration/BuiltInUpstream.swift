import Control

/// What runs when no upstream is named: the benchmark's two agents in front of the sleep server of this program.
enum BuiltInUpstream {
    /// Where the sleep server listens, unless that port is taken.
    static let address = SocketAddress.tcp(host: "127.0.0.1", port: 1984)
    /// The same for an agent.
    static let url = UpstreamURL(address: address)

    /// What the benchmark says about its agents, by name and setting; the rest is as for any other agent.
    static let agents: [(name: String, settings: [(name: String, value: SettingValue)])] = [
        (
            "k",
            [
                ("mode", .string("keepalive")), ("maxSockets", .number(100)), ("freeSocketTimeout", .string("30s")),
                ("timeout", .string("2s")),
            ]
        ),
        ("default", [("mode", .string("normal")), ("maxSockets", .number(100)), ("timeout", .string("2s"))]),
    ]

    /// The path picks the agent.
    static let routes = [
        Route(prefix: "/k", stripPrefix: true, agent: "k"),
        Route(prefix: "/", agent: "default"),
    ]
}
