/// Which of `count` measurements, standing in order, a quantile of what they were drawn from lies between.
///
/// Needs no assumption about the distribution: how many of the measurements lie below its quantile is a binomial
/// number (H. A. David, H. N. Nagaraja, "Order Statistics", third edition, section 7.1).
struct QuantileRanks: Equatable {
    /// The place, from 1, of the largest measurement that is surely not above the quantile.
    let lower: UInt64
    /// The place of the smallest one that is surely not below it.
    let upper: UInt64

    // A term this much smaller than the largest has no part in a sum of so few.
    private static let negligible = 1e-14

    /// The ranks for the quantile `share` (0 to 1, neither of both), which lies outside with a probability of at most
    /// `doubt`, half of it on each side; nil when so few measurements do not tell.
    ///
    /// Takes time that grows with the square root of `count`.
    init?(share: Double, count: UInt64, doubt: Double = 0.05) {
        guard share > 0, share < 1, count > 0 else { return nil }
        let number = Double(count)
        let odds = share / (1 - share)
        let mode = min(((number + 1) * share).rounded(.down), number)
        // The binomial probabilities beside the largest one, as multiples of it: no logarithm, no overflow.
        var below: [Double] = []
        var weight = 1.0
        var place = mode
        while place > 0, weight > Self.negligible {
            weight *= place / ((number - place + 1) * odds)
            place -= 1
            below.append(weight)
        }
        var above: [Double] = []
        weight = 1
        place = mode
        while place < number, weight > Self.negligible {
            weight *= (number - place) * odds / (place + 1)
            place += 1
            above.append(weight)
        }
        let tail = (1 + below.reduce(0, +) + above.reduce(0, +)) * doubt / 2
        // At least `lower` measurements lie below the quantile, and fewer than `upper`.
        lower = UInt64(mode) - UInt64(Self.reach(below, within: tail))
        upper = UInt64(mode) + UInt64(Self.reach(above, within: tail)) + 1
        guard lower >= 1, upper <= count else { return nil }
    }

    /// How far from the mode one must go so that what lies beyond weighs at most `tail`.
    private static func reach(_ weights: [Double], within tail: Double) -> Int {
        var beyond = 0.0
        for index in weights.indices.reversed() {
            beyond += weights[index]
            if beyond > tail { return index + 1 }
        }
        return 0
    }
}
