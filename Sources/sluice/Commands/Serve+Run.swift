import Admin
import ArgumentParser
import Bench
import Control
import DataPlane
import Glibc
import Logging
import MicroHTTPD
import UnixSignals

/// Runs the proxy and its admin server until it is told to stop.
///
/// The first SIGTERM or SIGINT stops it gracefully: no new client, running requests end, the admin server last. The
/// second one ends it at once.
/// - Returns: Success after a clean stop, `unavailable` when an address cannot be bound.
func serve(_ start: ServeStart) async throws -> ExitCode {
    let signals = await StopSignals()
    let reloads = await UnixSignalsSequence(trapping: .sighup)
    let server: Server
    do {
        server = try await Server(start)
    } catch {
        StandardError.write([error.description])
        return error.exitCode
    }
    let log = server.log
    for note in start.effective.notes { log.warning("\(note)") }
    StandardError.write(server.announcement)
    server.start(reloads)
    await signals.first()
    log.info("stops: no new clients; running requests have \(server.grace.text)")
    Task {
        await signals.second()
        log.warning("stopped at once by a second signal")
        ExitCode.stoppedAtOnce.leave()
    }
    let left = await server.stop()
    if left > 0 { log.warning("stopped with \(left) clients still connected") }
    log.info("stopped")
    return .success
}

/// What `serve` starts with.
struct ServeStart: Sendable {
    /// Where the configuration is read again.
    let source: ConfigurationSource
    /// What the configuration file held; nil: there is none.
    let text: Result<String, Problem>?
    let effective: EffectiveConfiguration
}

/// Why the server did not start.
struct ServerError: Error, CustomStringConvertible {
    let description: String
    let exitCode: ExitCode

    init(description: String, exitCode: ExitCode) {
        self.description = description
        self.exitCode = exitCode
    }

    init(_ problem: Problem, exitCode: ExitCode) {
        self.init(description: problem.description, exitCode: exitCode)
    }
}

/// The parts of a running `sluice serve`.
private struct Server: Sendable {
    let log: Logger
    private let program: Program
    private let proxy: ProxyServer
    private let admin: AdminServer
    private let sleepServer: SleepServer?
    private let reloader: Reloader

    /// Opens the logs, then starts the built-in upstream if one is wanted, the proxy, and the admin server.
    init(_ start: ServeStart) async throws(ServerError) {
        var effective = start.effective
        do throws(ConfigurationFault) {
            program = try Program(effective.configuration.program)
        } catch {
            throw ServerError(effective.problem(at: error.path, error.message), exitCode: .badConfiguration)
        }
        let log = program.log.logger(label: "sluice")
        var upstream: SleepServer?
        if effective.usesBuiltInUpstream {
            do throws(SettingFault) {
                upstream = try await Self.builtInUpstream()
            } catch {
                throw ServerError(description: "the built-in upstream: \(error.message)", exitCode: .unavailable)
            }
        }
        self.log = log
        sleepServer = upstream
        if let upstream { effective = effective.withBuiltInUpstream(at: upstream.address) }
        let configuration = effective.configuration
        do throws(ProxyServer.StartError) {
            proxy = try ProxyServer(configuration, accessLog: program.accessLog)
        } catch {
            throw ServerError(error, effective)
        }
        let store = RunningConfiguration(
            control: proxy, program: program, source: start.source, loaded: effective, text: start.text, log: log)
        let events = EventLog()
        do throws(AdminError) {
            admin = try AdminServer(
                control: proxy, store: store, events: events, address: configuration.admin.listen,
                socketMode: configuration.admin.socketMode, access: effective.access, version: Version.current,
                log: { log.info("\($0)") })
        } catch {
            throw ServerError(
                effective.problem(at: "admin.listen", error.description), exitCode: .unavailable)
        }
        store.followAccess { [admin] access in
            do throws(TLSIdentity.Fault) {
                try admin.update(access)
            } catch {
                log.error("the admin server's certificate stays as it was: \(error)")
            }
        }
        reloader = Reloader(
            store: store, source: start.source, program: program,
            changes: ChangeLog(events: events, log: { log.info("\($0)") }), log: log)
        admin.start()
    }

    /// Begins with what is done beside serving.
    ///
    /// - Parameter reloads: Each SIGHUP.
    func start(_ reloads: UnixSignalsSequence) {
        let (proxy, reloader, log) = (proxy, reloader, log)
        for note in proxy.descriptorNotes { log.warning("\(note)") }
        program.start(
            Program.Work(
                printStatus: { await Self.printStatus(of: proxy, every: $0) }, watch: { await reloader.watch() },
                observe: { await Self.observe(proxy, log: log) }))
        Task.detached { await reloader.follow(reloads) { kill(getpid(), SIGTERM) } }
    }

    /// How long a stop waits for running requests.
    var grace: Duration { proxy.configuration.grace }

    // At its usual address, or at a free port when that is taken.
    private static func builtInUpstream() async throws(SettingFault) -> SleepServer {
        do throws(SettingFault) {
            return try await SleepServer(listen: BuiltInUpstream.address)
        } catch {
            return try await SleepServer(listen: .tcp(host: "127.0.0.1", port: 0))
        }
    }

    /// What it does, what to try, and the line that says it is ready.
    var announcement: [String] {
        let agents = proxy.configuration.agents
            .map { "\($0.name) (\($0.settings.mode.rawValue)) to \($0.settings.upstream)" }.joined(separator: ", ")
        let hello = sleepServer == nil ? "agents: \(agents)" : "built-in sleep server; agents: \(agents)"
        return [
            "sluice \(Version.current) on \(proxy.io.rawValue), \(hello)",
            "try: \(suggestion) and open \(admin.address.connectable.url(isTLS: admin.isTLS))/",
            "ready: proxy \(proxy.listeners.map(\.url).joined(separator: " ")), admin \(adminURL)",
        ]
    }

    private var adminURL: String { admin.address.url(isTLS: admin.isTLS) }

    private var suggestion: String {
        let path = sleepServer == nil ? "/" : "/k/5"
        let note = sleepServer == nil ? "" : " (waits 5 ms)"
        switch proxy.listeners.first {
        case .unix(let socket): return "curl --unix-socket \(socket) http://localhost\(path)\(note)"
        case .some(let address): return "curl \(address.connectable.url)\(path)\(note)"
        case nil: return "sluice help"
        }
    }

    // Prints the benchmark's line for each agent now and then.
    private static func printStatus(of proxy: ProxyServer, every interval: Duration) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            StandardError.write(proxy.agents().map { StatusLine($0).text })
        }
    }

    // Tells of upstreams that are lost and come back.
    private static func observe(_ proxy: ProxyServer, log: Logger) async {
        var watch = UpstreamWatch()
        while !Task.isCancelled {
            for turn in watch.look(at: proxy.agents()) {
                switch turn {
                case .lost(let agent, let upstream, let failures):
                    log.warning("agent \(agent): \(upstream) does not answer (\(failures) requests failed)")
                case .back(let agent, let upstream): log.notice("agent \(agent): \(upstream) answers again")
                }
            }
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    /// Stops the proxy gracefully, the admin server after it, and the logs last.
    ///
    /// - Returns: How many clients were cut off when the grace was over.
    func stop() async -> Int {
        let left = await proxy.stop(grace: grace)
        await admin.stop()
        await proxy.end()
        program.stop()
        return left
    }
}

extension ServerError {
    fileprivate init(_ error: ProxyServer.StartError, _ effective: EffectiveConfiguration) {
        switch error {
        case .cannotListen(let address, let reason):
            self.init(
                effective.problem(at: "listen", "cannot listen on \(address): \(reason)"), exitCode: .unavailable)
        case .invalid(let fault):
            self.init(effective.problem(at: fault.path, fault.message), exitCode: .badConfiguration)
        case .cannotPoll(let reason):
            self.init(effective.problem(at: "io", "the kernel has no io_uring: \(reason)"), exitCode: .unavailable)
        case .cannotStart(let reason):
            self.init(description: "cannot start: \(reason)", exitCode: .unavailable)
        }
    }
}

extension EffectiveConfiguration {
    /// What is wrong with the value at `path`, with where it was said.
    fileprivate func problem(at path: String, _ message: String) -> Problem {
        Problem(origin: origin(of: path), path: path, message: message)
    }
}

extension SocketAddress {
    /// For people to click: `http://host:port`, or `unix:/path` as it is.
    var url: String { url(isTLS: false) }

    /// The same, `https://host:port` with TLS.
    func url(isTLS: Bool) -> String {
        switch self {
        case .tcp: isTLS ? "https://\(self)" : "http://\(self)"
        case .unix: description
        }
    }

    /// What a client on this machine connects to: an address that stands for all of the machine's is none.
    fileprivate var connectable: SocketAddress {
        switch self {
        case .tcp("0.0.0.0", let port): .tcp(host: "127.0.0.1", port: port)
        case .tcp("::", let port): .tcp(host: "::1", port: port)
        default: self
        }
    }
}
