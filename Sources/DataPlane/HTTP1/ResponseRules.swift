/// How response heads are rewritten on their way to clients, by the configuration.
struct ResponseRules: Sendable {
    let via: ViaLines
    /// The protocols whose names a 101 or 426 may carry on, in small letters. One that names another goes on without
    /// its Upgrade field.
    let upgrades: [[UInt8]]

    /// The rules of a proxy that calls itself `via`; empty for no Via.
    init(via: String, upgrades: [String]) {
        self.via = ViaLines(name: via)
        self.upgrades = UpgradeSet.names(upgrades)
    }
}

/// How one response goes to its client.
struct ResponseDelivery: Sendable {
    /// What becomes of the body's framing.
    enum Framing: UInt8, Sendable {
        /// It goes on as it came.
        case asIs
        /// A body until close that is sent in chunks, to an HTTP/1.1 client.
        case chunked
        /// A body in chunks that is sent plain until close, to an HTTP/1.0 client.
        case untilClose
    }

    /// The client's version: 1.0 or 1.1.
    var clientMinor: UInt8 = 1
    /// Whether the client's connection goes on after this exchange.
    var keepAlive = true
    var framing = Framing.asIs
}
