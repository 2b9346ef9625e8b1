import Insight
import Testing

@Suite("Interval")
struct IntervalTests {
    @Test("spans zero when its limits differ in sign, or one of them is zero")
    func spansZero() {
        #expect(Interval(value: 1, lower: -1, upper: 2).spansZero)
        #expect(Interval(value: 1, lower: 0, upper: 2).spansZero)
        #expect(!Interval(value: 1, lower: 0.5, upper: 2).spansZero)
        #expect(!Interval(value: -1, lower: -2, upper: -0.5).spansZero)
    }
}
