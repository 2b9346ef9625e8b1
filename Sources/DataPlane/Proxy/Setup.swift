import Control

/// A configuration made ready for the hot path: what a request is served by from its head to its end.
///
/// A change of the configuration makes a new one, and requests that are under way keep theirs.
final class Setup<K: Kernel> {
    let limits: HeadLimits
    let headTimeout: UInt64
    let bodyTimeout: UInt64
    let idleTimeout: UInt64
    let continueTimeout: UInt64
    let tunnelTimeout: UInt64
    let maxBodySize: UInt64
    /// By the configuration, and by the descriptors there are.
    let maxConnections: Int
    let maxRequestsPerConnection: Int
    /// Whether CONNECT goes on to the agent's upstream.
    let forwardsConnect: Bool
    let requestRules: RequestRules
    let responseRules: ResponseRules
    /// The name in Via; empty for none.
    let via: [UInt8]
    /// The name in Proxy-Status: the same, as an item of a structured field (RFC 9209, section 2).
    let proxyName: [UInt8]
    private let trustedProxies: [AddressRange]?
    private let routes: [Entry]

    private struct Entry {
        let host: [UInt8]?
        let prefix: [UInt8]
        let stripPrefix: Bool
        let agent: Agent<K>
    }

    /// Where a request goes.
    struct Destination {
        let agent: Agent<K>
        /// How many bytes to take off the front of the path.
        let strip: Int
    }

    /// Makes `configuration` ready.
    ///
    /// - Parameters:
    ///   - agents: This loop's, by name.
    ///   - clientsMax: How many clients there are descriptors for.
    init(_ configuration: Configuration, agents: [String: Agent<K>], clientsMax: Int) {
        let client = configuration.client
        limits = HeadLimits(maxHeadSize: client.maxHeadSize, maxFields: client.maxFields)
        headTimeout = client.headTimeout.wholeNanoseconds
        bodyTimeout = client.bodyTimeout.wholeNanoseconds
        idleTimeout = client.idleTimeout.wholeNanoseconds
        continueTimeout = client.continueTimeout.wholeNanoseconds
        tunnelTimeout = client.tunnelTimeout.wholeNanoseconds
        forwardsConnect = configuration.connect == .forward
        maxBodySize = client.maxBodySize.map { UInt64($0) } ?? .max
        maxConnections = min(client.maxConnections ?? .max, clientsMax)
        maxRequestsPerConnection = client.maxRequestsPerConnection ?? .max
        requestRules = RequestRules(
            via: configuration.via, forwarded: configuration.forwarded, upgrades: configuration.upgrade)
        responseRules = ResponseRules(via: configuration.via, upgrades: configuration.upgrade)
        via = Array(configuration.via.utf8)
        proxyName = Self.item(configuration.via.isEmpty ? "sluice" : configuration.via)
        trustedProxies = configuration.trustedProxies
        var table = configuration.routes
        if table.isEmpty { table = [Route(prefix: "/", agent: "default")] }
        // A matching host before none, then the longest prefix: the first that matches is the one.
        table.sort { a, b in
            if (a.host == nil) != (b.host == nil) { return a.host != nil }
            return a.prefix.utf8.count > b.prefix.utf8.count
        }
        routes = table.compactMap { route in
            guard let agent = agents[route.agent] else { return nil }
            return Entry(
                host: route.host.map { Array($0.utf8) }, prefix: Array(route.prefix.utf8),
                stripPrefix: route.stripPrefix, agent: agent)
        }
    }

    /// The destination of a request whose head lies at the front of `input`.
    func destination(of head: borrowing RequestHead, in input: borrowing Buffer) throws(ExchangeFailure) -> Destination
    {
        let bytes = input.readable
        // By index: to iterate retains the routes and each of them, 2 % of a keep-alive request's instructions.
        for index in routes.indices {
            let entry = routes[index]
            if let host = entry.host, !Self.isHost(bytes.extracting(head.authority.bounds), host) { continue }
            if entry.prefix.count == 1 { return Destination(agent: entry.agent, strip: 0) }
            if let length = RoutePath.matchedLength(bytes.extracting(head.path.bounds), prefix: entry.prefix) {
                return Destination(agent: entry.agent, strip: entry.stripPrefix ? length : 0)
            }
        }
        throw .noRoute
    }

    /// Whether every client is believed what it says of those before it.
    var trustsAll: Bool { trustedProxies == nil }

    /// Whether the client at `address` (as text; of a Unix socket none) is believed what it says of those before it.
    func trusts(_ address: [UInt8]) -> Bool {
        guard let trustedProxies, let client = IPAddress(String(decoding: address, as: UTF8.self)) else { return true }
        return trustedProxies.contains { $0.contains(client.bytes) }
    }

    // A token where the name is one (RFC 9651, section 3.3.4), else a string; a name holds nothing to be escaped.
    private static func item(_ name: String) -> [UInt8] {
        let isToken = name.utf8.first.map { $0.lowercased &- 0x61 < 26 || $0 == UInt8(ascii: "*") } ?? false
        return isToken && name.utf8.allSatisfy { $0.isToken || $0 == UInt8(ascii: ":") }
            ? Array(name.utf8) : Array("\"\(name)\"".utf8)
    }

    // Whether `authority` names this host (in lower case), with or without a port.
    private static func isHost(_ authority: RawSpan, _ host: [UInt8]) -> Bool {
        guard authority.byteCount >= host.count else { return false }
        for index in host.indices {
            let byte = authority.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            if lower != host[index] { return false }
        }
        // What follows can only be a port: in an IPv6 address the brackets belong to the host.
        return authority.byteCount == host.count
            || authority.unsafeLoad(fromByteOffset: host.count, as: UInt8.self) == UInt8(ascii: ":")
    }
}
