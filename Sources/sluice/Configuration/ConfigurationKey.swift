import Control

/// One key of the configuration that is not an agent's: the file, the environment, flags, the API and `check` share
/// this list.
struct ConfigurationKey: Sendable {
    /// "client.headTimeout".
    let path: String
    /// Whether only a restart can change it.
    var isFixed = false
    /// The value in force, as a file could say it.
    let text: @Sendable (Configuration) -> String
    /// Puts a value in, or throws what is wrong with it and changes nothing.
    let set: @Sendable (inout Configuration, SettingValue) throws(SettingFault) -> Void

    /// All of them, in the order in which they are shown.
    static let all: [ConfigurationKey] =
        [
            listen
        ] + admin + [
            ConfigurationKey(
                path: "threads", isFixed: true, text: { $0.threads.map { "\($0)" } ?? "auto" },
                set: { result, value throws(SettingFault) in
                    let isAuto = value.isNone || value == .string("auto")
                    result.threads = isAuto ? nil : try value.integer(in: 1...1024)
                }),
            word("io", \.io, isFixed: true),
        ] + client + [
            word("forwarded", \.forwarded),
            trustedProxies,
            upgrade,
            word("connect", \.connect),
            ConfigurationKey(
                path: "via", text: { YAMLWord.text($0.via) }, set: setVia),
            duration("grace", \.grace, in: .zero...(.seconds(86_400))),
        ] + program

    /// The key at `path`, if there is one.
    static func key(_ path: String) -> ConfigurationKey? { all.first { $0.path == path } }

    private static let client: [ConfigurationKey] = [
        duration("client.headTimeout", \.client.headTimeout, in: .milliseconds(1)...(.seconds(3_600))),
        duration("client.bodyTimeout", \.client.bodyTimeout, in: .milliseconds(1)...(.seconds(86_400))),
        duration("client.idleTimeout", \.client.idleTimeout, in: .milliseconds(1)...(.seconds(86_400))),
        duration("client.continueTimeout", \.client.continueTimeout, in: .milliseconds(1)...(.seconds(3_600))),
        duration("client.tunnelTimeout", \.client.tunnelTimeout, in: .milliseconds(1)...(.seconds(86_400))),
        ConfigurationKey(
            path: "client.maxHeadSize", text: { ByteSize.text($0.client.maxHeadSize) },
            set: { result, value throws(SettingFault) in
                result.client.maxHeadSize = try value.bytes(in: 1024...(1 << 20))
            }),
        ConfigurationKey(
            path: "client.maxFields", text: { "\($0.client.maxFields)" },
            set: { result, value throws(SettingFault) in result.client.maxFields = try value.integer(in: 1...10_000) }),
        ConfigurationKey(
            path: "client.maxBodySize", text: { $0.client.maxBodySize.map(ByteSize.text) ?? "unlimited" },
            set: { result, value throws(SettingFault) in
                result.client.maxBodySize = value.isNone ? nil : try value.bytes(in: 0...(1 << 50))
            }),
        limit("client.maxConnections", \.client.maxConnections, upTo: 10_000_000),
        limit("client.maxRequestsPerConnection", \.client.maxRequestsPerConnection, upTo: 1_000_000_000),
    ]
}

// How the keys are made.
extension ConfigurationKey {
    private typealias Path<Value> = WritableKeyPath<Configuration, Value> & Sendable

    private static func duration(
        _ name: String, _ path: any Path<Duration>, in range: ClosedRange<Duration>
    ) -> ConfigurationKey {
        ConfigurationKey(
            path: name, text: { $0[keyPath: path].text },
            set: { result, value throws(SettingFault) in result[keyPath: path] = try value.duration(in: range) })
    }

    private static func limit(_ name: String, _ path: any Path<Int?>, upTo most: Int) -> ConfigurationKey {
        ConfigurationKey(
            path: name, text: { $0[keyPath: path].map { "\($0)" } ?? "unlimited" },
            set: { result, value throws(SettingFault) in
                result[keyPath: path] = value.isNone ? nil : try value.integer(in: 1...most)
            })
    }

    /// A key whose value is one word of a fixed set.
    static func word<Word: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _ name: String, _ path: any WritableKeyPath<Configuration, Word> & Sendable, isFixed: Bool = false
    ) -> ConfigurationKey {
        ConfigurationKey(
            path: name, isFixed: isFixed, text: { $0[keyPath: path].rawValue },
            set: { result, value throws(SettingFault) in result[keyPath: path] = try value.word(Word.self) })
    }

    // RFC 9110, section 7.6.3: a pseudonym is a token, or it is a host with a port. Anything else would let a file
    // write other fields into the head.
    private static let setVia: @Sendable (inout Configuration, SettingValue) throws(SettingFault) -> Void = {
        result, value throws(SettingFault) in
        let name = try value.string()
        let allowed = name.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isLetter && byte < 128 || (48...57).contains(byte)
                || "!#$%&'*+-.^_`|~:[]".utf8.contains(byte)
        }
        guard allowed, name.utf8.count <= 255 else {
            throw SettingFault("must be a name without spaces of at most 255 characters, or \"\", not \(value.text)")
        }
        result.via = name
    }
}
