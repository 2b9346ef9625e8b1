import Admin
import Control

/// What the program works by, put together from defaults, file, environment and flags, with where each value came from.
struct EffectiveConfiguration: Sendable, Equatable {
    /// What the proxy and its agents are told.
    var configuration = Configuration()
    /// Who may use the admin server. Its tokens and keys are in no row, no message and no reply.
    var access = AdminAccess()
    /// What applies to an agent of which nothing is said: the defaults, as flags and environment changed them.
    var agentDefaults = AgentSettings(upstream: BuiltInUpstream.url)
    /// Whether the upstream is the built-in sleep server, which `serve` then has to start.
    var usesBuiltInUpstream = false
    /// Where values came from, by key path; a path that is not in it has its default.
    var origins: [String: Origin] = [:]
    /// Things that are allowed but surely not meant, a line each.
    var notes: [String] = []

    /// Where the value at `path` came from.
    func origin(of path: String) -> Origin { origins[path] ?? .default }

    /// The same with every agent's sockets led to `address`: where the built-in sleep server was really bound.
    func withBuiltInUpstream(at address: SocketAddress) -> EffectiveConfiguration {
        var result = self
        for index in result.configuration.agents.indices {
            result.configuration.agents[index].settings.upstream = UpstreamURL(address: address)
        }
        return result
    }
}
