/// What an `Accept` header says (RFC 9110, section 12.5.1): ranges of media types, each with a weight.
///
/// A range that cannot be read counts as not said; a header that says nothing accepts everything.
package struct AcceptedTypes: Sendable {
    private struct Range {
        var type: Substring
        var subtype: Substring
        var parameters: [(name: String, value: String)] = []
        /// In thousandths.
        var quality = 1000
    }

    // A header of 32 KiB can hold thousands of ranges; nobody means more than a few.
    private static let rangesMax = 64

    private let ranges: [Range]
    private let isAbsent: Bool

    /// Reads the values of all `Accept` fields of a request.
    package init(_ values: [String]) {
        isAbsent = values.allSatisfy { $0.allSatisfy(\.isWhitespace) }
        var ranges: [Range] = []
        for value in values {
            for text in Self.split(value[...], at: ",") {
                if ranges.count < Self.rangesMax, let range = Self.range(text) { ranges.append(range) }
            }
        }
        self.ranges = ranges
    }

    /// How much a type is wanted, from 0 (not at all) to 1000; the most precise range that matches it decides.
    ///
    /// - Parameters:
    ///   - type: In lower case, such as `text/plain`.
    ///   - parameters: Those of the offer; a range that asks for another value of one of them does not match. What a
    ///     range says of other parameters is ignored.
    package func quality(of type: String, parameters: [String: String] = [:]) -> Int {
        if isAbsent { return 1000 }
        let parts = type.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return 0 }
        var best = (precision: -1, quality: 0)
        for range in ranges {
            let precision: Int
            if range.type == "*", range.subtype == "*" {
                precision = 0
            } else if range.type == parts[0], range.subtype == "*" {
                precision = 1
            } else if range.type == parts[0], range.subtype == parts[1] {
                let asked = range.parameters.filter { parameters[$0.name] != nil }
                guard asked.allSatisfy({ parameters[$0.name] == $0.value }) else { continue }
                precision = 2 + asked.count
            } else {
                continue
            }
            if precision > best.precision || (precision == best.precision && range.quality > best.quality) {
                best = (precision, range.quality)
            }
        }
        return best.quality
    }

    private static func range(_ text: Substring) -> Range? {
        let parts = split(text, at: ";").map(trimmed)
        guard let full = parts.first else { return nil }
        let names = full.lowercased().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else { return nil }
        var range = Range(type: names[0], subtype: names[1])
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = part[..<equals].lowercased()
            var value = part[part.index(after: equals)...]
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            if name == "q" {
                guard let weight = Double(value), (0...1).contains(weight) else { return nil }
                range.quality = Int((weight * 1000).rounded())
            } else {
                range.parameters.append((name, String(value)))
            }
        }
        return range
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }

    /// The pieces between separators that stand outside of quotes.
    private static func split(_ text: Substring, at separator: Character) -> [Substring] {
        var pieces: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        var isEscaped = false
        for index in text.indices {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == separator, !isQuoted {
                pieces.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        pieces.append(text[start...])
        return pieces
    }
}
