/// The version of this program.
enum Version {
    /// Semantic version, as `sluice --version` prints it.
    static let current = "0.1.0"
}
