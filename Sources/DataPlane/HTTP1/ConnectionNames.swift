/// The names that Connection options of a head say are for this connection only, for the trailers behind its body:
/// they must not go on either (RFC 9110, section 7.6.1), and a body is passed through as it is.
///
/// An object, and only where there are names, so that every other body's reader carries no more than a nil. Names are
/// kept as sums of 64 bits: one that only looks like one of them costs its sender the message, and nobody else anything.
final class ConnectionNames: Sendable {
    /// The sum of no bytes (FNV-1a, 64 bits).
    static let sumOfNone: UInt64 = 0xCBF2_9CE4_8422_2325

    private let sums: [UInt64]

    /// The names at `ranges` of `bytes`; nil when there are none.
    init?(_ bytes: RawSpan, _ ranges: [ByteRange]) {
        guard !ranges.isEmpty else { return nil }
        var sums: [UInt64] = []
        for range in ranges {
            var sum = ConnectionNames.sumOfNone
            for offset in range.bounds { ConnectionNames.add(bytes.byte(offset), to: &sum) }
            sums.append(sum)
        }
        self.sums = sums
    }

    /// Whether a trailer whose name has this sum may not go on.
    func contain(_ sum: UInt64) -> Bool { sums.contains(sum) }

    /// Takes one more byte of a name, in any case, into its sum.
    @inline(__always)
    static func add(_ byte: UInt8, to sum: inout UInt64) {
        sum = (sum ^ UInt64(byte.lowercased)) &* 0x100_0000_01B3
    }
}

extension FieldSection {
    /// What the Connection options name beside those that every head may have; nil for nothing.
    @inline(__always)
    func connectionNames(_ bytes: RawSpan) -> ConnectionNames? {
        meaning.seen.contains(.namedOptions) ? collectNames(bytes) : nil
    }

    private func collectNames(_ bytes: RawSpan) -> ConnectionNames? {
        var names: [ByteRange] = []
        for index in 0..<count where self[index].kind == .connection {
            var elements = ListElements(self[index].value)
            while let option = elements.next(bytes) {
                // Names that mean something to a proxy are no trailers in any case.
                let kind = FieldKind(bytes, at: Int(option.start), count: option.count)
                if option.isEmpty || kind != .other || bytes.matches(option, "close") { continue }
                names.append(option)
            }
        }
        return ConnectionNames(bytes, names)
    }
}
