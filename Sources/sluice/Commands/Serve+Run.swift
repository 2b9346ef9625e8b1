import ArgumentParser
import Control
import DataPlane
import Logging
import UnixSignals

/// Runs the proxy until it is told to stop.
///
/// - Returns: Success after a clean stop, `unavailable` when an address cannot be bound.
func serve(_ effective: EffectiveConfiguration, log: Logger) async throws -> ExitCode {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let proxy: ProxyServer
    do {
        proxy = try ProxyServer(effective.configuration)
    } catch {
        StandardError.write(["sluice: \(error)"])
        return .unavailable
    }
    StandardError.write(["ready \(proxy.listeners)"])
    for await _ in signals { break }
    _ = await proxy.stop(grace: effective.configuration.grace)
    return .success
}
