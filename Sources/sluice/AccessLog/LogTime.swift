/// Writes times and durations as logs have them, without a library: a line is written for each request.
struct LogTime {
    // The last second's "2026-01-02T03:04:05", which most lines share with the one before.
    private var second = Int64.min
    private var words: [UInt8] = []

    /// Appends a moment, in nanoseconds since 1970, as RFC 3339 in UTC with milliseconds.
    mutating func append(_ moment: Int64, to bytes: inout [UInt8]) {
        let (quotient, remainder) = moment.quotientAndRemainder(dividingBy: 1_000_000_000)
        let isBefore = remainder < 0
        let second = isBefore ? quotient - 1 : quotient
        if second != self.second || words.isEmpty {
            self.second = second
            words = Self.words(of: second)
        }
        bytes += words
        bytes.append(UInt8(ascii: "."))
        Self.appendDigits(UInt64(isBefore ? remainder + 1_000_000_000 : remainder) / 1_000_000, 3, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Appends a duration in milliseconds with three decimals.
    static func appendMilliseconds(_ nanoseconds: UInt64, to bytes: inout [UInt8]) {
        let microseconds = nanoseconds / 1_000
        bytes += "\(microseconds / 1_000).".utf8
        appendDigits(microseconds % 1_000, 3, to: &bytes)
    }

    /// Appends a duration in seconds with six decimals: a number of JSON.
    static func appendSeconds(_ nanoseconds: UInt64, to bytes: inout [UInt8]) {
        let microseconds = nanoseconds / 1_000
        bytes += "\(microseconds / 1_000_000).".utf8
        appendDigits(microseconds % 1_000_000, 6, to: &bytes)
    }

    private static func words(of second: Int64) -> [UInt8] {
        let day = second >= 0 ? second / 86_400 : (second - 86_399) / 86_400
        let time = UInt64(second - day * 86_400)
        // Days are counted from the first of March of the year 0, so that the leap day is the last of a year; an era
        // is 400 years, after which the calendar repeats.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        var bytes: [UInt8] = []
        appendDigits(UInt64(max(0, year)), 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(UInt64(month), 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(UInt64(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1), 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        appendDigits(time / 3_600, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(time / 60 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(time % 60, 2, to: &bytes)
        return bytes
    }

    private static func appendDigits(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        var divisor: UInt64 = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
