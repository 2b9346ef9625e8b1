/// A quantile with what a histogram tells of it and of its limits: not durations, but the cells that they lie in.
struct QuantileEstimate: Equatable {
    /// In seconds; within its cell the measurements are taken to lie evenly.
    let value: Double
    /// The cell of the measurements' own quantile.
    let cell: Distribution.Cell
    /// The cell of the measurement that the true quantile is not below, 97.5 % sure.
    let lower: Distribution.Cell
    /// The cell of the one that it is not above, likewise.
    let upper: Distribution.Cell

    /// The quantile `share` (0 to 1) of `distribution`; nil when there are too few measurements for limits.
    init?(_ share: Double, of distribution: Distribution) {
        guard let ranks = QuantileRanks(share: share, count: distribution.count) else { return nil }
        let wanted = share * Double(distribution.count)
        let index = distribution.cell(ofRank: UInt64(max(1, wanted.rounded(.up))))
        cell = distribution.limits(of: index)
        let before = Double(distribution.below[index])
        let inside = Double(distribution.below[index + 1]) - before
        value = cell.lower + (cell.upper - cell.lower) * max(0, wanted - before) / inside
        lower = distribution.limits(of: distribution.cell(ofRank: ranks.lower))
        upper = distribution.limits(of: distribution.cell(ofRank: ranks.upper))
    }

    /// The 95 % interval: the outer edges of the limits' cells, since the measurements may lie anywhere in them.
    var interval: Interval { Interval(value: value, lower: lower.lower, upper: upper.upper) }

    /// How much larger this quantile is than `other`, of measurements apart from these, 95 % sure.
    ///
    /// The method of variance estimates recovery (G. Y. Zou, A. Donner, "Construction of confidence limits about effect
    /// measures", Statistics in Medicine 27, 2008) puts the limits of a difference together from those of both
    /// quantities: each pair of distances adds up as the sides of a right angle do. The measurements themselves lie
    /// somewhere in their cells; the limits here are the widest that the method has for any place in them, so they are
    /// right at least as often as those of the measurements would be.
    func difference(to other: QuantileEstimate) -> Interval {
        let least = cell.lower - other.cell.upper
        let most = cell.upper - other.cell.lower
        return Interval(
            value: value - other.value,
            lower: least - hypotenuse(cell.lower - lower.lower, other.upper.upper - other.cell.upper),
            upper: most + hypotenuse(upper.upper - cell.upper, other.cell.lower - other.lower.lower))
    }

    private func hypotenuse(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
}
