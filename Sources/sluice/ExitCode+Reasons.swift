import ArgumentParser
import Glibc

// The numbers are those of sysexits.h. A clean stop is 0, and wrong usage is 64 (ArgumentParser's own).
extension ExitCode {
    /// An address that cannot be bound: EX_UNAVAILABLE.
    static let unavailable = ExitCode(69)
    /// A configuration that cannot be used: EX_CONFIG.
    static let badConfiguration = ExitCode(78)
    /// The server said no to a change: EX_DATAERR.
    static let refused = ExitCode(65)
    /// What was asked about is not there: EX_NOINPUT.
    static let noInput = ExitCode(66)
    /// A token is missing, wrong or for reading only: EX_NOPERM.
    static let notAllowed = ExitCode(77)
    /// Ended by a second signal: as a shell reports a program that SIGTERM killed.
    static let stoppedAtOnce = ExitCode(143)

    /// Ends the process now.
    func leave() -> Never { _exit(rawValue) }
}
