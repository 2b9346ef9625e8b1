import Foundation
import Testing
import TestSupport

extension SluiceProcess {
    /// Seconds of CPU time that it has used in user and kernel mode (proc(5)): in steps of a hundredth, as a rule.
    func cpuSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(child.id)/stat", encoding: .utf8)
        // The command's name stands in parentheses and may hold anything; fields are counted from behind it.
        let end = try #require(text.lastIndex(of: ")"))
        let fields = text[text.index(after: end)...].split(separator: " ").compactMap { Double($0) }
        // utime and stime are fields 14 and 15; the state, field 3, is no number and falls out.
        try #require(fields.count > 11)
        return (fields[10] + fields[11]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// How much CPU time it uses while `body` runs, in seconds.
    func cpuSeconds(during body: () throws -> Void) throws -> Double {
        let before = try cpuSeconds()
        try body()
        return try cpuSeconds() - before
    }

    /// How many clients are connected, as it says itself.
    func clientConnections() throws -> Int { try json("/api/v1/status").clients.connections.int ?? -1 }

    /// Waits until all clients but `count` are gone and nothing is under way, and checks that its books balance.
    ///
    /// - Parameter isBusy: Whether the clients that stay go on asking through an agent of their own, so that only the
    ///   agent `default` comes to rest.
    func expectQuiet(
        clients count: Int = 0, isBusy: Bool = false, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let all = try json("/api/v1/status")
            let status = isBusy ? try agent().status : all
            let isQuiet =
                all.clients.connections.int == count && status.pending.int == 0 && status.sockets.active.int == 0
                && status.sockets.connecting.int == 0
            if isQuiet || ContinuousClock.now > deadline {
                #expect(isQuiet, comment ?? "\(all) \(status)", sourceLocation: sourceLocation)
                let (created, closed) = (status.totals.created.int ?? -1, status.totals.closed.int ?? -1)
                #expect(
                    created - closed == status.sockets.open.int, comment ?? "\(status)", sourceLocation: sourceLocation)
                return
            }
            // Only paces the asking; the condition is what is waited for.
            Thread.sleep(forTimeInterval: 0.01)
        }
    }
}
