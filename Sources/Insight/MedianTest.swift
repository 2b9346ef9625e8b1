import func Glibc.log

/// Whether the medians of two modes differ, told so that one may look as often as one likes.
///
/// A page that looks every second, and stops when it likes what it sees, makes a plain 95 % interval wrong far more
/// often than in 5 % of all cases. So a verdict does not rest on that interval alone but on a test that stays right
/// however often it is asked. Each measurement lies below the true median with probability 1/2; let S be how many of
/// `n` do, less n/2. The average of `exp(λS - λ²n/8)` over normally distributed `λ` is a martingale's, which exceeds
/// 1/0.05 at any time at all with a probability of at most 0.05 (J. Ville's inequality; H. Robbins, "Statistical
/// methods related to the law of the iterated logarithm", 1970; for quantiles S. R. Howard, A. Ramdas, "Sequential
/// estimation of quantiles with applications to A/B testing and best-arm identification", Bernoulli 28, 2022). If the
/// medians are `shift` apart, the product over both modes at the true medians is one too. Nobody knows the true
/// medians; so `shift` is ruled out only when the product is too large at every place where they can be.
struct MedianTest {
    /// Requests of each mode below which nothing is ruled out.
    static let countMin: UInt64 = 100

    let keepalive: Distribution
    let normal: Distribution

    // The variance of S at which the test is sharpest is some nine times this: 2,000 requests of each mode.
    private static let spread = 55.0
    // 1 / 0.05.
    private static let bound = log(20.0)

    /// Whether the median of normal mode is surely not `shift` seconds above that of keep-alive.
    func rulesOut(_ shift: Double) -> Bool {
        guard keepalive.count >= Self.countMin, normal.count >= Self.countMin else { return false }
        // Left of both medians, and right of them, both deviations grow: the smallest product lies between them. Beyond
        // the last measurement of either mode that one alone exceeds the bound, whatever the other has.
        let own = keepalive.cell(ofRank: (keepalive.count + 1) / 2)
        let other = normal.limits(of: normal.cell(ofRank: (normal.count + 1) / 2))
        let first = min(own, cell(at: other.lower - shift))
        let last = max(own, cell(at: other.upper - shift))
        return (first...last).allSatisfy { cell in
            let limits = keepalive.limits(of: cell)
            let mine = keepalive.below[cell]...keepalive.below[cell + 1]
            let theirs =
                normal.countBelow(limits.lower + shift).lowerBound...normal.countBelow(limits.upper + shift).upperBound
            return evidence(mine, of: keepalive.count) + evidence(theirs, of: normal.count) > Self.bound
        }
    }

    /// The cell of keep-alive's at `duration`, or the nearest.
    private func cell(at duration: Double) -> Int {
        let below = keepalive.edges.partitioningIndex { $0 > duration }
        return min(max(below - 1, 0), keepalive.edges.count - 2)
    }

    /// The logarithm of the martingale when any number in `below` of `count` measurements may lie below the median: of
    /// them the one that says least against it.
    private func evidence(_ below: ClosedRange<UInt64>, of count: UInt64) -> Double {
        let number = Double(count)
        let nearest = min(max(number / 2, Double(below.lowerBound)), Double(below.upperBound))
        let deviation = nearest - number / 2
        let variance = number / 4 + Self.spread
        return deviation * deviation / (2 * variance) - log(variance / Self.spread) / 2
    }
}
