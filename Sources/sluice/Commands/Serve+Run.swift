import Admin
import ArgumentParser
import Bench
import Control
import DataPlane
import Logging

/// Runs the proxy and its admin server until it is told to stop.
///
/// The first SIGTERM or SIGINT stops it gracefully: no new client, running requests end, the admin server last. The
/// second one ends it at once.
/// - Returns: Success after a clean stop, `unavailable` when an address cannot be bound.
func serve(_ effective: EffectiveConfiguration, log: Logger) async throws -> ExitCode {
    let signals = await StopSignals()
    let server: Server
    do {
        server = try await Server(effective, log: log)
    } catch {
        StandardError.write([error.description])
        return error.exitCode
    }
    StandardError.write(server.announcement)
    let status = Task { await server.printStatus(every: effective.statusInterval) }
    await signals.first()
    status.cancel()
    Task {
        await signals.second()
        log.warning("stopped at once by a second signal")
        ExitCode.stoppedAtOnce.leave()
    }
    let left = await server.stop(grace: effective.configuration.grace)
    if left > 0 { log.warning("stopped with \(left) clients still connected") }
    return .success
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
    private let proxy: ProxyServer
    private let admin: AdminServer
    private let sleepServer: SleepServer?

    /// Starts the built-in upstream if one is wanted, the proxy, and the admin server, in this order.
    init(_ wanted: EffectiveConfiguration, log: Logger) async throws(ServerError) {
        var effective = wanted
        var upstream: SleepServer?
        if wanted.usesBuiltInUpstream {
            do throws(SettingFault) {
                upstream = try await Self.builtInUpstream()
            } catch {
                throw ServerError(description: "the built-in upstream: \(error.message)", exitCode: .unavailable)
            }
        }
        sleepServer = upstream
        if let upstream { effective = effective.withBuiltInUpstream(at: upstream.address) }
        let configuration = effective.configuration
        do throws(ProxyServer.StartError) {
            proxy = try ProxyServer(configuration)
        } catch {
            throw ServerError(error, effective)
        }
        do throws(AdminError) {
            admin = try AdminServer(
                control: proxy, events: EventLog(), address: configuration.admin.listen,
                socketMode: configuration.admin.socketMode, access: effective.access, version: Version.current,
                log: { log.info("\($0)") })
        } catch {
            throw ServerError(
                effective.problem(at: "admin.listen", error.description), exitCode: .unavailable)
        }
        admin.start()
    }

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
            "sluice \(Version.current), \(hello)",
            "try: \(suggestion) and open \(adminURL)/",
            "ready: proxy \(proxy.listeners.map(\.url).joined(separator: " ")), admin \(adminURL)",
        ]
    }

    private var adminURL: String { admin.address.url(isTLS: admin.isTLS) }

    private var suggestion: String {
        let path = sleepServer == nil ? "/" : "/k/5"
        let note = sleepServer == nil ? "" : " (waits 5 ms)"
        switch proxy.listeners.first {
        case .unix(let socket): return "curl --unix-socket \(socket) http://localhost\(path)\(note)"
        case .tcp(let host, let port):
            // An address that stands for all of the machine's is none to connect to.
            let address = SocketAddress.tcp(host: host == "0.0.0.0" ? "127.0.0.1" : host, port: port)
            return "curl \(address.url)\(path)\(note)"
        case nil: return "sluice help"
        }
    }

    /// Prints the benchmark's line for each agent now and then; never when `interval` is nil.
    func printStatus(every interval: Duration?) async {
        guard let interval else { return }
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            StandardError.write(proxy.agents().map { StatusLine($0).text })
        }
    }

    /// Stops the proxy gracefully and the admin server after it.
    ///
    /// - Returns: How many clients were cut off when the grace was over.
    func stop(grace: Duration) async -> Int {
        let left = await proxy.stop(grace: grace)
        await admin.stop()
        await proxy.end()
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
}
