import Testing

@testable import Control

@Suite("Trials")
struct TrialTests {
    @Test("what the loops measured is one")
    func reads() {
        let trial = Trial(mode: .normal, split: 30, loops: 3)
        #expect(trial.read() == TrialSnapshot(mode: .normal, split: 30))
        var expected = TrialSnapshot(mode: .normal, split: 30)
        for (number, recorder) in trial.recorders.enumerated() {
            for mode in 0..<2 {
                let amount = UInt64(10 * number + mode + 1)
                recorder.requests[mode].add(amount)
                recorder.errors[mode].add(2 * amount)
                recorder.bytesReceived[mode].add(3 * amount)
                recorder.bytesSent[mode].add(4 * amount)
                recorder.latency[mode].record(nanoseconds: amount * 1_000_000)
                recorder.connect[mode].record(nanoseconds: amount * 1_000)
                expected.requests[mode] += amount
                expected.errors[mode] += 2 * amount
                expected.bytesReceived[mode] += 3 * amount
                expected.bytesSent[mode] += 4 * amount
                expected.latency[mode].record(nanoseconds: amount * 1_000_000)
                expected.connect[mode].record(nanoseconds: amount * 1_000)
            }
        }
        #expect(trial.read() == expected)
    }
}
