/// A value as it stands in a configuration file, a flag or a JSON body, before it is known what it is for.
package enum SettingValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([SettingValue])
    case object([String: SettingValue])
}

/// What is wrong with one setting, in words that say what is allowed.
package struct SettingFault: Error, Sendable, Equatable {
    /// "must be 1 to 1000000, not 0".
    package let message: String

    /// A fault that says `message`.
    package init(_ message: String) { self.message = message }
}

extension SettingValue {
    /// A whole number within `range`.
    package func integer(in range: ClosedRange<Int>) throws(SettingFault) -> Int {
        guard case .number(let number) = self, let value = Int(exactly: number) else {
            throw SettingFault("must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        guard range.contains(value) else {
            throw SettingFault("must be \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        return value
    }

    /// A duration within `range`: `"4s"`, or a number of seconds.
    package func duration(in range: ClosedRange<Duration>) throws(SettingFault) -> Duration {
        let value: Duration? =
            switch self {
            case .string(let text): Duration(text: text)
            case .number(let seconds): Duration(seconds: seconds)
            default: nil
            }
        guard let value else {
            throw SettingFault("must be a duration such as \"500ms\", \"4s\" or \"2m\", not \(text)")
        }
        guard range.contains(value) else {
            throw SettingFault("must be \(range.lowerBound.text) to \(range.upperBound.text), not \(value.text)")
        }
        return value
    }

    /// A number of bytes within `range`: `"32KiB"`, or a whole number.
    package func bytes(in range: ClosedRange<Int>) throws(SettingFault) -> Int {
        let value: Int? =
            switch self {
            case .string(let text): ByteSize.parse(text)
            case .number(let number): Int(exactly: number)
            default: nil
            }
        guard let value else { throw SettingFault("must be a size such as \"32KiB\" or \"1MiB\", not \(text)") }
        guard range.contains(value) else {
            throw SettingFault(
                "must be \(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound)), not \(text)")
        }
        return value
    }

    /// One word of a fixed set.
    package func word<Word: RawRepresentable<String> & CaseIterable>(_: Word.Type) throws(SettingFault) -> Word {
        if case .string(let text) = self, let word = Word(rawValue: text) { return word }
        let words = Word.allCases.map(\.rawValue).joined(separator: " or ")
        throw SettingFault("must be \(words), not \(text)")
    }

    /// A string.
    package func string() throws(SettingFault) -> String {
        guard case .string(let value) = self else { throw SettingFault("must be a string, not \(text)") }
        return value
    }

    /// A yes or no; YAML's `on` and `off` as strings count too.
    package func bool() throws(SettingFault) -> Bool {
        switch self {
        case .bool(let value): return value
        case .string("on"): return true
        case .string("off"): return false
        default: throw SettingFault("must be true or false, not \(text)")
        }
    }

    /// Whether it stands for "no limit": null, `none` or `unlimited`.
    package var isNone: Bool { self == .null || self == .string("none") || self == .string("unlimited") }

    /// For messages: the value as it was written.
    package var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .string(let string): "\"\(string)\""
        case .list: "a list"
        case .object: "an object"
        }
    }
}
