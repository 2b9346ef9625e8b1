import Admin
import Control
import Locks
import Logging
import Synchronization

/// The configuration of a running `serve`: what is in force, where it came from, and how it is replaced and read again.
///
/// Its changes are made one after the other. What other clients of ``ProxyControl`` change meanwhile is overwritten,
/// as by anyone who comes later; who does not want that gives a version.
final class RunningConfiguration: ConfigurationStore {
    private struct State {
        /// What file, environment and flags said when they were last put in force.
        var loaded: EffectiveConfiguration
        var lastReload: ReloadOutcome?
        /// What the file held when it was last read, whatever came of it.
        var text: Result<String, Problem>?
        var followAccess: (@Sendable (AdminAccess) -> Void)?
    }

    private let control: any ProxyControl
    private let program: Program
    private let source: ConfigurationSource
    private let state: Lock<State>
    private let turns = Turns()
    private let log: Logger

    /// The configuration that runs since the start.
    ///
    /// - Parameters:
    ///   - program: Follows what is said of logs and the like.
    ///   - loaded: What is in force.
    ///   - text: What the file held that it was read from.
    ///   - log: Is told how readings of the file went.
    init(
        control: any ProxyControl, program: Program, source: ConfigurationSource, loaded: EffectiveConfiguration,
        text: Result<String, Problem>?, log: Logger
    ) {
        self.control = control
        self.log = log
        self.program = program
        self.source = source
        let first = text.map { _ in ReloadOutcome(time: WallClock.seconds, faults: [], change: nil) }
        state = Lock(State(loaded: loaded, lastReload: first, text: text))
    }

    /// Calls `follow` with what the files of the admin server's access say, each time that they have been read again.
    func followAccess(_ follow: @escaping @Sendable (AdminAccess) -> Void) {
        state.withLock { $0.followAccess = follow }
    }

    var file: String? { source.file }
    var agentDefaults: AgentSettings { state.withLock { $0.loaded.agentDefaults } }
    var lastReload: ReloadOutcome? { state.withLock { $0.lastReload } }

    func tree() -> SettingValue { .object(control.configuration.tree) }

    func sources() -> [String: String] {
        let loaded = state.withLock { $0.loaded }
        return loaded.sources(of: control.configuration)
    }

    func replace(
        with tree: SettingValue, ifVersion version: UInt64?
    ) async throws(ControlError) -> ConfigurationChange {
        try await turns.take { await self.makeReplacement(tree, version) }.get()
    }

    func reload() async -> ReloadOutcome? {
        guard source.file != nil else { return nil }
        return await turns.take { await self.readAgain() }
    }

    /// Whether the file holds something else than when it was last read.
    func differs(from text: Result<String, Problem>?) -> Bool { state.withLock { $0.text } != text }

    private func makeReplacement(
        _ tree: SettingValue, _ version: UInt64?
    ) async -> Result<ConfigurationChange, ControlError> {
        let running = control.state
        // Whoever looked at an older one would be told of faults that they did not make.
        if let version, version != running.version { return .failure(.versionMismatch(current: running.version)) }
        switch ConfigurationReader.read(
            tree: tree, running: running.configuration, agentDefaults: agentDefaults)
        {
        case .success(let wanted):
            if let fault = faultOfAccessLog(wanted.configuration.program, running: running.configuration.program) {
                return .failure(.invalid([fault]))
            }
            return await put(wanted.configuration, ifVersion: version)
        case .failure(let problems):
            return .failure(.invalid(problems.all.map { ConfigurationFault(path: $0.path, message: $0.message) }))
        }
    }

    // Whoever may use the API, everyone on this machine as a rule, must not be able to write to the files that this
    // process may write to.
    private func faultOfAccessLog(_ wanted: ProgramSettings, running: ProgramSettings) -> ConfigurationFault? {
        let loaded = state.withLock { $0.loaded.configuration.program.accessLog }
        guard case .file = wanted.accessLog, ![running.accessLog, loaded].contains(wanted.accessLog) else { return nil }
        var allowed = "off or stdout"
        if case .file(let path) = loaded { allowed = "off, stdout or \(path)" }
        return ConfigurationFault(
            path: "accessLog",
            message: "must be \(allowed): the API cannot lead it to another file, which the configuration file can")
    }

    private func readAgain() async -> ReloadOutcome {
        let text = source.text()
        let time = WallClock.seconds
        var problems = Problems([])
        var change: ConfigurationChange?
        switch source.read(text, running: control.configuration) {
        case .success(let wanted):
            switch await put(wanted.configuration, ifVersion: nil) {
            case .success(let made):
                change = made
                let follow = state.withLock { state in
                    state.loaded = wanted
                    return state.followAccess
                }
                follow?(wanted.access)
                for note in wanted.notes { log.warning("\(note)") }
            case .failure(let error):
                problems = Problems(error.faults.map { wanted.problem(at: $0.path, $0.message, file: source.file) })
            }
        case .failure(let all): problems = all
        }
        let outcome = ReloadOutcome(time: time, faults: problems.all.map(\.fault), change: change)
        state.withLock { state in
            state.lastReload = outcome
            state.text = text
        }
        tell(problems, change)
        return outcome
    }

    private func tell(_ problems: Problems, _ change: ConfigurationChange?) {
        let name = source.file ?? ""
        if let change {
            log.info("\(name) was read again: \(change.isChange ? "it is in force" : "nothing has changed")")
            return
        }
        for line in problems.lines { log.error("\(line)") }
        log.error("\(name) was read again and is not put in force; the configuration stays as it was")
    }

    // All or nothing: what the program has to open for it is opened first.
    private func put(
        _ wanted: Configuration, ifVersion version: UInt64?
    ) async -> Result<ConfigurationChange, ControlError> {
        let prepared: Program.Prepared
        do throws(ConfigurationFault) {
            prepared = try program.prepare(wanted.program)
        } catch {
            return .failure(.invalid([error]))
        }
        do throws(ControlError) {
            let change = try await control.change { state throws(ControlError) in
                if let version, version != state.version { throw .versionMismatch(current: state.version) }
                return wanted
            }
            program.follow(prepared)
            return .success(change)
        } catch {
            return .failure(error)
        }
    }
}

extension ControlError {
    /// What is wrong with a whole configuration.
    fileprivate var faults: [ConfigurationFault] {
        if case .invalid(let faults) = self { return faults }
        return [ConfigurationFault(path: "", message: "cannot be put in force: \(self)")]
    }
}

extension EffectiveConfiguration {
    /// What is wrong with the value at `path`, with where it was said; else with the file as a whole.
    fileprivate func problem(at path: String, _ message: String, file: String?) -> Problem {
        Problem(origin: origins[path] ?? file.map { .file(name: $0, nil) } ?? .default, path: path, message: message)
    }
}

extension Problem {
    /// As the store tells it: with its place when it is the file's, else with what it came from in words.
    fileprivate var fault: ReloadOutcome.Fault {
        switch origin {
        case .file(_, let position):
            ReloadOutcome.Fault(line: position?.line, column: position?.column, path: path, message: message)
        case .environment(let name), .flag(let name):
            ReloadOutcome.Fault(line: nil, column: nil, path: path, message: "\(name): \(message)")
        case .default, .benchmark: ReloadOutcome.Fault(line: nil, column: nil, path: path, message: message)
        }
    }
}
