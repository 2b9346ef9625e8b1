import ArgumentParser

// The numbers are those of sysexits.h. A clean stop is 0, and wrong usage is 64 (ArgumentParser's own).
extension ExitCode {
    /// An address that cannot be bound: EX_UNAVAILABLE.
    static let unavailable = ExitCode(69)
    /// A configuration that cannot be used: EX_CONFIG.
    static let badConfiguration = ExitCode(78)
}
