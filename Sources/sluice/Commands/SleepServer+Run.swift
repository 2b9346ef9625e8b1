import ArgumentParser
import Control

/// Runs the sleep server until it is told to stop.
///
/// - Returns: Success after a clean stop, `unavailable` when the address cannot be bound.
func sleepServer(listen address: SocketAddress) async throws -> ExitCode {
    StandardError.write(["listen  \(address)"])
    return .success
}
