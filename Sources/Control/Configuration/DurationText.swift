extension Duration {
    /// Reads `500ms`, `4s`, `1.5s`, `2m` or `1h`.
    ///
    /// - Returns: nil when `text` is not a number followed by one of the units.
    package init?(text: some StringProtocol) {
        let units: [(suffix: String, nanoseconds: Double)] = [
            ("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
        ]
        for unit in units where text.hasSuffix(unit.suffix) {
            let number = text.dropLast(unit.suffix.count)
            // "ms" ends in "s" too. Digits and a point: hexadecimal or exponents are surely mistyped.
            guard !number.isEmpty, number.utf8.first != UInt8(ascii: "."),
                number.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") })
            else { continue }
            guard let value = Double(number), let duration = Duration(nanoseconds: value * unit.nanoseconds) else {
                return nil
            }
            self = duration
            return
        }
        return nil
    }

    /// A duration of `seconds`, if it is a number that can be one: finite, not negative, below a century.
    package init?(seconds: Double) {
        self.init(nanoseconds: seconds * 1e9)
    }

    private init?(nanoseconds: Double) {
        guard nanoseconds.isFinite, nanoseconds >= 0, nanoseconds < 3e18 else { return nil }
        self = .nanoseconds(Int64(nanoseconds.rounded()))
    }

    /// As a number of seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// As whole nanoseconds; what does not fit is cut to the largest.
    package var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, seconds < 9_000_000_000 else { return seconds < 0 ? 0 : 9_000_000_000_000_000_000 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000)
    }

    /// In the largest unit that needs no fraction: `4s`, `500ms`, `2m`.
    package var text: String {
        let nanoseconds = wholeNanoseconds
        let units: [(name: String, size: UInt64)] = [
            ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
        ]
        for unit in units where nanoseconds >= unit.size && nanoseconds.isMultiple(of: unit.size) {
            return "\(nanoseconds / unit.size)\(unit.name)"
        }
        return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns"
    }
}
