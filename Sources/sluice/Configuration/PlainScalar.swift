import Control

/// What a word without quotes means: YAML 1.2's core schema (section 10.3.2 of its specification), in which `on`,
/// `off`, `yes` and `no` are strings and `1:30` is not a number.
enum PlainScalar {
    /// The value that `text` stands for.
    static func value(_ text: String) -> SettingValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: return number(text).map { .number($0) } ?? .string(text)
        }
    }

    /// The number that `text` is, if it is one: decimal, `0x…` or `0o…`.
    static func number(_ text: String) -> Double? {
        if text.hasPrefix("0x") { return natural(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("0o") { return natural(text.dropFirst(2), radix: 8) }
        // Double's own reader also takes "inf", "nan" and hexadecimal fractions, which are no numbers here.
        let allowed = text.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
        guard allowed, text.utf8.contains(where: { (48...57).contains($0) }) else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    private static func natural(_ digits: Substring, radix: Int) -> Double? {
        guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        return UInt64(digits, radix: radix).map { Double($0) }
    }
}
