/// How far apart two shares are, such as those of failed requests.
enum ShareDifference {
    // 99.9 %: seen every second for an hour a 95 % interval would exclude zero by chance too often.
    private static let deviations = 3.29

    /// Whether the share `a` of `of` and the share `b` of `and` surely differ.
    ///
    /// Wilson's limits of each share, put together as Newcombe's method 10 does (R. G. Newcombe, "Interval estimation
    /// for the difference between independent proportions", Statistics in Medicine 17, 1998): right for few and none.
    static func isSure(_ a: UInt64, of countA: UInt64, _ b: UInt64, of countB: UInt64) -> Bool {
        guard countA > 0, countB > 0 else { return false }
        let (first, second) = (wilson(a, of: countA), wilson(b, of: countB))
        let difference = first.value - second.value
        let lower = square(first.value - first.lower) + square(second.upper - second.value)
        let upper = square(first.upper - first.value) + square(second.value - second.lower)
        return difference > lower.squareRoot() || -difference > upper.squareRoot()
    }

    private static func wilson(_ part: UInt64, of count: UInt64) -> Interval {
        let number = Double(count)
        let share = min(1, Double(part) / number)
        let square = deviations * deviations
        let center = (share + square / (2 * number)) / (1 + square / number)
        let half =
            deviations * (share * (1 - share) / number + square / (4 * number * number)).squareRoot()
            / (1 + square / number)
        return Interval(value: share, lower: max(0, center - half), upper: min(1, center + half))
    }

    private static func square(_ value: Double) -> Double { value * value }
}
