import Testing

@testable import DataPlane

@Suite("Moments")
struct InstantTests {
    @Test("arithmetic saturates")
    func saturates() {
        let start = Instant(nanoseconds: 10)
        #expect(start.advanced(by: .microseconds(1)) == Instant(nanoseconds: 1_010))
        #expect(start.advanced(by: .seconds(-1)) == start)
        #expect(start.advanced(nanoseconds: .max) == .never)
        #expect(Instant.never.advanced(by: .seconds(1)) == .never)
        #expect(start.nanoseconds(since: Instant(nanoseconds: 3)) == 7)
        #expect(start.nanoseconds(since: .never) == 0)
        #expect(start < .never)
    }
}
