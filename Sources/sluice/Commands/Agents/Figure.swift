import Control

/// Figures of the API in words: with a unit, as many digits as people read, and `-` for none.
enum Figure {
    /// A number with so many digits behind the point.
    static func fixed(_ number: Double?, _ digits: Int) -> String {
        guard let number, number.isFinite else { return "-" }
        // What comes from a server may be any number.
        guard abs(number) < 1e12 else { return "\(number)" }
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((number * Double(scale)).rounded())
        let whole = "\(scaled < 0 ? "-" : "")\(abs(scaled) / scale)"
        if digits == 0 { return whole }
        let fraction = String(abs(scaled) % scale)
        return "\(whole).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }

    /// A count.
    static func count(_ value: APIValue) -> String { fixed(value.number, 0) }

    /// A ratio or a rate.
    static func rate(_ value: APIValue) -> String {
        guard let number = value.number else { return "-" }
        return fixed(number, number < 100 ? 1 : 0)
    }

    /// Seconds, as `5.6 ms` or `12.0 s`.
    static func seconds(_ value: APIValue) -> String {
        guard let seconds = value.number else { return "-" }
        return switch seconds {
        case ..<0.001: "\(fixed(seconds * 1e6, 0)) us"
        case ..<1: "\(fixed(seconds * 1e3, 1)) ms"
        case ..<600: "\(fixed(seconds, 1)) s"
        case ..<36_000: "\(fixed(seconds / 60, 1)) min"
        default: "\(fixed(seconds / 3600, 1)) h"
        }
    }

    /// Bytes, as `9.6 MB`.
    static func bytes(_ value: APIValue) -> String {
        guard var number = value.number else { return "-" }
        for unit in ["B", "kB", "MB", "GB"] {
            if number < 1000 { return "\(fixed(number, unit == "B" ? 0 : 1)) \(unit)" }
            number /= 1000
        }
        return "\(fixed(number, 1)) TB"
    }
}
