/// Numbers as people read them.
enum Words {
    /// "1 minute", "5 minutes".
    static func minutes(_ count: Int) -> String { count == 1 ? "1 minute" : "\(count) minutes" }

    /// With `decimals` digits behind the point.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale: UInt64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(value) * Double(scale)).rounded()
        guard scaled < 1e18 else { return "\(value)" }
        let digits = UInt64(scaled)
        let sign = value < 0 && digits > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(digits)" }
        let fraction = String(digits % scale)
        return "\(sign)\(digits / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    /// With commas between thousands.
    static func count(_ value: UInt64) -> String {
        var groups: [String] = []
        var rest = String(value)[...]
        while rest.count > 3 {
            groups.insert(String(rest.suffix(3)), at: 0)
            rest = rest.dropLast(3)
        }
        return ([String(rest)] + groups).joined(separator: ",")
    }

    /// A share in percent.
    static func share(_ part: UInt64, of whole: UInt64) -> String {
        let percent = whole == 0 ? 0 : 100 * Double(part) / Double(whole)
        return "\(fixed(percent, percent == 0 || percent >= 10 ? 0 : percent >= 0.1 ? 1 : 3)) %"
    }

    /// A duration in its own unit, with two digits or more.
    static func duration(_ seconds: Double) -> String {
        TimeScale(Interval(value: seconds, lower: 0.8 * seconds, upper: seconds)).withUnit(seconds)
    }
}

/// The unit and the digits that suit an interval of durations: as many as it can tell apart, and one more.
struct TimeScale {
    private let unit: String
    private let factor: Double
    private let decimals: Int

    init(_ interval: Interval) {
        let largest = max(abs(interval.value), abs(interval.lower), abs(interval.upper))
        (unit, factor) =
            switch largest {
            case ..<999.5e-6: ("µs", 1e6)
            case ..<0.9995: ("ms", 1e3)
            default: ("s", 1)
            }
        switch (interval.upper - interval.lower) * factor {
        case 2...: decimals = 0
        case 0.2...: decimals = 1
        case 0.02...: decimals = 2
        default: decimals = 3
        }
    }

    /// The number alone.
    func text(_ seconds: Double) -> String { Words.fixed(seconds * factor, decimals) }

    /// The number with its unit.
    func withUnit(_ seconds: Double) -> String { "\(text(seconds)) \(unit)" }
}
