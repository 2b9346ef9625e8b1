import ArgumentParser
import Logging

/// Runs the proxy until it is told to stop.
///
/// - Returns: Success after a clean stop, `unavailable` when an address cannot be bound.
func serve(_ effective: EffectiveConfiguration, log: Logger) async throws -> ExitCode {
    StandardError.write([effective.table])
    return .success
}
