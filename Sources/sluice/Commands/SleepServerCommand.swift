import ArgumentParser
import Control

/// `sluice sleep-server`.
struct SleepServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sleep-server",
        abstract: "Run the benchmark's upstream alone.",
        discussion: """
            It reads a request, waits as many milliseconds as the path says (/5 is 5 ms, no number is 1 ms) and \
            answers with JSON: the delay, the fields and the body that it received.

            Example:
              sluice sleep-server --listen 127.0.0.1:1984
              curl http://127.0.0.1:1984/5
            """)

    @Option(help: ArgumentHelp("Address: host:port or unix:/path.", valueName: "address"))
    var listen = "127.0.0.1:1984"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A round trip of the network that each new connection's handshake takes, 0ms to 1s: its first request is "
                + "held back so long.", valueName: "time"))
    var rtt = "0ms"

    func validate() throws {
        _ = try address()
        _ = try roundTrip()
    }

    func run() async throws {
        throw try await sleepServer(listen: address(), roundTrip: roundTrip())
    }

    private func roundTrip() throws -> Duration {
        do throws(SettingFault) {
            return try SettingValue.string(rtt).duration(in: BenchOptions.roundTrips)
        } catch {
            throw error.asUsage(of: "--rtt")
        }
    }

    private func address() throws -> SocketAddress {
        do throws(SettingFault) {
            return try SocketAddress(listen)
        } catch {
            throw error.asUsage(of: "--listen")
        }
    }
}
