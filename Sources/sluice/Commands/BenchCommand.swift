import ArgumentParser
import Control

/// `sluice bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Run the benchmark: keep-alive against one socket for each request.",
        discussion: """
            Starts the sleep server and the proxy, loads them first through the agent that keeps its sockets, then \
            through the one that does not, and prints both reports. --against loads some other proxy in the same way.

            On one machine a new connection costs next to nothing. --rtt adds the round trip that its handshake takes \
            on a network: the upstream holds the first request of each connection back so long, in both runs. What a \
            request and its response take on the way is left out, as it is the same on a new and on a used socket.

            Example:
              sluice bench --users 60 --requests 200 --max-sockets 50
              sluice bench --users 60 --requests 200 --rtt 20ms
            """)

    @Option(parsing: .unconditional, help: ArgumentHelp("Clients at once, 1 to 10000.", valueName: "n"))
    var users = "120"

    @Option(parsing: .unconditional, help: ArgumentHelp("Requests of each client, 1 to 10000000.", valueName: "n"))
    var requests = "1000"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long the sleep server waits before it answers, 0ms to 1m.", valueName: "time"))
    var delay = "5ms"

    @Option(parsing: .unconditional, help: ArgumentHelp("Most open sockets of an agent, 1 to 1000000.", valueName: "n"))
    var maxSockets = "100"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads of the proxy, 1 to 1024. (default: one per core)", valueName: "n"))
    var threads: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A network's round trip, which each new upstream connection's handshake takes, 0ms to 1s. (default: 0ms)",
            valueName: "time"))
    var rtt: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("The proxy to load: http://host:port or unix:/path.", valueName: "url"))
    var against: String?

    func validate() throws { _ = try options() }

    func run() async throws {
        throw try await bench(options())
    }

    /// What the flags mean; throws everything that is wrong with them, a line each.
    func options() throws -> BenchOptions {
        var options = BenchOptions()
        var faults: [String] = []
        func read(_ flag: String, _ body: () throws(SettingFault) -> Void) {
            do throws(SettingFault) {
                try body()
            } catch {
                faults.append(error.line(of: flag))
            }
        }
        read("--users") { () throws(SettingFault) in
            options.users = try PlainScalar.value(users).integer(in: 1...10_000)
        }
        read("--requests") { () throws(SettingFault) in
            options.requests = try PlainScalar.value(requests).integer(in: 1...10_000_000)
        }
        read("--delay") { () throws(SettingFault) in
            // The sleep server's paths say whole milliseconds.
            let delay = try SettingValue.string(delay).duration(in: .zero...(.seconds(60)))
            guard delay.wholeNanoseconds.isMultiple(of: 1_000_000) else {
                throw SettingFault("must be whole milliseconds, not \(delay.text)")
            }
            options.delay = delay
        }
        read("--max-sockets") { () throws(SettingFault) in
            options.maxSockets = try PlainScalar.value(maxSockets).integer(in: 1...1_000_000)
        }
        read("--threads") { () throws(SettingFault) in
            options.threads = try threads.map { text throws(SettingFault) in
                try PlainScalar.value(text).integer(in: 1...1024)
            }
        }
        read("--against") { () throws(SettingFault) in
            options.against = try against.map { text throws(SettingFault) in try UpstreamURL(text) }
        }
        read("--rtt") { () throws(SettingFault) in
            guard let rtt else { return }
            options.roundTrip = try SettingValue.string(rtt).duration(in: BenchOptions.roundTrips)
            if against != nil { throw SettingFault("goes with the benchmark's own upstream, not with --against") }
        }
        options.json = json
        if !faults.isEmpty { throw ValidationError(faults.joined(separator: "\n")) }
        return options
    }
}
