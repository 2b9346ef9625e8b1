import Control

/// The Sluice that exported files are made for.
struct Deployment: Sendable, Equatable {
    var configuration: Configuration
    /// Where its admin server is asked, as far as it is known.
    var admin: AdminURL
    /// Whether its admin server wants a token.
    var hasToken: Bool
    /// Whether the agents are those in use; otherwise the files are for agents of any name.
    var isKnown: Bool
    /// The configuration file that it was read from.
    var file: String?

    /// One that nothing is known of: an agent towards an upstream that has to be filled in.
    static var unknown: Deployment {
        var configuration = Configuration()
        let upstream = UpstreamURL(address: .tcp(host: "upstream.example", port: 8080))
        configuration.agents = [.init(name: "default", settings: AgentSettings(upstream: upstream))]
        return Deployment(configuration: configuration, admin: .usual, hasToken: false, isKnown: false)
    }

    /// The names of its agents, in their order.
    var names: [String] { isKnown ? configuration.agents.map(\.name) : [] }

    /// A regular expression (RE2) that its agents' names match and no others; nil: all do.
    var namePattern: String? {
        // A dot is the only character of a name that means something; in brackets it needs no escape in any quotes.
        isKnown ? names.map { $0.replacing(".", with: "[.]") }.joined(separator: "|") : nil
    }
}

extension Deployment {
    /// The Sluice that a configuration file describes; tokens and certificates that it names are not looked at.
    ///
    /// - Parameter environment: Says whether there are tokens.
    static func read(
        file: String, text: String, environment: [String: String]
    ) -> Result<Deployment, Problems> {
        // Where it will run there may be a token that is not here, so that an open address is no fault.
        let stand = [EnvironmentLayer.changeToken: String(repeating: "x", count: 16)]
        return ConfigurationReader.read(file: .init(name: file, text: text), environment: stand, flags: [:])
            .map { effective in
                let configuration = effective.configuration
                let admin = configuration.admin
                let hasToken =
                    admin.readTokenFile != nil || admin.changeTokenFile != nil
                    || [EnvironmentLayer.readToken, EnvironmentLayer.changeToken].contains {
                        environment[$0]?.isEmpty == false
                    }
                return Deployment(
                    configuration: configuration, admin: AdminURL(listen: admin.listen, isTLS: admin.tls != nil),
                    hasToken: hasToken, isKnown: true, file: file)
            }
    }

    /// The Sluice that `server` said to be, by `GET /api/v1/config`.
    static func read(
        _ tree: APIValue, from server: AdminURL, hasToken: Bool
    ) -> Result<Deployment, Problems> {
        var members = tree.members
        members["status"] = nil
        // What only a restart can change is read apart: this is not the Sluice that runs it.
        var own = Configuration()
        for (path, value) in [("listen", tree.listen), ("admin.listen", tree.admin.listen)] {
            do throws(SettingFault) {
                try ConfigurationKey.key(path)?.set(&own, value.value)
            } catch {
                return .failure(Problems([Problem(origin: .default, path: path, message: error.message)]))
            }
        }
        for name in ["listen", "admin", "threads", "io"] { members[name] = nil }
        own.admin.hasToken = true
        return ConfigurationReader.read(tree: .object(members), running: own).map { effective in
            Deployment(
                configuration: effective.configuration, admin: server, hasToken: hasToken, isKnown: true,
                file: tree.status.file.string)
        }
    }
}
