import Testing

@testable import Control

@Suite("What a loop learns of its free sockets")
struct SocketReuseTests {
    @Test("of the upstream's closes the newest are kept")
    func closes() {
        let reuse = SocketReuse()
        #expect(reuse.read().closedIdle == [])
        let count = UInt64(SocketReuse.closesMax)
        for idle in 0..<count { reuse.closedByUpstream(afterNanoseconds: idle) }
        #expect(reuse.read().closedIdle.sorted() == Array(0..<count))
        for idle in count..<count + 10 { reuse.closedByUpstream(afterNanoseconds: idle) }
        #expect(reuse.read().closedIdle.sorted() == Array(10..<count + 10))
    }

    @Test("of each minute the fewest are kept, of the last sixteen in which there were any")
    func fewest() {
        let reuse = SocketReuse()
        #expect(reuse.read().fewestFree.isEmpty)
        for minute in 1...20 as ClosedRange<UInt64> {
            for free in [minute + 5, minute, minute + 9] { reuse.left(free: free, minute: minute) }
        }
        var found: [UInt64: UInt64] = [:]
        for (minute, free) in reuse.read().fewestFree { found[minute] = free }
        #expect(found == Dictionary(uniqueKeysWithValues: (5...20).map { ($0, $0) }))
        // Zero is a number like any other.
        reuse.left(free: 0, minute: 21)
        #expect(reuse.read().fewestFree.contains { $0 == (21, 0) })
    }
}
