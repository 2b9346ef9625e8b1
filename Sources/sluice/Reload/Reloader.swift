import Admin
import Control
import Glibc
import Logging
import UnixSignals

/// Has the configuration file read again when a signal says so, or when it has changed on disk.
struct Reloader: Sendable {
    // A file that is being written is left alone until it has been the same for so long, …
    private static let settleTime: Duration = .milliseconds(100)
    // … but not for longer than this many times.
    private static let settleRounds = 50

    let store: RunningConfiguration
    let source: ConfigurationSource
    let program: Program
    let changes: ChangeLog
    let log: Logger
    // Asked before anybody is told that the server is ready: the terminal may be gone a moment later.
    private let hasTerminal = isatty(STDERR_FILENO) == 1

    /// Follows `signals`: each is one SIGHUP.
    ///
    /// - Parameter stop: Called when the signal says that the terminal of the program is gone.
    func follow(_ signals: UnixSignalsSequence, stop: @Sendable () -> Void) async {
        for await _ in signals {
            // Whoever closes the window does not want the program to go on without one.
            if hasTerminal, isatty(STDERR_FILENO) == 0 {
                stop()
                continue
            }
            do throws(ConfigurationFault) {
                try program.reopenAccessLog()
            } catch {
                log.error("\(error.path): \(error.message)")
            }
            if source.file == nil { log.info("SIGHUP: there is no configuration file to read") }
            await reload(by: "SIGHUP")
        }
    }

    /// Watches over the file until the task is cancelled.
    func watch() async {
        guard let file = source.file else { return }
        var text = source.text()
        for await sign in FileWatch.signs(of: file, log: log) {
            switch sign {
            case .changed: text = await settled()
            // Where nobody tells of changes, what two looks in a row see alike is whole.
            case .look:
                let before = text
                text = source.text()
                guard text == before else { continue }
            }
            // An empty file is one that somebody is about to write.
            if case .success("") = text, sign == .changed { continue }
            if store.differs(from: text) { await reload(by: "file") }
        }
    }

    private func reload(by who: String) async {
        guard let outcome = await store.reload() else { return }
        changes.announceFailedReload(outcome, by: who)
        if let change = outcome.change { changes.announce(change, by: who) }
    }

    // What the file holds once nobody writes to it.
    private func settled() async -> Result<String, Problem>? {
        var text = source.text()
        for _ in 0..<Self.settleRounds {
            do { try await Task.sleep(for: Self.settleTime) } catch { break }
            let next = source.text()
            if next == text { break }
            text = next
        }
        return text
    }
}
