/// Matches a request's path against the prefix of a route.
///
/// A path is compared as it was sent. Only when it has dot segments, empty segments or percent-encoded bytes is it
/// normalized for the comparison (RFC 3986, section 6.2.2): unreserved characters are decoded, dot segments resolved,
/// empty segments left out. What goes upstream is what came, less the bytes that make up the prefix. No memory is
/// needed for that: the segments are walked from the back, where it is known which of them a `..` further right takes
/// away.
enum RoutePath {
    /// Matches `path`, a path with or without query as `RequestHead.path` has it, against `prefix`.
    ///
    /// `/k` matches `/k`, `/k/…` and `/k?…`, not `/kilo`; `/k/` matches only what has that slash.
    ///
    /// - Parameter prefix: A normalized path that starts with `/`.
    /// - Returns: How many bytes at the front of `path` are the prefix, without a slash at its end, and can be taken
    ///   off; nil when it does not match.
    static func matchedLength(_ path: RawSpan, prefix: [UInt8]) -> Int? {
        let end = endOfPath(path)
        guard prefix.count > 1 else { return 0 }
        if isNormalized(path, end: end) { return literalLength(path, end: end, prefix) }
        return normalizedLength(path, end: end, prefix)
    }

    private static func endOfPath(_ path: RawSpan) -> Int {
        var offset = 0
        while offset < path.byteCount {
            if path.hasWord(offset) {
                let hits = Word.equal(path.word(offset), UInt8(ascii: "?"))
                offset &+= Word.firstByte(hits)
                if hits == 0 { continue }
                return offset
            }
            if path.byte(offset) == UInt8(ascii: "?") { return offset }
            offset &+= 1
        }
        return offset
    }

    /// How many bytes the prefix covers when the path begins with it on the border of a segment.
    private static func literalLength(_ path: RawSpan, end: Int, _ prefix: [UInt8]) -> Int? {
        guard prefix.count <= end else { return nil }
        for index in 0..<prefix.count where path.byte(index) != prefix[index] { return nil }
        if prefix[prefix.count - 1] == UInt8(ascii: "/") { return prefix.count - 1 }
        guard prefix.count == end || path.byte(prefix.count) == UInt8(ascii: "/") else { return nil }
        return prefix.count
    }

    /// Whether there is no percent sign, and no segment that is empty or begins with a dot.
    private static func isNormalized(_ path: RawSpan, end: Int) -> Bool {
        var offset = 0
        while offset < end {
            if offset &+ 8 <= end {
                let word = path.word(offset)
                let hits = Word.equal(word, UInt8(ascii: "/")) | Word.equal(word, UInt8(ascii: "%"))
                offset &+= Word.firstByte(hits)
                if hits == 0 { continue }
            }
            switch path.byte(offset) {
            case UInt8(ascii: "%"): return false
            case UInt8(ascii: "/"):
                guard offset &+ 1 < end else { return true }
                let next = path.byte(offset &+ 1)
                if next == UInt8(ascii: "/") || next == UInt8(ascii: ".") { return false }
            default: break
            }
            offset &+= 1
        }
        return true
    }

    // MARK: - Normalized

    private enum SegmentKind { case normal, current, parent }

    /// Where the prefix's last segment ends, when the segments that normalization leaves begin with the prefix's.
    private static func normalizedLength(_ path: RawSpan, end: Int, _ prefix: [UInt8]) -> Int? {
        let wanted = prefixSegments(prefix)
        let left = countLeft(path, end: end)
        let needsMore = prefix[prefix.count - 1] == UInt8(ascii: "/")
        guard left > wanted || left == wanted && !needsMore else { return nil }
        var walk = SegmentWalk(end: end)
        var index = left
        var length: Int?
        while index > 0, let segment = walk.next(path) {
            index -= 1
            guard index < wanted else { continue }
            if !isEqual(path, segment, prefix, prefixSegment(prefix, index)) { return nil }
            if length == nil { length = segment.upperBound }
        }
        return length
    }

    private static func countLeft(_ path: RawSpan, end: Int) -> Int {
        var walk = SegmentWalk(end: end)
        var count = 0
        while walk.next(path) != nil { count += 1 }
        return count
    }

    /// The segments that normalization leaves, from the last one to the first.
    private struct SegmentWalk {
        private var end: Int
        private var skipped = 0
        private var isLast = true

        init(end: Int) { self.end = end }

        mutating func next(_ path: RawSpan) -> Range<Int>? {
            while end > 0 {
                var start = end
                while start > 0, path.byte(start - 1) != UInt8(ascii: "/") { start -= 1 }
                let segment = start..<end
                end = start - 1
                let kind = RoutePath.kind(path, segment)
                let wasLast = isLast
                isLast = false
                if kind == .parent { skipped += 1 }
                // A path that ends in a dot segment ends in a slash once that is resolved: an empty last segment.
                if wasLast, kind != .normal || segment.isEmpty { return start..<start }
                guard kind == .normal, !segment.isEmpty else { continue }
                if skipped == 0 { return segment }
                skipped -= 1
            }
            // The last segment of a path that ends with its first slash.
            guard end == 0, isLast else { return nil }
            isLast = false
            return 0..<0
        }
    }

    /// What a segment is, with its dots plain or percent-encoded.
    private static func kind(_ path: RawSpan, _ segment: Range<Int>) -> SegmentKind {
        guard segment.count <= 6 else { return .normal }
        var offset = segment.lowerBound
        var dots = 0
        while offset < segment.upperBound {
            let (byte, count) = character(path, offset, segment.upperBound)
            guard byte == UInt8(ascii: "."), dots < 2 else { return .normal }
            dots += 1
            offset += count
        }
        return dots == 0 ? .normal : dots == 1 ? .current : .parent
    }

    /// The byte at `offset` and how many bytes it takes: three when it is an unreserved one in percent-encoding.
    private static func character(_ path: RawSpan, _ offset: Int, _ end: Int) -> (byte: UInt8, count: Int) {
        let byte = path.byte(offset)
        guard byte == UInt8(ascii: "%"), end - offset >= 3, let high = path.byte(offset + 1).hexValue,
            let low = path.byte(offset + 2).hexValue
        else { return (byte, 1) }
        let decoded = high << 4 | low
        return decoded.isUnreserved ? (decoded, 3) : (byte, 1)
    }

    // MARK: - Segments of the prefix

    private static func prefixSegments(_ prefix: [UInt8]) -> Int {
        var count = 0
        for byte in prefix where byte == UInt8(ascii: "/") { count += 1 }
        return prefix[prefix.count - 1] == UInt8(ascii: "/") ? count - 1 : count
    }

    private static func prefixSegment(_ prefix: [UInt8], _ wanted: Int) -> Range<Int> {
        var start = 1
        var index = 0
        while true {
            var stop = start
            while stop < prefix.count, prefix[stop] != UInt8(ascii: "/") { stop += 1 }
            if index == wanted || stop >= prefix.count { return min(start, stop)..<stop }
            index += 1
            start = stop + 1
        }
    }

    private static func isEqual(
        _ path: RawSpan, _ segment: Range<Int>, _ prefix: [UInt8], _ wanted: Range<Int>
    ) -> Bool {
        var offset = segment.lowerBound
        var index = wanted.lowerBound
        while offset < segment.upperBound, index < wanted.upperBound {
            let (byte, count) = character(path, offset, segment.upperBound)
            guard byte == prefix[index] else { return false }
            offset += count
            index += 1
        }
        return offset == segment.upperBound && index == wanted.upperBound
    }
}

extension UInt8 {
    /// Whether it stands for the same with and without percent-encoding (RFC 3986, section 2.3).
    var isUnreserved: Bool {
        let letter = lowercased &- 0x61 < 26
        return letter || isDigit || self == 0x2D || self == 0x2E || self == 0x5F || self == 0x7E
    }
}
