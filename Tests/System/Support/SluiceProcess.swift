import Foundation
import Glibc
import Testing
import TestSupport

/// A running `sluice serve` (or `sleep-server`), stopped at the end of the test whatever happens.
final class SluiceProcess: Sendable {
    /// What went wrong.
    enum Failure: Error, CustomStringConvertible {
        /// It ended, or said nothing, before it was ready; all that it wrote.
        case notReady(String)

        var description: String {
            switch self {
            case .notReady(let text): "sluice did not get ready; it wrote: \(text)"
            }
        }
    }

    /// The process.
    let child: ChildProcess
    /// The line that says that it is ready.
    let readyLine: String
    /// The port of its first listener.
    let port: UInt16
    /// The port of the admin server; 0 when it has none.
    let adminPort: UInt16

    /// The upstream, which lives as long as this.
    private let upstream: ScriptedUpstream?

    /// All that it wrote on standard error.
    var errorText: String { child.record.current.errorText }

    /// Starts it and waits until it is ready.
    ///
    /// - Parameter descriptorsMax: Its limit of file descriptors (RLIMIT_NOFILE); nil for the one of the tests.
    init(
        _ arguments: [String], environment: [String: String] = [:], descriptorsMax: Int? = nil,
        upstream: ScriptedUpstream? = nil
    ) throws {
        self.upstream = upstream
        if let descriptorsMax {
            let limited = "ulimit -n \(descriptorsMax) && exec \"$0\" \"$@\""
            child = try ChildProcess(
                "/bin/sh", ["-c", limited, SluiceBinary.path] + arguments, environment: environment)
        } else {
            child = try ChildProcess(SluiceBinary.path, arguments, environment: environment)
        }
        let isReady = child.record.wait(.seconds(20)) {
            $0.ending != nil || Self.readyLine(in: $0.errorText) != nil
        }
        let text = child.record.current.errorText
        guard isReady, let line = Self.readyLine(in: text) else {
            child.kill()
            throw Failure.notReady(text)
        }
        readyLine = line
        let ports = line.matches(of: /127\.0\.0\.1:(\d+)/).compactMap { UInt16($0.1) }
        port = ports.first ?? 0
        adminPort = ports.count > 1 ? ports[ports.count - 1] : 0
    }

    deinit {
        // A crash fails the test that saw it, whatever else the test found.
        if case .signal(let number) = child.record.current.ending,
            [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV].contains(number)
        {
            let text = errorText
            let crash = text.firstRange(of: "***").map { text[$0.lowerBound...].prefix(4000) }
            Issue.record("sluice ended by signal \(number): \(crash ?? text.suffix(4000))")
        }
        child.kill()
    }

    /// Starts `sluice serve` on free ports with `configuration` as its file, less the two listen keys.
    static func configured(
        _ configuration: String, _ arguments: [String] = [], descriptorsMax: Int? = nil,
        upstream: ScriptedUpstream? = nil
    ) throws -> SluiceProcess {
        let file = FileManager.default.temporaryDirectory.appending(path: "sluice-system-\(UUID().uuidString).yaml")
        try Data("listen: 127.0.0.1:0\nadmin: {listen: 127.0.0.1:0}\n\(configuration)\n".utf8).write(to: file)
        // It has been read when the program is ready.
        defer { try? FileManager.default.removeItem(at: file) }
        return try SluiceProcess(
            ["serve", "--config", file.path] + arguments, descriptorsMax: descriptorsMax, upstream: upstream)
    }

    /// Starts `sluice serve` on free ports with one agent, `default`, towards `upstream`.
    static func forwarding(to upstream: ScriptedUpstream, _ arguments: [String] = []) throws -> SluiceProcess {
        try SluiceProcess(
            ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--upstream", upstream.url] + arguments,
            upstream: upstream)
    }

    /// Starts `sluice serve` with an agent `default` towards `upstream`: `settings` such as "mode: normal" and `client`
    /// such as "headTimeout: 1s" are flow mappings without braces.
    static func forwarding(to upstream: ScriptedUpstream, settings: String, client: String = "", more: String = "")
        throws -> SluiceProcess
    {
        let comma = settings.isEmpty ? "" : ", "
        return try configured(
            """
            client: {\(client)}
            agents:
              default: {upstream: "\(upstream.url)"\(comma)\(settings)}
            \(more)
            """, upstream: upstream)
    }

    /// Starts `sluice serve` with the benchmark's two agents towards a scripted upstream that mirrors requests. The
    /// built-in upstream has a port of its own that all processes share: one test must not see another's.
    static func twoAgents(_ arguments: [String] = []) throws -> SluiceProcess {
        let upstream = try ScriptedUpstream()
        return try configured(
            """
            agents:
              k: {upstream: "\(upstream.url)", mode: keepalive}
              default: {upstream: "\(upstream.url)", mode: normal}
            routes:
              - {prefix: /k, stripPrefix: true, agent: k}
              - {prefix: /, agent: default}
            """, arguments, upstream: upstream)
    }

    /// A new connection to the proxy.
    func connect(patience: Duration = .seconds(20)) throws -> RawClient {
        try RawClient(port: port, patience: patience)
    }

    /// Sends one request on a connection of its own and reads the response.
    func exchange(_ request: String, isHead: Bool = false) throws -> RawResponse {
        let client = try connect()
        try client.send(request)
        return try client.readResponse(isHead: isHead)
    }

    /// Sends `GET path` on a connection of its own and reads the response.
    func get(_ path: String, fields: String = "") throws -> RawResponse {
        try exchange("GET \(path) HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n")
    }

    /// Asks it to stop and waits for its end.
    @discardableResult
    func stop(patience: Duration = .seconds(20)) throws -> ChildProcess.Ending {
        child.signal(SIGTERM)
        return try child.waitForEnd(patience)
    }

    private static func readyLine(in text: String) -> String? {
        // Only whole lines.
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first { $0.hasPrefix("ready") }
            .map(String.init)
    }
}
