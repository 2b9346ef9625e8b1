/// The configuration as a whole, as files and people see it: with where each value came from, to be replaced or read
/// again. What runs is ``ProxyControl``'s; this one knows the file. What it changes is told by its caller, who knows who
/// wanted it.
package protocol ConfigurationStore: Sendable {
    /// The effective configuration as a tree that a configuration file could hold (durations as numbers of seconds,
    /// sizes as numbers of bytes, what is unlimited as null), without any secret.
    func tree() -> SettingValue
    /// Where each value came from, by JSON pointer (`/agents/k/maxSockets`): `sluice.yaml:12`, `SLUICE_LISTEN`,
    /// `--listen`, `api`, `default`.
    func sources() -> [String: String]
    /// What applies to an agent of which nothing is said: the defaults, as flags and environment changed them. The
    /// upstream is any.
    var agentDefaults: AgentSettings { get }
    /// The configuration file's name; nil: there is none.
    var file: String? { get }
    /// How the last reading of the file went; the first is the one at the start. Nil: there is no file.
    var lastReload: ReloadOutcome? { get }

    /// Puts `tree` in force in the place of file, environment and flags; all or nothing. What must not change while it
    /// runs (listeners, admin server, threads) may be left out and stays.
    ///
    /// - Parameter version: When given, only if the configuration still has this version.
    /// - Throws: Every fault with its path in the tree (`agents.k.maxSockets`, `routes[0].agent`).
    func replace(with tree: SettingValue, ifVersion version: UInt64?) async throws(ControlError) -> ConfigurationChange
    /// Reads the file again and puts it in force; a file with faults changes nothing.
    ///
    /// - Returns: How it went, which ``lastReload`` says from then on too. Nil: there is no file.
    func reload() async -> ReloadOutcome?
}

/// How a reading of the configuration file went.
package struct ReloadOutcome: Sendable {
    /// One thing that was wrong with the file.
    package struct Fault: Sendable, Equatable {
        /// From 1; nil when it concerns the file as a whole.
        package let line: Int?
        package let column: Int?
        /// The key's path: `agents.k.maxSockets`; empty when it concerns the text.
        package let path: String
        /// What is wrong, and what is allowed.
        package let message: String

        /// A fault at a place of the file.
        package init(line: Int?, column: Int?, path: String, message: String) {
            self.line = line
            self.column = column
            self.path = path
            self.message = message
        }
    }

    /// Seconds since 1970.
    package let time: Double
    /// Empty: it was put in force.
    package let faults: [Fault]
    /// What it changed; nil when it failed.
    package let change: ConfigurationChange?

    /// An outcome at `time`.
    package init(time: Double, faults: [Fault], change: ConfigurationChange?) {
        self.time = time
        self.faults = faults
        self.change = change
    }

    /// Whether the file is in force.
    package var isSuccess: Bool { faults.isEmpty }
}
