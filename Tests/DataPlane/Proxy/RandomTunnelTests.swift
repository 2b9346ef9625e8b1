import Control
import TestSupport
import Testing

@testable import DataPlane

/// Tunnels between peers that do as a seed says, over an unkind network.
@Suite struct RandomTunnelTests {
    /// One side: what it has said, and what it was told.
    private final class Speaker {
        let peer: ManualPeer
        let salt: UInt64
        var sent = 0
        /// How many bytes it was told that are what the other said.
        var received = 0
        private var heard: [UInt8] = []
        var hasEnded = false
        /// It has let go of the connection.
        var hasLeft = false

        init(_ peer: ManualPeer, salt: UInt64) {
            self.peer = peer
            self.salt = salt
        }

        /// Whether it was told the end, in order.
        var isToldEnd: Bool { peer.isEnded && !peer.isReset }

        func say(_ count: Int) {
            guard !hasEnded, !hasLeft else { return }
            let room = min(count, peer.end?.room ?? 0)
            sent += peer.send((sent..<sent + room).map(byte))
        }

        func end() {
            if !hasLeft { peer.shutdownWrite() }
            hasEnded = true
        }

        func reset() {
            peer.reset()
            hasLeft = true
        }

        /// Lets go in order, which is a reset when there is something left to read.
        func close() {
            guard !hasLeft else { return }
            peer.close()
            hasEnded = true
            hasLeft = true
        }

        func listen() {
            heard += peer.bytes
            peer.take()
        }

        /// Each byte follows from its place, so that a lost or a repeated one shows.
        func byte(_ place: Int) -> UInt8 {
            UInt8(truncatingIfNeeded: ((UInt64(place) ^ salt) &* 0x9E37_79B9_7F4A_7C15) >> 56)
        }

        /// What is wrong with what it was told by `other`.
        func problem(with other: Speaker) -> String? {
            if hasLeft { return nil }
            listen()
            for byte in heard {
                if received == other.sent || byte != other.byte(received) { return "byte \(received) was not said" }
                received += 1
            }
            heard = []
            if isToldEnd, !other.hasEnded { return "told an end that was none" }
            if isToldEnd, peer.waiting == 0, received < other.sent { return "told the end before all was told" }
            return nil
        }
    }

    private func shake(_ world: SimulatedWorld, _ random: inout SplitMix64) {
        func chance(_ most: Int) -> Int { Bool.random(using: &random) ? Int.random(in: 0...most, using: &random) : 0 }
        world.faults.shortReceive = chance(500)
        world.faults.receiveAgain = chance(300)
        world.faults.shortSend = chance(500)
        world.faults.sendAgain = chance(300)
        world.faults.resetOvertakes = chance(1000)
        world.faults.stalledLoop = chance(50)
        world.faults.latencyMax = [0, 1_000, 1_000_000].randomElement(using: &random) ?? 0
        world.faults.window = [500, 5_000, 50_000].randomElement(using: &random) ?? 5_000
        world.faults.eventsMax = [1, 2, 256].randomElement(using: &random) ?? 256
    }

    private func act(_ side: Speaker, resets: Int, _ random: inout SplitMix64) {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<60: side.say(Int.random(in: 1...20_000, using: &random))
        case ..<75: side.peer.reads.toggle()
        case ..<(75 + resets): side.reset()
        case (85 - resets)..<85: side.close()
        case 85..<89: side.end()
        default: break
        }
    }

    @Test("each side is told what the other said, whole or with a reset", arguments: Seeds.forThisRun(60))
    func random(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let scenario = Scenario(seed: seed)
        let (client, upstream) = scenario.tunnel()
        let sides = [Speaker(client, salt: seed), Speaker(upstream, salt: seed ^ 0xFFFF)]
        shake(scenario.world, &random)
        let resets = seed.isMultiple(of: 2) ? 3 : 0
        func problem() -> String? {
            sides[0].problem(with: sides[1]).map { "client: \($0)" }
                ?? sides[1].problem(with: sides[0]).map { "upstream: \($0)" }
        }
        // In some runs the grace of a stop is over in the midst of it.
        let cutAt = seed % 5 == 4 ? Int.random(in: 0..<40, using: &random) : nil
        for step in 0..<40 {
            if step == cutAt { scenario.cut() }
            act(sides[Int.random(in: 0...1, using: &random)], resets: resets, &random)
            scenario.pass(.microseconds(Int.random(in: 0...20_000, using: &random)))
            if let problem = problem() {
                Issue.record("seed \(seed): \(problem)")
                return
            }
        }
        // Both read what is left for them, and end.
        for side in sides {
            side.peer.reads = true
            side.end()
        }
        scenario.pass(.seconds(4))
        #expect(problem() == nil, "seed \(seed)")
        let isBroken = cutAt != nil || sides.contains { $0.hasLeft }
        for (side, other) in [(sides[0], sides[1]), (sides[1], sides[0])] where !side.hasLeft {
            #expect(side.peer.isEnded, "seed \(seed)")
            if !isBroken { #expect(side.isToldEnd && side.received == other.sent, "seed \(seed)") }
        }
        scenario.world.faults = .none
        #expect(scenario.counters.active.value == 0, "seed \(seed)")
        #expect(scenario.finish(client) == [], "seed \(seed)")
    }
}
