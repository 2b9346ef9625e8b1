import ArgumentParser
import Bench
import Control

/// Runs the sleep server until it is told to stop.
///
/// - Returns: Success after a clean stop, `unavailable` when the address cannot be bound.
func sleepServer(listen address: SocketAddress, roundTrip: Duration) async throws -> ExitCode {
    let signals = await StopSignals()
    do {
        let server = try await SleepServer(listen: address, roundTrip: roundTrip)
        StandardError.write(["ready: sleep-server \(server.address.url)"])
        await signals.first()
        return .success
    } catch {
        StandardError.write(["--listen: cannot listen on \(address): \(error.message)"])
        return .unavailable
    }
}
