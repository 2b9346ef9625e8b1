/// The `Date` line of responses (RFC 9110, section 5.6.7), made anew once a second.
struct DateField {
    /// The line with its CRLF, which always has the same length.
    typealias Line = InlineArray<37, UInt8>

    private var text = Line(repeating: 0)
    private var madeAt: Instant?

    /// The line for now.
    ///
    /// - Parameters:
    ///   - seconds: Reads the wall clock, in seconds since 1970; asked only when the line is old.
    ///   - now: The loop's clock.
    mutating func line(seconds: @autoclosure () -> Int64, now: Instant) -> Line {
        if madeAt.map({ now.nanoseconds(since: $0) >= 500_000_000 }) ?? true {
            madeAt = now
            for (index, byte) in zip(text.indices, "Date: \(Self.format(seconds()))\r\n".utf8) { text[index] = byte }
        }
        return text
    }

    /// As in `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func format(_ seconds: Int64) -> String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        // The civil calendar from a count of days: eras of 400 years that begin on March 1.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let weekday = Int(((days % 7) + 11) % 7)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))"
        return "\(weekdays[weekday]), \(two(day)) \(months[Int(month) - 1]) \(year) \(clock) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
