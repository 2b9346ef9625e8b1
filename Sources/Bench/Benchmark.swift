package import Control
import Glibc

/// The published benchmark, end to end: a sleep server and a proxy as processes of their own, and users that load
/// first the agent that keeps its sockets, then the one that does not.
package struct Benchmark: Sendable {
    private let plan: BenchPlan
    private let tell: @Sendable (String) -> Void

    /// A benchmark that tells how it goes on by `tell`, a line at a time.
    package init(_ plan: BenchPlan, tell: @escaping @Sendable (String) -> Void) {
        self.plan = plan
        self.tell = tell
    }

    /// Runs it.
    ///
    /// - Returns: The keep-alive run and the normal run.
    /// - Throws: What could not be started.
    package func run() async throws(SettingFault) -> [BenchRun] {
        guard let against = plan.against else { return try await runOwn() }
        tell("loading the proxy at \(against)")
        var runs: [BenchRun] = []
        for mode in AgentMode.allCases {
            let result = try await load(against, mode) { nil }
            runs.append(BenchRun(mode: mode, result: result, socketsCreated: nil, cpuPerRequest: nil))
        }
        return runs
    }

    private func runOwn() async throws(SettingFault) -> [BenchRun] {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let sleepLog = folder.path + "/sleep-server"
        let upstream = try ChildProcess(
            plan.executable, ["sleep-server", "--listen", "127.0.0.1:0", "--rtt", plan.roundTrip.text],
            errorFile: sleepLog)
        defer { upstream.end() }
        let upstreamAddress = try await ReadyLine.wait(for: upstream, in: sleepLog, what: "sleep server")[0]

        let configuration = folder.path + "/sluice.yaml"
        guard TextFile.write(yaml(upstream: upstreamAddress), to: configuration) else {
            throw SettingFault("cannot write \(configuration)")
        }
        let proxyLog = folder.path + "/proxy"
        let proxy = try ChildProcess(plan.executable, ["serve", "--config", configuration], errorFile: proxyLog)
        defer { proxy.end() }
        let addresses = try await ReadyLine.wait(for: proxy, in: proxyLog, what: "proxy")
        guard addresses.count == 2 else { throw SettingFault("the proxy did not name its two addresses") }
        tell("proxy at \(addresses[0]) (process \(proxy.identifier)), sleep server at \(upstreamAddress)")
        let admin = try AdminClient(addresses[1])
        var runs: [BenchRun] = []
        for mode in AgentMode.allCases {
            let cpuBefore = proxy.cpuTime
            let result = try await load(addresses[0], mode) { await admin.agents().first { $0.mode == mode } }
            let cpu = proxy.cpuTime - cpuBefore
            let created = await admin.agents().first { $0.mode == mode }?.created
            runs.append(
                BenchRun(
                    mode: mode, result: result, socketsCreated: created,
                    cpuPerRequest: result.transactions == 0 ? nil : cpu / Double(result.transactions)))
        }
        await admin.end()
        return runs
    }

    // One run, with a line every two seconds.
    private func load(
        _ address: SocketAddress, _ mode: AgentMode, status: @escaping @Sendable () async -> StatusLine?
    ) async throws(SettingFault) -> LoadResult {
        let generator = LoadGenerator(
            address: address, path: plan.path(mode), users: plan.users, requestsPerUser: plan.requests)
        let total = plan.users * plan.requests
        tell("\(mode.rawValue): \(plan.users) users, \(plan.requests) requests each, \(plan.path(mode))")
        let progress = LoadProgress()
        let watch = Task {
            while !Task.isCancelled {
                do { try await Task.sleep(for: .seconds(2)) } catch { return }
                let now = progress.now
                if let line = await status() { tell(line.text) }
                tell("\(now.answered + now.failed) of \(total) requests, \(now.failed) failed")
            }
        }
        defer { watch.cancel() }
        let result = try await generator.run(progress: progress)
        if let line = await status() { tell(line.text) }
        return result
    }

    private func yaml(upstream: SocketAddress) -> String {
        """
        listen: "127.0.0.1:0"
        admin: {listen: "127.0.0.1:0"}
        \(plan.threads.map { "threads: \($0)" } ?? "# threads: one per core")
        agents:
          k: {upstream: "http://\(upstream)", mode: keepalive, maxSockets: \(plan.maxSockets), \
        maxFreeSockets: \(plan.maxSockets), freeSocketTimeout: 30s, maxPending: \(max(plan.users, 1024)), \
        timeout: 70s, pendingTimeout: 30s}
          default: {upstream: "http://\(upstream)", mode: normal, maxSockets: \(plan.maxSockets), \
        maxPending: \(max(plan.users, 1024)), timeout: 70s, pendingTimeout: 30s}
        routes:
          - {prefix: /k, stripPrefix: true, agent: k}
          - {prefix: /, agent: default}

        """
    }
}

/// The line by which a server of ours says that it is ready, and where.
enum ReadyLine {
    /// Waits until `process` has written the line into its log; at most 20 s.
    ///
    /// - Returns: The addresses that it names, in order.
    static func wait(
        for process: ChildProcess, in log: String, what: String
    ) async throws(SettingFault) -> [SocketAddress] {
        for _ in 0..<2000 {
            let text = TextFile.read(log) ?? ""
            if let addresses = addresses(in: text) { return addresses }
            guard process.isRunning else { throw SettingFault("the \(what) did not start:\n\(text)") }
            try? await Task.sleep(for: .milliseconds(10))
        }
        throw SettingFault("the \(what) was not ready within 20 s")
    }

    /// The addresses of the ready line in `text`; nil while there is none.
    static func addresses(in text: String) -> [SocketAddress]? {
        guard
            let line = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first(where: {
                $0.hasPrefix("ready: ")
            })
        else { return nil }
        let addresses = line.split(whereSeparator: { " ,".contains($0) }).compactMap { word -> SocketAddress? in
            if word.hasPrefix("http://") { return try? SocketAddress(String(word.dropFirst(7))) }
            return word.hasPrefix("unix:") ? try? SocketAddress(String(word)) : nil
        }
        return addresses.isEmpty ? nil : addresses
    }
}

/// A folder for the time of a benchmark.
struct TemporaryFolder {
    let path: String

    init() throws(SettingFault) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/sluice-bench-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SettingFault("cannot make a folder in \(parent)") }
        path = String(cString: made)
    }

    func remove() {
        for name in ["sleep-server", "sluice.yaml", "proxy"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
