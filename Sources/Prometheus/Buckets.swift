/// The upper edges of a histogram's buckets, written once and then used for many samples.
package struct Buckets: Sendable {
    /// Rising.
    package let uppers: [Double]
    /// `le="0.5"` for each, and `le="+Inf"`.
    let labels: [[UInt8]]

    /// Buckets up to each of `uppers`, which must rise, and one for all.
    package init(uppers: [Double]) {
        precondition(zip(uppers, uppers.dropFirst()).allSatisfy { $0 < $1 }, "edges must rise")
        self.uppers = uppers
        labels =
            uppers.map { upper in
                var bytes = Array("le=\"".utf8)
                // OpenMetrics wants 1.0, not 1; and a series must have the same labels in both formats.
                bytes += upper.description.utf8
                bytes.append(UInt8(ascii: "\""))
                return bytes
            } + [Array("le=\"+Inf\"".utf8)]
    }
}
