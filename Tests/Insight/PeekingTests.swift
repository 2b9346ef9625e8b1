import Control
import Glibc
import TestSupport
import Testing

@testable import Insight

/// What becomes of verdicts when a page looks every second for an hour.
@Suite("Looking again and again")
struct PeekingTests {
    /// How the latency of both modes moves with time.
    enum Course: String, CaseIterable, Sendable {
        case steady
        /// Slower and faster by turns, as over a day.
        case drifting
        /// Bursts that make all requests of some seconds slow.
        case bursts
    }

    /// One hour of split traffic, in which nothing depends on the mode but `shift` of normal's durations.
    private struct Hour {
        static let cells = 64
        let split: UInt64
        let shift: Double
        let course: Course
        var random: SplitMix64
        var counts = [[UInt64]](repeating: [UInt64](repeating: 0, count: cells), count: 2)

        // An eighth of a millisecond each: from 0 to 8 ms.
        static let edges = (0...cells).map { Double($0) / 8_000 }

        /// One second of 20 requests.
        mutating func pass(second: Int) {
            let slower =
                switch course {
                case .steady: 0.0
                case .drifting: 0.001 * sin(Double(second) / 500)
                case .bursts: second % 60 < 5 ? 0.002 : 0
                }
            for _ in 0..<20 {
                let mode = random.next() % 100 < split ? 1 : 0
                // Triangular around 3 ms.
                let spread = Double(random.next() >> 44) + Double(random.next() >> 44)
                let seconds = 0.002 + spread / Double(1 << 21) * 0.002 + slower + (mode == 1 ? shift : 0)
                counts[mode][min(Int(seconds * 8_000), Self.cells - 1)] += 1
            }
        }

        var test: MedianTest {
            MedianTest(
                keepalive: Distribution(edges: Self.edges, counts: counts[0]),
                normal: Distribution(edges: Self.edges, counts: counts[1]))
        }
    }

    @Test(
        "no difference is taken for one in at most 5 % of all hours", arguments: Course.allCases, [UInt64(10), 50])
    func noDifference(course: Course, split: UInt64) {
        let hours = 20
        var wrong = 0
        for seed in 0..<UInt64(hours) {
            var hour = Hour(split: split, shift: 0, course: course, random: SplitMix64(seed: seed))
            for second in 0..<3_600 {
                hour.pass(second: second)
                if hour.test.rulesOut(0) {
                    wrong += 1
                    break
                }
            }
        }
        #expect(wrong <= hours / 20, "wrong in \(wrong) of \(hours) hours, seeds from 0 on")
    }

    @Test("a difference is found, and never the wrong way round", arguments: [UInt64(10), 50])
    func difference(split: UInt64) {
        for seed in 0..<UInt64(10) {
            var hour = Hour(split: split, shift: 0.0005, course: .drifting, random: SplitMix64(seed: seed))
            for second in 0..<600 { hour.pass(second: second) }
            let test = hour.test
            #expect(test.rulesOut(0), "seed \(seed)")
            #expect(!test.rulesOut(0.0005), "seed \(seed)")
            // What is further from the truth is ruled out as well.
            for shift in [-0.001, -0.0001, 0.001, 0.1] { #expect(test.rulesOut(shift), "seed \(seed): \(shift)") }
        }
    }

    @Test("nothing is ruled out by fewer than a hundred requests of each mode")
    func few() {
        let many = Distribution(edges: [0, 1, 2], counts: [1_000_000, 0])
        let far = { (count: UInt64) in Distribution(edges: [5, 6, 7], counts: [count, 0]) }
        #expect(!MedianTest(keepalive: many, normal: far(99)).rulesOut(0))
        #expect(!MedianTest(keepalive: far(99), normal: many).rulesOut(0))
        #expect(MedianTest(keepalive: many, normal: far(100)).rulesOut(0))
        #expect(MedianTest(keepalive: far(100), normal: many).rulesOut(0))
        // Anything from 4 to 6 s is possible while both lie somewhere in a cell.
        for shift in [4.01, 5, 5.99] { #expect(!MedianTest(keepalive: many, normal: far(100)).rulesOut(shift)) }
        for shift in [3.9, 6.1] { #expect(MedianTest(keepalive: many, normal: far(100)).rulesOut(shift)) }
    }
}
