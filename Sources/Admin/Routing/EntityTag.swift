/// Entity tags (RFC 9110, section 8.8.3).
enum EntityTag {
    /// What a list of them asks for.
    enum Condition: Equatable {
        /// `*`: whatever there is.
        case any
        /// Tags as they were written, quotes and `W/` included.
        case tags([String])
    }

    /// Reads the values of all `If-Match` or `If-None-Match` fields; nil when there is none.
    ///
    /// What cannot be read matches nothing.
    static func condition(_ values: [String]) -> Condition? {
        if values.isEmpty { return nil }
        if values.count == 1, trimmed(values[0][...]) == "*" { return .any }
        var tags: [String] = []
        for value in values {
            var rest = value[...]
            while true {
                rest = trimmed(rest)
                while rest.first == "," { rest = trimmed(rest.dropFirst()) }
                guard let tag = leadingTag(rest) else { break }
                tags.append(String(tag))
                rest = rest[tag.endIndex...]
            }
        }
        return .tags(tags)
    }

    /// A strong tag of contents (FNV-1a in 64 bits): it guards against mistakes, not against forgers.
    static func of(_ bytes: [UInt8]) -> String { "\"\(hash(bytes))\"" }

    /// The part of it between the quotes.
    static func hash(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }

    private static func leadingTag(_ text: Substring) -> Substring? {
        let quoted = text.hasPrefix("W/") ? text.dropFirst(2) : text
        guard quoted.first == "\"" else { return nil }
        let inside = quoted.dropFirst()
        guard let end = inside.firstIndex(of: "\"") else { return nil }
        return text[..<text.index(after: end)]
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

extension EntityTag.Condition {
    /// The strong comparison, for `If-Match`: a weak tag matches nothing.
    func matchesStrongly(_ tag: String) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): !tag.hasPrefix("W/") && tags.contains(tag)
        }
    }

    /// The weak comparison, for `If-None-Match`.
    func matchesWeakly(_ tag: String) -> Bool {
        func bare(_ tag: String) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...] }
        return switch self {
        case .any: true
        case .tags(let tags): tags.contains { bare($0) == bare(tag) }
        }
    }
}
