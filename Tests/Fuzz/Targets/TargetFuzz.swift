@testable import DataPlane

/// Targets of requests, which begin with a slash.
enum TargetFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        let target = [UInt8(ascii: "/")] + bytes
        let isValid = isValid(target)
        // What is behind it lies within the same words that the search looks at.
        for (before, behind) in [("GET ", " HTTP/1.1\r\nHost: a\r\n\r\n"), ("M ", " HTTP/1.0\r\n\r\n")] {
            let head = Array(before.utf8) + target + Array(behind.utf8)
            var request = RequestHead()
            let parsed = RequestFuzz.parse(head, &request)
            try expect(parsed == .head(head.count) || !isValid, "\(parsed.text), but valid: \(target.shown)")
            if isValid {
                let range = before.utf8.count..<before.utf8.count + target.count
                try expect(request.target.bounds == range, "\(request.target.bounds) of \(head.shown)")
            } else if case .head(let length) = parsed {
                // A blank in it may make a whole request of its beginning.
                let line = head.firstIndex(of: 13) ?? head.count
                let isOther = length < head.count || line < before.utf8.count + target.count
                try expect(isOther, "taken for valid: \(target.shown)")
            }
        }
        return isValid ? "valid" : "not valid"
    }

    /// RFC 3986, sections 3.3 and 3.4, with what browsers and old programs send besides: see ``RequestHead``.
    static func isValid(_ target: [UInt8]) -> Bool {
        let parts = target.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        var path = parts[0]
        while let byte = path.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard path.count >= 2, AuthorityFuzz.isHex(path.removeFirst()), AuthorityFuzz.isHex(path.removeFirst())
                else { return false }
            } else if !isPath(byte) {
                return false
            }
        }
        return parts.count == 1
            || parts[1].allSatisfy { isPath($0) || #"?%\^{}`"#.utf8.contains($0) }
    }

    private static func isPath(_ byte: UInt8) -> Bool {
        StrictMessage.isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-._~!$&'()*+,;=:@/|[]".utf8.contains(byte)
    }
}
