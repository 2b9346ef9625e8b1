import Testing

@testable import Insight

@Suite("Ranks between which a quantile lies")
struct QuantileRanksTests {
    // Worked out apart from this code, with the distribution functions of SciPy 1.17.
    @Test(
        "are those of the binomial distribution",
        arguments: [
            (0.5, 6, 1, 6), (0.5, 10, 2, 9), (0.5, 25, 8, 18), (0.5, 100, 40, 61), (0.9, 50, 41, 50),
            (0.9, 100, 84, 96), (0.99, 1000, 983, 997), (0.25, 40, 5, 17),
        ])
    func known(share: Double, count: UInt64, lower: UInt64, upper: UInt64) throws {
        let ranks = try #require(QuantileRanks(share: share, count: count))
        #expect([ranks.lower, ranks.upper] == [lower, upper])
    }

    @Test("do not exist for too few", arguments: [(0.5, 0), (0.5, 5), (0.9, 35), (0.99, 367), (0, 1000), (1, 1000)])
    func tooFew(share: Double, count: UInt64) {
        #expect(QuantileRanks(share: share, count: count) == nil)
    }

    @Test("exist from the first number on that tells", arguments: [(0.5, 6), (0.9, 36), (0.99, 368)])
    func justEnough(share: Double, count: UInt64) {
        #expect(QuantileRanks(share: share, count: count) != nil)
    }

    @Test("of a hundred million are those of the normal distribution")
    func many() throws {
        let ranks = try #require(QuantileRanks(share: 0.5, count: 100_000_000))
        #expect(abs(Double(50_000_000 - ranks.lower) - 9_800) < 3)
        #expect(abs(Double(ranks.upper - 50_000_000) - 9_800) < 3)
    }
}
