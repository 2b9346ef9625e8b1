@testable import DataPlane

/// Values of Forwarded.
enum ForwardedFuzz {
    struct Pair: Equatable {
        /// In small letters.
        var name: String
        /// Without its quotes.
        var value: [UInt8]
    }

    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        // A field value holds nothing else.
        let value = Array(StrictMessage.trimmed(bytes.filter(StrictMessage.isText)[...]))
        let isValid = ForwardedField.isValid(value.span.bytes, ByteRange(0, value.count))
        let elements = elements(value)
        try expect(isValid == (elements != nil), "\(isValid ? "valid" : "not valid"): \(value.shown)")
        return elements.map { "\($0.count) elements" } ?? "not valid"
    }

    /// The elements by RFC 7239, section 4: `[ pair ] *( ";" [ pair ] )` with commas between; nil when there is
    /// something else.
    static func elements(_ value: [UInt8]) -> [[Pair]]? {
        split(value, at: UInt8(ascii: ",")).map { $0.map { StrictMessage.trimmed($0[...]) } }.flatMap { parts in
            var elements: [[Pair]] = []
            for part in parts {
                guard let pairs = split(Array(part), at: UInt8(ascii: ";")) else { return nil }
                var element: [Pair] = []
                for text in pairs where !text.isEmpty {
                    guard let pair = pair(text) else { return nil }
                    element.append(pair)
                }
                elements.append(element)
            }
            return elements
        }
    }

    // What lies between separators outside of quotes; nil when a quote stays open.
    private static func split(_ value: [UInt8], at separator: UInt8) -> [[UInt8]]? {
        var parts: [[UInt8]] = [[]]
        var isQuoted = false
        var isEscaped = false
        for byte in value {
            if byte == separator, !isQuoted {
                parts.append([])
                continue
            }
            parts[parts.count - 1].append(byte)
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
        }
        return isQuoted ? nil : parts
    }

    private static func pair(_ text: [UInt8]) -> Pair? {
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")), StrictMessage.isToken(text[..<equals]) else {
            return nil
        }
        let name = Array(text[..<equals]).lowercasedText
        let value = text[(equals + 1)...]
        if StrictMessage.isToken(value) { return Pair(name: name, value: Array(value)) }
        guard value.count >= 2, value.first == UInt8(ascii: "\"") else { return nil }
        var content: [UInt8] = []
        var rest = value.dropFirst()
        while let byte = rest.popFirst() {
            // Only the last one may be a quote that nothing escapes.
            if byte == UInt8(ascii: "\"") { return rest.isEmpty ? Pair(name: name, value: content) : nil }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = rest.popFirst() else { return nil }
                content.append(escaped)
            } else {
                content.append(byte)
            }
        }
        return nil
    }
}
