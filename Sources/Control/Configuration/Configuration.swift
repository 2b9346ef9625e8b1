/// All that the proxy can be told: an immutable value. A change makes a new one, validated as a whole.
package struct Configuration: Sendable, Equatable {
    /// What becomes of `X-Forwarded-*` that came with a request.
    package enum Forwarded: String, Sendable, CaseIterable {
        /// The client's address is put behind what came.
        case append
        /// What came is dropped first.
        case replace
        /// What came goes on as it is, nothing is added.
        case leave
    }

    /// What becomes of CONNECT.
    package enum Connect: String, Sendable, CaseIterable {
        /// It is answered 501.
        case refuse
        /// It goes to the routed agent's upstream as it came, and a 2xx makes a tunnel.
        case forward
    }

    /// By which of the kernel's interfaces the loops hear of their sockets.
    package enum IO: String, Sendable, CaseIterable {
        /// io_uring where the kernel allows it.
        case auto
        case ring = "io_uring"
        case epoll
    }

    /// An agent by its name.
    package struct Agent: Sendable, Equatable {
        package var name: String
        package var settings: AgentSettings

        /// An agent called `name`.
        package init(name: String, settings: AgentSettings) {
            self.name = name
            self.settings = settings
        }
    }

    package var listen: [SocketAddress] = [.tcp(host: "127.0.0.1", port: 1985)]
    package var admin = AdminSettings()
    /// Loops of the proxy, a thread each. Nil: one per core.
    package var threads: Int?
    package var io: IO = .auto
    package var client = ClientLimits()
    package var forwarded: Forwarded = .append
    /// Clients whose forwarding fields are believed under `append`; another one is treated as under `replace`.
    ///
    /// Nil: everyone is believed. A client over a Unix socket always is.
    package var trustedProxies: [AddressRange]?
    /// Protocols that a client may switch to, in small letters (``UpgradeProtocol``); none when empty.
    package var upgrade = ["websocket"]
    package var connect: Connect = .refuse
    /// The name in `Via`; empty for none.
    package var via = "sluice"
    /// How long a stop waits for running requests.
    package var grace: Duration = .seconds(10)
    package var program = ProgramSettings()
    package var agents: [Agent] = []
    /// Empty: all goes to the agent named `default`.
    package var routes: [Route] = []

    /// The defaults, with no agent.
    package init() {}

    /// The settings of the agent called `name`.
    package func settings(of name: String) -> AgentSettings? {
        agents.first { $0.name == name }?.settings
    }
}
