import Control

/// A flag of `serve`, and the environment variable that says the same.
struct Override: Sendable {
    /// What it changes.
    enum Target: Sendable, Equatable {
        /// Which file is read.
        case file
        /// The ``ConfigurationKey`` at this path.
        case key(String)
        /// The default that every agent has for this setting.
        case agentDefault(String)
    }

    /// "--max-sockets".
    let flag: String
    let target: Target

    /// "SLUICE_MAX_SOCKETS".
    var variable: String { Self.variablePrefix + flag.dropFirst(2).uppercased().replacing("-", with: "_") }

    /// What all variables of this program start with.
    static let variablePrefix = "SLUICE_"

    /// Which file is read.
    static let config = Override(flag: "--config", target: .file)

    /// All of them, in the order of the help text.
    static let all: [Override] = [
        config,
        Override(flag: "--listen", target: .key("listen")),
        Override(flag: "--admin", target: .key("admin.listen")),
        Override(flag: "--admin-unprotected", target: .key("admin.unprotected")),
        Override(flag: "--upstream", target: .agentDefault("upstream")),
        Override(flag: "--agent", target: .agentDefault("mode")),
        Override(flag: "--max-sockets", target: .agentDefault("maxSockets")),
        Override(flag: "--max-free-sockets", target: .agentDefault("maxFreeSockets")),
        Override(flag: "--free-socket-timeout", target: .agentDefault("freeSocketTimeout")),
        Override(flag: "--timeout", target: .agentDefault("timeout")),
        Override(flag: "--socket-active-ttl", target: .agentDefault("socketActiveTTL")),
        Override(flag: "--threads", target: .key("threads")),
        Override(flag: "--io", target: .key("io")),
        Override(flag: "--grace", target: .key("grace")),
        Override(flag: "--status-interval", target: .key("statusInterval")),
        Override(flag: "--log-level", target: .key("logLevel")),
        Override(flag: "--log-format", target: .key("logFormat")),
        Override(flag: "--access-log", target: .key("accessLog")),
        Override(flag: "--watch", target: .key("watch")),
    ]

    /// The value that `texts` stand for; more than one are a list.
    func value(of texts: [String]) -> SettingValue {
        // A word of these keys is never a number, however it looks.
        let texted: [Target] = [.key("listen"), .key("admin.listen"), .key("accessLog"), .agentDefault("upstream")]
        let isText = texted.contains(target)
        let isSwitch = [.key("watch"), .key("admin.unprotected")].contains(target)
        let values = texts.map { text -> SettingValue in
            if isText { return .string(text) }
            if isSwitch { return PlainScalar.value(text) }
            return PlainScalar.number(text).map { .number($0) } ?? .string(text)
        }
        return values.count == 1 ? values[0] : .list(values)
    }

    /// What is wrong with `value`, if anything.
    func fault(of value: SettingValue) -> SettingFault? {
        do throws(SettingFault) {
            switch target {
            case .file: break
            case .key(let path):
                var scratch = Configuration()
                try ConfigurationKey.key(path)?.set(&scratch, value)
            case .agentDefault(let name):
                var scratch = AgentSettings(upstream: BuiltInUpstream.url)
                try AgentSettings.key(name)?.set(&scratch, value)
            }
            return nil
        } catch {
            return error
        }
    }
}
