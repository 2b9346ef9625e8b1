/// The one list of an agent's settings: the configuration file, flags, the API's merge patch and its replies read it.
extension AgentSettings {
    /// One setting by its public name.
    package struct Key: Sendable {
        /// "maxSockets".
        package let name: String
        /// The value in force.
        package let get: @Sendable (AgentSettings) -> SettingValue
        /// Puts a value in, or throws what is wrong with it and changes nothing.
        package let set: @Sendable (inout AgentSettings, SettingValue) throws(SettingFault) -> Void
    }

    /// All of them, in the order in which they are shown.
    package static let keys: [Key] = [
        Key(name: "upstream", get: { .list([.string($0.upstream.description)]) }) {
            settings, value throws(SettingFault) in
            settings.upstream = try UpstreamURL(value.one().string())
        },
        Key(name: "mode", get: { .string($0.mode.rawValue) }) { settings, value throws(SettingFault) in
            settings.mode = try value.word(AgentMode.self)
        },
        integer("split", \.split, in: 0...100),
        integer("maxSockets", \.maxSockets, in: 1...1_000_000),
        integer("maxFreeSockets", \.maxFreeSockets, in: 0...1_000_000),
        duration("freeSocketTimeout", \.freeSocketTimeout, upTo: .seconds(86_400)),
        duration("timeout", \.timeout, upTo: .seconds(86_400)),
        Key(name: "socketActiveTTL", get: { $0.socketActiveTTL.map { .number($0.seconds) } ?? .null }) {
            settings, value throws(SettingFault) in
            let range: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))
            settings.socketActiveTTL = value.isNone ? nil : try value.duration(in: range)
        },
        Key(name: "maxRequestsPerSocket", get: { $0.maxRequestsPerSocket.map { .number(Double($0)) } ?? .null }) {
            settings, value throws(SettingFault) in
            settings.maxRequestsPerSocket = value.isNone ? nil : try value.integer(in: 1...1_000_000_000)
        },
        duration("connectTimeout", \.connectTimeout, upTo: .seconds(3_600)),
        integer("maxPending", \.maxPending, in: 0...1_000_000),
        duration("pendingTimeout", \.pendingTimeout, upTo: .seconds(3_600)),
        duration("keepAliveProbe", \.keepAliveProbe, from: .seconds(1), upTo: .seconds(3_600)),
        Key(name: "retry", get: { .bool($0.retry) }) { settings, value throws(SettingFault) in
            settings.retry = try value.bool()
        },
        Key(name: "scheduling", get: { .string($0.scheduling.rawValue) }) { settings, value throws(SettingFault) in
            settings.scheduling = try value.word(Scheduling.self)
        },
    ]

    /// The key called `name`, if there is one.
    package static func key(_ name: String) -> Key? { keys.first { $0.name == name } }

    private static func integer(
        _ name: String, _ path: any WritableKeyPath<AgentSettings, Int> & Sendable, in range: ClosedRange<Int>
    ) -> Key {
        Key(name: name, get: { .number(Double($0[keyPath: path])) }) { settings, value throws(SettingFault) in
            settings[keyPath: path] = try value.integer(in: range)
        }
    }

    private static func duration(
        _ name: String, _ path: any WritableKeyPath<AgentSettings, Duration> & Sendable,
        from least: Duration = .milliseconds(1), upTo most: Duration
    ) -> Key {
        Key(name: name, get: { .number($0[keyPath: path].seconds) }) { settings, value throws(SettingFault) in
            settings[keyPath: path] = try value.duration(in: least...most)
        }
    }
}

extension SettingValue {
    /// The value itself, or the only one of a list.
    fileprivate func one() throws(SettingFault) -> SettingValue {
        guard case .list(let values) = self else { return self }
        guard values.count == 1 else {
            throw SettingFault("must be one upstream; several for one agent are not supported yet")
        }
        return values[0]
    }
}
