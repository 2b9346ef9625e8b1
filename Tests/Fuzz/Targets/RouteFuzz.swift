@testable import DataPlane

/// Route prefixes and paths.
enum RouteFuzz {
    /// The first line is the prefix, what follows it the path.
    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        let parts = bytes.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
        guard parts.count == 2 else { return "no path" }
        let (prefix, path) = (parts[0], parts[1])
        // The configuration takes no other prefix, and the parser of heads no other path.
        guard prefix.first == UInt8(ascii: "/"), normalized(prefix) == prefix, !prefix.contains(UInt8(ascii: "%")),
            path.allSatisfy({ (0x21...0x7E).contains($0) }), path.isEmpty || [0x2F, 0x3F].contains(path[0])
        else { return "not for a route" }
        let length = RoutePath.matchedLength(path.span.bytes, prefix: prefix)
        let wanted = matches(path, prefix)
        let what = "\(path.shown) by \(prefix.shown)"
        try expect((length != nil) == wanted, "\(wanted ? "no " : "")match of \(what)")
        guard let length else { return "no match" }
        try expect(length <= path.count, "\(length) bytes of \(what)")
        // What is left belongs behind the prefix, and nowhere else.
        let stripped = prefix.last == UInt8(ascii: "/") ? Array(prefix.dropLast()) : prefix
        let rest = Array(path[length...])
        try expect(rest.isEmpty || [0x2F, 0x3F].contains(rest[0]), "cut within a segment: \(what)")
        try expect(normalized(stripped + rest) == normalized(path), "cut at \(length): \(what)")
        return "match of \(length) bytes"
    }

    private static func matches(_ path: [UInt8], _ prefix: [UInt8]) -> Bool {
        let path = normalized(path)
        if prefix.last == UInt8(ascii: "/") { return path.starts(with: prefix) }
        return path == prefix || path.starts(with: prefix + [UInt8(ascii: "/")])
    }

    /// RFC 3986, section 6.2.2, by lists of segments; empty segments are left out, and the query too.
    static func normalized(_ path: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = path.prefix { $0 != UInt8(ascii: "?") }[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, rest.prefix(2).allSatisfy(isHex),
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), isUnreserved(code)
            {
                decoded.append(code)
                rest.removeFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        var segments: [[UInt8]] = []
        let parts = decoded.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            switch Array(part) {
            case [0x2E, 0x2E]:
                _ = segments.popLast()
                if isLast { segments.append([]) }
            case [0x2E], []: if isLast { segments.append([]) }
            default: segments.append(Array(part))
            }
        }
        return [UInt8(ascii: "/")] + segments.joined(separator: [UInt8(ascii: "/")])
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-._~".utf8.contains(byte)
    }
}
