import Foundation
import Glibc
import Testing
import TestSupport

/// `sluice agents watch`, in a pipe and on a terminal.
@Suite("sluice agents watch", .bounded)
struct WatchCommandTests {
    @Test("in a pipe: one plain table after the other, as many as were asked for")
    func pipe() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let outcome = try Command.run(["agents", "watch", "--count", "3", "--interval", "100ms"], asking: sluice)
            #expect(outcome.ending == .exit(0), "\(outcome.errorText)")
            let tables = outcome.outputText.split(separator: "\n\n")
            #expect(tables.count == 3)
            for table in tables { #expect(table.split(separator: "\n").map { $0.prefix(2) } == ["AG", "k ", "de"]) }
            #expect(!outcome.outputText.contains("\u{1B}"))
        }
    }

    @Test("--json: one line for each")
    func json() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let outcome = try Command.run(
                ["agents", "watch", "--json", "--count", "2", "--interval", "100ms"], asking: sluice)
            let lines = outcome.outputText.split(separator: "\n")
            #expect(lines.count == 2)
            for line in lines { #expect(try JSON(String(line)).agents.elements.count == 2) }
        }
    }

    @Test("a signal ends it cleanly", arguments: [SIGINT, SIGTERM])
    func signal(number: Int32) async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            // The next table would come in an hour.
            let watch = try Command.start(["agents", "watch", "--interval", "1h"], asking: sluice)
            #expect(watch.record.wait(.seconds(20)) { $0.outputText.contains("default") })
            watch.signal(number)
            #expect(try watch.waitForEnd() == .exit(0))
            #expect(watch.record.current.errors.isEmpty)
        }
    }

    @Test("it goes on when the server goes away")
    func lostServer() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let watch = try Command.start(["agents", "watch", "--interval", "100ms"], asking: sluice)
            #expect(watch.record.wait(.seconds(20)) { $0.outputText.contains("default") })
            try sluice.stop()
            #expect(watch.record.wait(.seconds(20)) { $0.errorText.contains("cannot reach the admin server") })
            #expect(watch.record.current.ending == nil)
            watch.signal(SIGINT)
            #expect(try watch.waitForEnd() == .exit(0))
        }
    }

    @Test(
        "on a terminal: drawn in place and in color, and without colors when NO_COLOR is set", arguments: [false, true])
    func terminal(noColor: Bool) async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let outcome = try Command.runOnTerminal(
                "agents watch --count 2 --interval 100ms", asking: sluice,
                environment: noColor ? ["NO_COLOR": "1"] : [:])
            #expect(outcome.ending == .exit(0), "\(outcome.outputText) \(outcome.errorText)")
            let text = outcome.outputText
            // Up by the three lines of the first table, and the cursor comes back at the end.
            #expect(text.contains("\u{1B}[3A\r\u{1B}[J"))
            #expect(text.contains("\u{1B}[?25l") && text.hasSuffix("\u{1B}[?25h"))
            #expect(text.contains("\u{1B}[32mrunning\u{1B}[0m") != noColor)
            #expect(text.contains("\u{1B}[1m") != noColor)
        }
    }

    @Test("a server that never answers does not keep it from ending")
    func silentServer() async throws {
        try await onThread {
            let silent = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.waitForRelease()
            }
            let watch = try ChildProcess(SluiceBinary.path, ["agents", "watch", "--admin", silent.url])
            #expect(silent.record.wait { $0.waiting == 1 })
            watch.signal(SIGINT)
            // Long before it would give up on the server.
            #expect(try watch.waitForEnd(.seconds(10)) == .exit(0))
        }
    }

    @Test("a terminal that is too small cuts the table")
    func smallTerminal() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            let outcome = try Command.runOnTerminal(
                "agents watch --count 2 --interval 100ms", asking: sluice, size: (columns: 20, rows: 3))
            #expect(outcome.ending == .exit(0), "\(outcome.outputText)")
            // Two lines and the cursor's: the second table goes up by two.
            #expect(outcome.outputText.contains("\u{1B}[2A\r\u{1B}[J") && !outcome.outputText.contains("STATE"))
        }
    }
}
