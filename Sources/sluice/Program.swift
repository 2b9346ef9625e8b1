import Control
import Dispatch
import Locks
import Synchronization

/// What `serve` does beside the proxy: its log, its access log, its status lines, the watch over its file. Follows the
/// configuration in force.
final class Program: Sendable {
    /// What was opened for settings that are about to be in force.
    struct Prepared: Sendable {
        let settings: ProgramSettings
        /// Nil: the access log goes on where it is.
        fileprivate let access: AccessLog.Place?
    }

    private struct State {
        var settings: ProgramSettings
        var work: Work?
        var status: Task<Void, Never>?
        var watch: Task<Void, Never>?
        var observe: Task<Void, Never>?
    }

    /// What is done while it runs, each until its task is cancelled.
    struct Work: Sendable {
        /// Prints status lines at this interval.
        let printStatus: @Sendable (Duration) async -> Void
        /// Watches over the configuration file.
        let watch: @Sendable () async -> Void
        /// Tells the log of upstreams that are lost and come back.
        let observe: @Sendable () async -> Void
    }

    let log: LogSettings
    let accessLog: AccessLog
    private let state: Lock<State>

    /// Opens the access log.
    ///
    /// - Throws: Why it cannot be opened.
    init(_ settings: ProgramSettings) throws(ConfigurationFault) {
        log = LogSettings(settings)
        accessLog = AccessLog(
            try Self.open(settings.accessLog), format: settings.logFormat, log: log.logger(label: "sluice"))
        state = Lock(State(settings: settings))
    }

    /// Starts what the settings ask for.
    func start(_ work: Work) {
        state.withLock { state in
            state.work = work
            Self.restartStatus(&state)
            Self.restartWatch(&state)
            state.observe = Task.detached { await work.observe() }
        }
    }

    /// Ends it, and writes what the access log still holds.
    func stop() {
        state.withLock { state in
            state.work = nil
            Self.restartStatus(&state)
            Self.restartWatch(&state)
            state.observe?.cancel()
        }
        accessLog.close(patience: .seconds(1))
    }

    /// Opens what `settings` need.
    ///
    /// - Throws: What cannot be opened; nothing has changed then.
    func prepare(_ settings: ProgramSettings) throws(ConfigurationFault) -> Prepared {
        let isSame = state.withLock { $0.settings.accessLog == settings.accessLog }
        return Prepared(settings: settings, access: isSame ? nil : try Self.open(settings.accessLog))
    }

    /// From now on everything goes by what was prepared.
    func follow(_ prepared: Prepared) {
        let settings = prepared.settings
        log.follow(settings)
        state.withLock { state in
            accessLog.follow(prepared.access, format: settings.logFormat)
            let before = state.settings
            state.settings = settings
            if before.statusInterval != settings.statusInterval { Self.restartStatus(&state) }
            if before.watch != settings.watch { Self.restartWatch(&state) }
        }
    }

    /// Opens the access log's file anew: the old one was moved away.
    ///
    /// - Throws: Why that is not possible; the log goes on in the old one then.
    func reopenAccessLog() throws(ConfigurationFault) {
        // Under the lock, so that a change to another place cannot come in between and be undone.
        try state.withLock { state throws(ConfigurationFault) in
            guard case .file = state.settings.accessLog else { return }
            accessLog.follow(try Self.open(state.settings.accessLog), format: state.settings.logFormat)
        }
    }

    private static func open(_ target: ProgramSettings.AccessLog) throws(ConfigurationFault) -> AccessLog.Place {
        do throws(SettingFault) {
            return try AccessLog.Place(target)
        } catch {
            throw ConfigurationFault(path: "accessLog", message: error.message)
        }
    }

    private static func restartStatus(_ state: inout State) {
        state.status?.cancel()
        state.status = nil
        guard let work = state.work, let interval = state.settings.statusInterval else { return }
        state.status = Task.detached { await work.printStatus(interval) }
    }

    private static func restartWatch(_ state: inout State) {
        state.watch?.cancel()
        state.watch = nil
        guard let work = state.work, state.settings.watch else { return }
        state.watch = Task.detached { await work.watch() }
    }
}
