import ArgumentParser
import Control
import Synchronization

/// `sluice agents watch`.
struct AgentsWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch the agents: the table of list, again and again.",
        discussion: """
            On a terminal the table is drawn in place; elsewhere each one stands under the last, a blank line between \
            them, and with --json there is one line for each. It goes on when the server goes away for a while, and \
            ends with control-C or after --count tables.

            Example:
              sluice agents watch
              sluice agents watch --interval 5s --count 12 --json
            """)

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How often, 100ms to 1h.", valueName: "time"))
    var interval = "1s"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End after so many, 1 to 1000000000. (default: never)", valueName: "n"))
    var count: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Server") var client: ClientOptions

    func validate() throws {
        _ = try duration()
        _ = try limit()
    }

    func run() async throws {
        let signals = await StopSignals()
        let screen = Screen(.current)
        let (interval, limit, isJSON) = (try duration(), try limit(), output.json)
        let client = client
        let work = Task {
            try await client.use { client throws(ClientFailure) in
                try await Self.watch(client, every: interval, limit: limit, isJSON: isJSON, on: screen)
            }
        }
        Task {
            await signals.first()
            work.cancel()
            // A server that does not answer must not keep anybody waiting.
            try? await Task.sleep(for: .seconds(1))
            screen.end()
            ExitCode.success.leave()
        }
        let outcome = await work.result
        screen.end()
        try outcome.get()
    }

    private static func watch(
        _ client: APIClient, every interval: Duration, limit: Int?, isJSON: Bool, on screen: Screen
    ) async throws(ClientFailure) {
        var next = ContinuousClock.now
        var shown = 0
        while !Task.isCancelled {
            do throws(ClientFailure) {
                let reply = try await client.get("/api/v1/agents")
                guard isJSON ? Terminal.write(reply.text + "\n") : screen.show(reply.json.agents.elements) else {
                    return
                }
            } catch {
                // A server that was there may come back; one that never was is a mistake, and so is a wrong token.
                guard shown > 0, error.exitCode == .unavailable else { throw error }
                screen.tell(error.lines[0])
            }
            shown += 1
            if shown == limit { return }
            // What takes long, or a machine that slept, must not be followed by a burst.
            next = max(next.advanced(by: interval), ContinuousClock.now)
            do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
        }
    }

    private func duration() throws -> Duration {
        do throws(SettingFault) {
            return try SettingValue.string(interval).duration(in: .milliseconds(100)...(.seconds(3600)))
        } catch {
            throw error.asUsage(of: "--interval")
        }
    }

    private func limit() throws -> Int? {
        do throws(SettingFault) {
            return try count.map { text throws(SettingFault) in
                try PlainScalar.value(text).integer(in: 1...1_000_000_000)
            }
        } catch {
            throw error.asUsage(of: "--count")
        }
    }
}

/// Where the live table is drawn.
private final class Screen: Sendable {
    private let terminal: Terminal
    // Lines of the table that is there now.
    private let drawn = Mutex<Int>(0)

    init(_ terminal: Terminal) { self.terminal = terminal }

    /// Draws the table, over the last one on a terminal.
    ///
    /// - Returns: Whether somebody is left to see it.
    func show(_ agents: [APIValue]) -> Bool { draw(AgentTable.lines(agents, terminal, width: terminal.size?.width)) }

    /// Says what is wrong: under the table on a terminal, on standard error elsewhere.
    func tell(_ line: String) {
        if terminal.isTerminal {
            _ = draw([terminal.paint(String(line.prefix(terminal.size?.width ?? 80)), .red)])
        } else {
            StandardError.write([line])
        }
    }

    /// Shows the cursor again.
    func end() {
        if terminal.isTerminal, drawn.withLock({ $0 }) > 0 { Terminal.write("\u{1B}[?25h") }
    }

    private func draw(_ lines: [String]) -> Bool {
        // What has left the screen at its top cannot be drawn over; the last line is the cursor's.
        let lines = Array(lines.prefix(terminal.size.map { $0.height - 1 } ?? lines.count))
        return drawn.withLock { drawn in
            let text = lines.joined(separator: "\n") + "\n"
            defer { drawn = lines.count }
            guard terminal.isTerminal else { return Terminal.write(drawn == 0 ? text : "\n" + text) }
            // Hides the cursor, goes up to where the last table began, and clears from there (ECMA-48: CUU, ED).
            let up = drawn == 0 ? "" : "\u{1B}[\(drawn)A\r"
            return Terminal.write("\u{1B}[?25l\(up)\u{1B}[J\(text)")
        }
    }
}
