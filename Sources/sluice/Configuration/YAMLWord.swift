import Control

/// Writes a string so that YAML reads the same string again, inside brackets too.
enum YAMLWord {
    /// `text` as it is where that is safe, else in double quotes.
    static func text(_ text: String) -> String {
        isPlain(text) && PlainScalar.value(text) == .string(text) ? text : quoted(text)
    }

    private static func isPlain(_ text: String) -> Bool {
        let isSafe = { (scalar: Unicode.Scalar) in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                || scalar == "." || scalar == "_" || scalar == "/"
        }
        guard let first = text.unicodeScalars.first, isSafe(first), text.unicodeScalars.last != ":" else {
            return false
        }
        return text.unicodeScalars.allSatisfy { isSafe($0) || $0 == "-" || $0 == ":" || $0 == "+" }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case _ where scalar == "\"" || scalar == "\\": result += "\\\(scalar)"
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                let digits = String(scalar.value, radix: 16)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
