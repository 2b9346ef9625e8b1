import Control

// The keys of the admin server.
extension ConfigurationKey {
    // More names than this are a mistake.
    private static let hostsMax = 64
    // PATH_MAX with its closing zero.
    private static let pathBytesMax = 4_095

    static let admin: [ConfigurationKey] = [
        ConfigurationKey(path: "admin.listen", isFixed: true, text: { YAMLWord.text($0.admin.listen.description) }) {
            result, value throws(SettingFault) in
            result.admin.listen = try value.address()
        },
        ConfigurationKey(
            path: "admin.socketMode", isFixed: true,
            text: { configuration in
                let digits = String(configuration.admin.socketMode, radix: 8)
                return "\"\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)\""
            },
            set: { result, value throws(SettingFault) in result.admin.socketMode = try value.fileMode() }),
        file("admin.tls.certificateFile", { $0.tls?.certificateFile }) { admin, path in
            change(&admin.tls) { $0.certificateFile = path ?? "" }
        },
        file("admin.tls.keyFile", { $0.tls?.keyFile }) { admin, path in change(&admin.tls) { $0.keyFile = path ?? "" }
        },
        file("admin.tls.clientCAFile", { $0.tls?.clientCAFile }) { admin, path in
            change(&admin.tls) { $0.clientCAFile = path }
        },
        file("admin.readTokenFile", { $0.readTokenFile }) { $0.readTokenFile = $1 },
        file("admin.changeTokenFile", { $0.changeTokenFile }) { $0.changeTokenFile = $1 },
        ConfigurationKey(
            path: "admin.hosts",
            text: { "[\($0.admin.hosts.map(YAMLWord.text).joined(separator: ", "))]" },
            set: { result, value throws(SettingFault) in
                let values = value.entries
                guard values.count <= hostsMax else {
                    throw SettingFault("must be at most \(hostsMax) names, not \(values.count)")
                }
                var hosts: [String] = []
                for value in values { hosts.append(try value.hostName()) }
                result.admin.hosts = hosts
            }),
        ConfigurationKey(path: "admin.unprotected", text: { "\($0.admin.unprotected)" }) {
            result, value throws(SettingFault) in
            result.admin.unprotected = try value.bool()
        },
    ]

    private static func file(
        _ name: String, _ get: @escaping @Sendable (AdminSettings) -> String?,
        _ set: @escaping @Sendable (inout AdminSettings, String?) -> Void
    ) -> ConfigurationKey {
        ConfigurationKey(
            path: name,
            text: { configuration in
                let path = get(configuration.admin) ?? ""
                return path.isEmpty ? "none" : YAMLWord.text(path)
            },
            set: { result, value throws(SettingFault) in
                let path = value.isNone ? nil : try value.string()
                if let path, !(1...pathBytesMax).contains(path.utf8.count) || path.utf8.contains(0) {
                    throw SettingFault("must be the path of a file, not \(value.text)")
                }
                set(&result.admin, path)
            })
    }

    /// Changes settings that are there once one of them is given; without any there is no TLS.
    private static func change(_ tls: inout AdminSettings.TLS?, _ body: (inout AdminSettings.TLS) -> Void) {
        let nothing = AdminSettings.TLS(certificateFile: "", keyFile: "")
        var settings = tls ?? nothing
        body(&settings)
        tls = settings == nothing ? nil : settings
    }
}

extension SettingValue {
    /// A file's mode in octal, as `chmod` takes it. A word of digits without quotes is a number to YAML: its digits are
    /// what was meant, and none that YAML could have read as octal begins with 6 or 7.
    fileprivate func fileMode() throws(SettingFault) -> UInt16 {
        let fault = SettingFault("must be a mode such as \"0600\" or \"0660\" that lets the owner in, not \(text)")
        let digits: String? =
            switch self {
            case .string(let text): text
            case .number(let number): Int(exactly: number).map { "\($0)" }
            default: nil
            }
        guard let digits, (3...4).contains(digits.utf8.count), let mode = UInt16(digits, radix: 8),
            digits.utf8.allSatisfy({ (48...55).contains($0) }), mode <= 0o777, mode & 0o600 == 0o600
        else {
            throw fault
        }
        return mode
    }

    /// A name, or a literal address, as `Host` has it without its port; in small letters and without brackets.
    func hostName() throws(SettingFault) -> String {
        let fault = SettingFault("must be a host name without a port, not \(text)")
        guard case .string(let text) = self else { throw fault }
        var name = text.lowercased()
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if name.contains(":") {
            guard IPAddress(name) != nil else { throw fault }
            return name
        }
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard allowed, (1...253).contains(name.utf8.count) else { throw fault }
        return name
    }
}
