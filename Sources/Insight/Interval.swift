/// An estimate with the limits between which the truth lies, 95 % sure.
package struct Interval: Sendable, Equatable {
    package let value: Double
    package let lower: Double
    package let upper: Double

    /// `value`, surely between `lower` and `upper`.
    package init(value: Double, lower: Double, upper: Double) {
        self.value = value
        self.lower = lower
        self.upper = upper
    }

    /// Whether nothing can be said about the sign.
    package var spansZero: Bool { lower <= 0 && upper >= 0 }
}
