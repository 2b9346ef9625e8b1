import Control

/// A configuration with what goes with it on all loops: the agents' shared ledgers and their looked-up addresses.
struct Blueprint: Sendable {
    /// Rises with every change, so that a loop never goes back to an older one.
    let generation: UInt64
    let configuration: Configuration
    /// By agent; they live on while the configuration changes.
    let ledgers: [String: AgentLedger]
    let addresses: [String: ResolvedAddress]
    /// By agent: how often its upstream was changed.
    let eras: [String: UInt64]
}
