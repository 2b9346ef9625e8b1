import Control

/// The configuration that runs, to be looked at; it can be neither replaced as a whole nor read again.
struct RunningConfiguration: ConfigurationStore {
    let control: any ProxyControl
    let effective: EffectiveConfiguration

    var file: String? { nil }
    var lastReload: ReloadOutcome? { nil }

    func tree() -> SettingValue { .object(control.configuration.tree) }

    func sources() -> [String: String] { [:] }

    func replace(
        with tree: SettingValue, ifVersion version: UInt64?
    ) async throws(ControlError) -> ConfigurationChange {
        throw .invalid([ConfigurationFault(path: "", message: "cannot be replaced")])
    }

    func reload() async -> ReloadOutcome? { nil }
}
