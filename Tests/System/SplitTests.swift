import Testing
import TestSupport

/// What the upstream sees of an agent that serves a share of its requests in the other mode (product.md, "Switching").
@Suite("Split", .bounded)
struct SplitTests {
    /// Answers after a while, so that requests meet; closes what is told to be closed, as servers do.
    private static let slow: ScriptedUpstream.Script = { peer in
        while let request = try peer.readRequest() {
            _ = peer.client.hasMore(within: .milliseconds(1))
            try peer.answer(text: "ok")
            if isOwn(request) { return }
        }
    }

    private static func isOwn(_ request: RawRequest) -> Bool { request.value("connection") == "close" }

    @Test(
        "a share goes in the other mode, never more sockets are open than may, and no request fails",
        arguments: ["keepalive", "normal"], [(1, 1), (1, 2), (4, 2), (100, 1), (100, 2)])
    func share(mode: String, limits: (maxSockets: Int, threads: Int)) async throws {
        let (maxSockets, threads) = limits
        try await onThread {
            let upstream = try ScriptedUpstream(Self.slow)
            let sluice = try SluiceProcess.forwarding(
                to: upstream,
                settings: "mode: \(mode), split: 25, maxSockets: \(maxSockets), freeSocketTimeout: 60s, "
                    + "pendingTimeout: 30s",
                more: "threads: \(threads)")
            let result = Load.run(port: sluice.port, clients: 10, requests: 40)
            #expect(result.failures == [])
            let record = upstream.record.current
            #expect(record.requests.count == 400)
            #expect(record.mostOpen <= maxSockets)
            let own = record.requests.count(where: Self.isOwn)
            // A quarter of 400, or all but a quarter, give or take six standard deviations: each is 8.7.
            let expected = mode == "normal" ? 300 : 100
            #expect((expected - 52...expected + 52).contains(own))
            // Those have a socket each, which serves nothing else; what is kept serves the others.
            #expect(record.accepted >= own + 1)
            let status = try sluice.status { $0.totals.closedBy.normalMode.int == own }
            #expect(status.totals.created.int == record.accepted)
            #expect(status.totals.reused.int == 400 - record.accepted)
            #expect(status.totals.requests.int == 400)
            if maxSockets == 100 {
                // There is always room: nothing but requests of their own ends a socket.
                #expect(status.totals.closed.int == own)
                #expect(record.accepted - own <= 10)
            }
        }
    }

    @Test("mode and split change under load: nothing fails, whatever the share", arguments: [1, 2])
    func changes(threads: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(Self.slow)
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "maxSockets: 5, pendingTimeout: 30s, freeSocketTimeout: 60s",
                more: "threads: \(threads)")
            // The first answer of the admin server takes longer than those that follow.
            _ = try sluice.agent()
            let isOver = Watched(false)
            let changes = Watched(0)
            let failures = Watched<[String]>([])
            Background.run {
                let splits = [0, 10, 50, 100, 90]
                while !isOver.current {
                    do {
                        let count = changes.current
                        let mode = count % 3 == 0 ? "normal" : "keepalive"
                        let split = splits[count % splits.count]
                        let response = try sluice.patch("default", "{\"mode\":\"\(mode)\",\"split\":\(split)}")
                        let agent = try JSON(response.body)
                        if response.status != 200 || agent.mode.string != mode || agent.split.int != split {
                            failures.update { $0.append("\(response.statusLine) \(response.text)") }
                        }
                        let status = try sluice.agent().status
                        let (created, closed) = (status.totals.created.int ?? -1, status.totals.closed.int ?? -2)
                        if created - closed != status.sockets.open.int {
                            failures.update { $0.append("\(created) - \(closed) is not open: \(status.sockets)") }
                        }
                        changes.update { $0 += 1 }
                    } catch {
                        failures.update { $0.append("\(error)") }
                        break
                    }
                }
                changes.update { $0 += 1_000_000 }
            }
            let result = Load.run(port: sluice.port, clients: 16, requests: 200)
            isOver.update { $0 = true }
            #expect(changes.wait { $0 >= 1_000_000 })
            #expect(changes.current - 1_000_000 >= 10, "too few changes to mean anything")
            #expect(failures.current == [])
            #expect(result.failures == [])
            #expect(upstream.requests.count == 3200)
            #expect(upstream.record.current.mostOpen <= 5)
        }
    }
}
