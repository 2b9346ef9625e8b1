import Control
import Logging

/// One key of the configuration that is not an agent's: the file, the environment, flags and `check` share this list.
struct ConfigurationKey: Sendable {
    /// "client.headTimeout".
    let path: String
    /// The value in force, as a file could say it.
    let text: @Sendable (EffectiveConfiguration) -> String
    /// Puts a value in, or throws what is wrong with it and changes nothing.
    let set: @Sendable (inout EffectiveConfiguration, SettingValue) throws(SettingFault) -> Void

    /// All of them, in the order in which they are shown.
    static let all: [ConfigurationKey] =
        [
            listen
        ] + admin + [
            ConfigurationKey(path: "threads", text: { $0.configuration.threads.map { "\($0)" } ?? "auto" }) {
                result, value throws(SettingFault) in
                let isAuto = value.isNone || value == .string("auto")
                result.configuration.threads = isAuto ? nil : try value.integer(in: 1...1024)
            }
        ] + client + [
            word("forwarded", \.configuration.forwarded),
            trustedProxies,
            upgrade,
            word("connect", \.configuration.connect),
            ConfigurationKey(path: "via", text: { YAMLWord.text($0.configuration.via) }, set: setVia),
            duration("grace", \.configuration.grace, in: .zero...(.seconds(86_400))),
            ConfigurationKey(path: "accessLog", text: { _ in "off" }) { _, value throws(SettingFault) in
                guard value == .string("off") || value == .bool(false) else {
                    throw SettingFault("must be off, not \(value.text): an access log is not supported yet")
                }
            },
            word("logLevel", \.log.level),
            word("logFormat", \.log.format),
            ConfigurationKey(path: "statusInterval", text: { $0.statusInterval?.text ?? "off" }) {
                result, value throws(SettingFault) in
                let isOff = value.isNone || value == .string("off") || value == .bool(false)
                let range: ClosedRange<Duration> = .milliseconds(100)...(.seconds(3_600))
                result.statusInterval = isOff ? nil : try value.duration(in: range)
            },
        ]

    /// The key at `path`, if there is one.
    static func key(_ path: String) -> ConfigurationKey? { all.first { $0.path == path } }

    private static let client: [ConfigurationKey] = [
        duration("client.headTimeout", \.configuration.client.headTimeout, in: .milliseconds(1)...(.seconds(3_600))),
        duration("client.bodyTimeout", \.configuration.client.bodyTimeout, in: .milliseconds(1)...(.seconds(86_400))),
        duration("client.idleTimeout", \.configuration.client.idleTimeout, in: .milliseconds(1)...(.seconds(86_400))),
        duration(
            "client.continueTimeout", \.configuration.client.continueTimeout, in: .milliseconds(1)...(.seconds(3_600))),
        duration(
            "client.tunnelTimeout", \.configuration.client.tunnelTimeout, in: .milliseconds(1)...(.seconds(86_400))),
        ConfigurationKey(
            path: "client.maxHeadSize", text: { ByteSize.text($0.configuration.client.maxHeadSize) }
        ) { result, value throws(SettingFault) in
            result.configuration.client.maxHeadSize = try value.bytes(in: 1024...(1 << 20))
        },
        ConfigurationKey(path: "client.maxFields", text: { "\($0.configuration.client.maxFields)" }) {
            result, value throws(SettingFault) in
            result.configuration.client.maxFields = try value.integer(in: 1...10_000)
        },
        ConfigurationKey(
            path: "client.maxBodySize",
            text: { $0.configuration.client.maxBodySize.map(ByteSize.text) ?? "unlimited" }
        ) { result, value throws(SettingFault) in
            result.configuration.client.maxBodySize = value.isNone ? nil : try value.bytes(in: 0...(1 << 50))
        },
        limit("client.maxConnections", \.configuration.client.maxConnections, upTo: 10_000_000),
        limit("client.maxRequestsPerConnection", \.configuration.client.maxRequestsPerConnection, upTo: 1_000_000_000),
    ]
}

// How the keys are made.
extension ConfigurationKey {
    private typealias Path<Value> = WritableKeyPath<EffectiveConfiguration, Value> & Sendable

    private static func duration(
        _ name: String, _ path: any Path<Duration>, in range: ClosedRange<Duration>
    ) -> ConfigurationKey {
        ConfigurationKey(path: name, text: { $0[keyPath: path].text }) { result, value throws(SettingFault) in
            result[keyPath: path] = try value.duration(in: range)
        }
    }

    private static func limit(_ name: String, _ path: any Path<Int?>, upTo most: Int) -> ConfigurationKey {
        ConfigurationKey(path: name, text: { $0[keyPath: path].map { "\($0)" } ?? "unlimited" }) {
            result, value throws(SettingFault) in
            result[keyPath: path] = value.isNone ? nil : try value.integer(in: 1...most)
        }
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _ name: String, _ path: any Path<Word>
    ) -> ConfigurationKey {
        ConfigurationKey(path: name, text: { $0[keyPath: path].rawValue }) { result, value throws(SettingFault) in
            result[keyPath: path] = try value.word(Word.self)
        }
    }

    // RFC 9110, section 7.6.3: a pseudonym is a token, or it is a host with a port. Anything else would let a file
    // write other fields into the head.
    private static let setVia: @Sendable (inout EffectiveConfiguration, SettingValue) throws(SettingFault) -> Void = {
        result, value throws(SettingFault) in
        let name = try value.string()
        let allowed = name.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isLetter && byte < 128 || (48...57).contains(byte)
                || "!#$%&'*+-.^_`|~:[]".utf8.contains(byte)
        }
        guard allowed, name.utf8.count <= 255 else {
            throw SettingFault("must be a name without spaces of at most 255 characters, or \"\", not \(value.text)")
        }
        result.configuration.via = name
    }
}
