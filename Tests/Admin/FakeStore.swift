import Control
import Synchronization

/// A store of what a fake proxy runs; the file, and what replaces it, are what a test says.
final class FakeStore: ConfigurationStore {
    struct Fake {
        var file: String? = "sluice.yaml"
        var sources = ["/agents/k/maxSockets": "sluice.yaml:12"]
        var lastReload: ReloadOutcome?
        var agentDefaults = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 80)))
        /// What a reload finds.
        var next: Result<Configuration, Faults> = .success(Configuration())
        /// What is wrong with any replacement; of one without faults only `via` is put in force.
        var faults: [ConfigurationFault] = []
        /// The tree of the last replacement.
        var replaced: SettingValue?
    }

    /// What is wrong with a file.
    struct Faults: Error {
        let all: [ReloadOutcome.Fault]
    }

    let fake = Mutex(Fake())
    private let control: FakeControl

    init(_ control: FakeControl) { self.control = control }

    var agentDefaults: AgentSettings { fake.withLock { $0.agentDefaults } }
    var file: String? { fake.withLock { $0.file } }
    var lastReload: ReloadOutcome? { fake.withLock { $0.lastReload } }

    func tree() -> SettingValue { .object(control.configuration.tree) }

    func sources() -> [String: String] { fake.withLock { $0.sources } }

    func replace(
        with tree: SettingValue, ifVersion version: UInt64?
    ) async throws(ControlError) -> ConfigurationChange {
        let faults = fake.withLock { fake in
            fake.replaced = tree
            return fake.faults
        }
        if !faults.isEmpty { throw .invalid(faults) }
        return try await control.change { state throws(ControlError) in
            if let version, version != state.version { throw .versionMismatch(current: state.version) }
            var configuration = state.configuration
            if case .object(let members) = tree, case .string(let via) = members["via"] { configuration.via = via }
            return configuration
        }
    }

    func reload() async -> ReloadOutcome? {
        let (file, next) = fake.withLock { ($0.file, $0.next) }
        guard file != nil else { return nil }
        let outcome: ReloadOutcome
        switch next {
        case .failure(let faults): outcome = ReloadOutcome(time: 1_000, faults: faults.all, change: nil)
        case .success(let configuration):
            do throws(ControlError) {
                let change = try await control.change { _ in configuration }
                outcome = ReloadOutcome(time: 1_000, faults: [], change: change)
            } catch {
                let fault = ReloadOutcome.Fault(line: nil, column: nil, path: "", message: "\(error)")
                outcome = ReloadOutcome(time: 1_000, faults: [fault], change: nil)
            }
        }
        fake.withLock { $0.lastReload = outcome }
        return outcome
    }
}
