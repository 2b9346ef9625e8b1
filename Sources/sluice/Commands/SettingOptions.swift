import ArgumentParser
import Control

/// Flags that set what a file can set too. All are words here; what they mean is read as the file is, so that messages
/// are the same.
struct SettingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Address for clients, again for each one: host:port or unix:/path. (default: 127.0.0.1:1985)",
            valueName: "address"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp("Address of the admin server. (default: 127.0.0.1:1986)", valueName: "address"))
    var admin: String?

    @Flag(help: "Let the admin server be open to everyone at an address that others can reach.")
    var adminUnprotected = false

    @Option(
        help: ArgumentHelp(
            "Upstream of every agent that names none: http://host:port or unix:/path. Without a file there is one "
                + "agent, default.", valueName: "url"))
    var upstream: String?

    @Option(
        help: ArgumentHelp("Mode of every agent: keepalive or normal. (default: keepalive)", valueName: "mode"),
        completion: .list(AgentMode.allCases.map(\.rawValue)))
    var agent: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Most open sockets of every agent, 1 to 1000000. (default: 256) This flag and the four below set what "
                + "holds for every agent; one that has its own value in the file keeps it.", valueName: "n"))
    var maxSockets: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Most free sockets, 0 to 1000000. (default: 256)", valueName: "n"))
    var maxFreeSockets: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A free socket is closed after this, such as 500ms, 4s, 2m. (default: 4s)", valueName: "time"))
    var freeSocketTimeout: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long an active socket may be silent. (default: 8s)", valueName: "time"))
    var timeout: String?

    @Option(
        name: .customLong("socket-active-ttl"), parsing: .unconditional,
        help: ArgumentHelp("A socket older than this is not used again. (default: none)", valueName: "time"))
    var socketActiveTTL: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads of the proxy, 1 to 1024. (default: one per core)", valueName: "n"))
    var threads: String?

    @Option(
        name: .customLong("io"),
        help: ArgumentHelp(
            "How the kernel tells of sockets: auto, io_uring or epoll. (default: auto, which is io_uring where the kernel "
                + "allows it)", valueName: "how"),
        completion: .list(Configuration.IO.allCases.map(\.rawValue)))
    var io: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long a stop waits for running requests. (default: 10s)", valueName: "time"))
    var grace: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Print the benchmark's status lines this often. (default: off)", valueName: "time"))
    var statusInterval: String?

    @Option(
        help: ArgumentHelp(
            "Log nothing below: trace, debug, info, notice, warning, error, critical. (default: info)",
            valueName: "level"))
    var logLevel: String?

    @Option(
        help: ArgumentHelp("Write the log as text or json. (default: text)", valueName: "format"),
        completion: .list(ProgramSettings.LogFormat.allCases.map(\.rawValue)))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            "Where a line for each request is written, its query included: off, stdout or a path such as "
                + "/var/log/sluice/access.log. (default: off)", valueName: "where"),
        completion: .file())
    var accessLog: String?

    @Flag(help: "Read the configuration file again as soon as it changes on disk.")
    var watch = false

    /// What was given, by flag.
    var flags: ConfigurationReader.Flags {
        let single: [(String, String?)] = [
            ("--admin", admin), ("--admin-unprotected", adminUnprotected ? "true" : nil), ("--upstream", upstream),
            ("--agent", agent),
            ("--max-sockets", maxSockets), ("--max-free-sockets", maxFreeSockets),
            ("--free-socket-timeout", freeSocketTimeout), ("--timeout", timeout),
            ("--socket-active-ttl", socketActiveTTL), ("--threads", threads), ("--io", io), ("--grace", grace),
            ("--status-interval", statusInterval), ("--log-level", logLevel), ("--log-format", logFormat),
            ("--access-log", accessLog), ("--watch", watch ? "true" : nil),
        ]
        var flags: ConfigurationReader.Flags = listen.isEmpty ? [:] : ["--listen": listen]
        for case (let flag, let value?) in single { flags[flag] = [value] }
        return flags
    }

    /// Throws everything that is wrong with the flags alone, a line each.
    func validate() throws {
        let flags = flags
        let lines = Override.all.compactMap { override -> String? in
            guard let texts = flags[override.flag], let fault = override.fault(of: override.value(of: texts)) else {
                return nil
            }
            return Problem(origin: .flag(override.flag), path: "", message: fault.message).description
        }
        if !lines.isEmpty { throw ValidationError(lines.joined(separator: "\n")) }
    }
}
