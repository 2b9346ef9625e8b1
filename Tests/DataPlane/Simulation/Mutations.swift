import Foundation
import Testing

/// A mistake that the product does not make, and that the simulation finds: what keeps the simulation honest.
///
/// To try one: put its `mistake` in the place of `right` in the file, run
/// `SLUICE_SIMULATE=1m SLUICE_SEED=0 swift test --disable-xctest --filter SimulationTests/long`, see it fail within
/// about `seeds` runs, and take it back. A change of the simulation that no longer finds one of them has made it worse.
struct Mutation: CustomTestStringConvertible {
    let testDescription: String
    /// Below Sources/DataPlane.
    let file: String
    /// Stands there exactly once.
    let right: String
    let mistake: String
    /// How many seeds, from 0 on, it took until one failed when this was last tried.
    let seeds: Int

    init(_ what: String, _ file: String, _ right: String, _ mistake: String, seeds: Int) {
        (testDescription, self.file, self.right, self.mistake, self.seeds) = (what, file, right, mistake, seeds)
    }

    static let all: [Mutation] = [
        Mutation(
            "reuses a socket that still has bytes when a receive was filled to the brim",
            "Proxy/ClientConnection+Response.swift",
            "!loop.isDrained(upstream)",
            "upstream.bytesSent == .max",
            seeds: 119),
        Mutation(
            "reuses a socket whose request was not sent whole",
            "Proxy/ClientConnection+Response.swift",
            "framing != .untilClose && isRequestSent",
            "framing != .untilClose && (isRequestSent || isRead || !isRead)",
            seeds: 147),
        Mutation(
            "keeps what came behind an answer",
            "Proxy/ClientConnection+Response.swift",
            "response.truncate(to: relay.ready)",
            "_ = relay.ready",
            seeds: 22),
        Mutation(
            "keeps what came behind an answer, and the socket",
            "Proxy/ClientConnection+Response.swift",
            "if response.count > relay.ready {",
            "if response.count > relay.ready, relay.ready == .max {",
            seeds: 22),
        Mutation(
            "repeats requests of any method",
            "Proxy/ClientConnection+Response.swift",
            "exchange.requestSent == 0\n",
            "exchange.requestSent >= 0\n",
            seeds: 22),
        Mutation(
            "gives a granted socket to any request that waits",
            "Proxy/Agent.swift",
            "waiting.removeValue(forKey: ticket.rawValue)",
            "waiting.popFirst()?.value",
            seeds: 37),
        Mutation(
            "takes the end of the upstream for the end of any answer",
            "Proxy/ClientConnection+Response.swift",
            "guard relay.endsByUpstreamClose else",
            "guard relay.endsByUpstreamClose || relay.headFraming == .asIs else",
            seeds: 119),
        Mutation(
            "cuts an old client in order",
            "Proxy/ClientConnection+Failure.swift",
            "reset: exchange.endsByClosing",
            "reset: exchange.endsByClosing && exchange.status == 0",
            seeds: 61),
        Mutation(
            "keeps the buffer of an idle connection",
            "Proxy/ClientConnection+Head.swift",
            "        buffers.reclaim(&input)\n        if proxy.isStopping",
            "        if proxy.isStopping",
            seeds: 2),
        Mutation(
            "does not look at what comes on a free socket but its end",
            "Proxy/Agent.swift",
            "guard socket.isReadable else { return }\n        let id",
            "guard socket.isHungUp else { return }\n        let id",
            seeds: 15),
        Mutation(
            "uses sockets to an address that the agent has left",
            "Proxy/Agent.swift",
            "if socket.era != era {",
            "if socket.era > era {",
            seeds: 237),
        Mutation(
            "lets idle clients stay",
            "Proxy/ClientConnection+Head.swift",
            "setDeadline(loop.after(proxy.setup.idleTimeout))",
            "setDeadline(.never)",
            seeds: 7),
        Mutation(
            "begins a head's time anew with each byte",
            "Proxy/ClientConnection+Head.swift",
            "let isFirst = input.isEmpty\n",
            "let isFirst = input.count < 1000\n",
            seeds: 22),
        Mutation(
            "lets a body stop coming",
            "Proxy/ClientConnection+Response.swift",
            "isClientsTurn ? exchange.setup.bodyTimeout : timeout",
            "isClientsTurn ? .max / 2 : timeout",
            seeds: 39),
        Mutation(
            "waits for a socket for ever",
            "Proxy/ClientConnection+Answer.swift",
            "exchange.queuedAt.advanced(nanoseconds: agent.pendingTimeout)",
            ".never",
            seeds: 367),
        Mutation(
            "forgets a waiting request that leaves",
            "Proxy/Agent.swift",
            "_ = pool.abandoned(ticket, now: loop.now)",
            "pool.counters.pending.subtract()",
            seeds: 11),
        Mutation(
            "opens one socket too many",
            "Agents/LedgerState.swift",
            "if waiting == 0, permits < limit {",
            "if waiting == 0, permits <= limit {",
            seeds: 1),
        Mutation(
            "loses the permit of a surplus socket",
            "Agents/LedgerState.swift",
            "permits -= 1\n        if wasSurplus",
            "if !wasSurplus { permits -= 1 }\n        if wasSurplus",
            seeds: 50),
        Mutation(
            "lets one request wait although a permit came back",
            "Agents/LedgerState.swift",
            "return grantPermit(by: loop)",
            "return waiting > 1 ? grantPermit(by: loop) : nil",
            seeds: 2),
        Mutation(
            "goes on with a request behind a malformed one",
            "Proxy/ClientConnection+Head.swift",
            "await refuseHead(.badRequest(error))\n                    return .end",
            "await refuseHead(.badRequest(error))\ninput.removeAll(); isWorthParsing = false; continue",
            seeds: 62),
        Mutation(
            "passes on an upstream's 100 that was said already",
            "Proxy/ClientConnection+Response.swift",
            "!(isContinue && exchange.saidContinue)",
            "!(isContinue && exchange.saidContinue && exchange.clientMinor > 1)",
            seeds: 152),
        Mutation(
            "tells an upstream that a tunnel ended in order when the client broke it off",
            "Proxy/Tunnel.swift",
            "resetsUpstream: !client.hasEnded",
            "resetsUpstream: client.hasEnded && !upstream.hasEnded",
            seeds: 358),
        Mutation(
            "tells a client that a tunnel ended in order when the upstream broke it off",
            "Proxy/Tunnel.swift",
            "resetsClient: !upstream.hasEnded, resetsUpstream: true",
            "resetsClient: upstream.hasEnded && client.hasEnded, resetsUpstream: true",
            seeds: 405),
        Mutation(
            "lets a silent tunnel stay",
            "Proxy/ClientConnection+Tunnel.swift",
            "            setDeadline(giveUpAt)\n",
            "            setDeadline(.never)\n",
            seeds: 51),
        Mutation(
            "switches to what nobody asked for",
            "Proxy/ClientConnection+Response.swift",
            "if proxy.responseHead.status == 101 { try checkSwitch() }",
            "",
            seeds: 36),
        Mutation(
            "loses the rest of a short send of two blocks",
            "Reactor/Loop.swift",
            "second.consume(moved - ofFirst)",
            "second.consume(second.count == count ? count : moved - ofFirst)",
            seeds: 4),
        Mutation(
            "lingers without end",
            "Proxy/ClientConnection+Failure.swift",
            "lingerTime: UInt64 { 2_000_000_000 }",
            "lingerTime: UInt64 { 200_000_000_000 }",
            seeds: 70),
        Mutation(
            "takes a loop's order to close for a free socket that was leased since",
            "Proxy/Agent+Closing.swift",
            "socket.isClosing, socket.tag == Self.tag(closing.id)",
            "socket.isClosing || socket.isOpen",
            seeds: 2),
        Mutation(
            "forgets that a client waits when it is told to continue",
            "Proxy/ClientConnection+Response.swift",
            "exchange.expectsContinue && reasons.contains(.clientReadable) && exchange.status == 0\n",
            "exchange.expectsContinue && reasons.isEmpty && exchange.status == 0\n",
            seeds: 50),
        Mutation(
            "forgets for whom a socket was closed to make room",
            "Agents/LedgerState.swift",
            "if waiter.mode == .normal, waiter.loop == loop { promised[loop].append(waiter) }",
            "_ = waiter.mode",
            seeds: 22),
        Mutation(
            "takes a request that waits for one that may have any socket",
            "Agents/LedgerState.swift",
            "Waiter(ticket: ticket, mode: mode, since",
            "Waiter(ticket: ticket, mode: .keepalive, since",
            seeds: 19),
    ]
}

@Suite struct MutationTests {
    @Test("each listed mistake still has its place in the sources", arguments: Mutation.all)
    func place(mutation: Mutation) throws {
        let sources = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().appendingPathComponent("../../../Sources/DataPlane").standardized
        let text = try String(contentsOf: sources.appendingPathComponent(mutation.file), encoding: .utf8)
        #expect(text.ranges(of: mutation.right).count == 1)
        #expect(mutation.right != mutation.mistake)
    }
}
