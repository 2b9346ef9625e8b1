internal import Control

/// Checks of `host[:port]`, the value of Host and the middle of an absolute target (RFC 9110, section 7.2; RFC 3986,
/// section 3.2). User information is refused, since no host may be hidden behind one.
enum Authority {
    /// Whether `range` of `bytes` is a host, not empty, with or without a port.
    static func isValid(_ bytes: RawSpan, _ range: ByteRange) -> Bool {
        let end = Int(range.end)
        var offset = Int(range.start)
        guard offset < end else { return false }
        if bytes.byte(offset) == UInt8(ascii: "[") {
            guard let behind = endOfLiteral(bytes, offset, end) else { return false }
            offset = behind
        } else {
            offset = endOfName(bytes, offset, end)
            guard offset > Int(range.start) else { return false }
        }
        return offset == end || isPort(bytes, offset, end)
    }

    /// Whether both name the same host and port: in any case, and with `:80` the same as none.
    static func areEqual(_ bytes: RawSpan, _ one: ByteRange, _ other: ByteRange) -> Bool {
        let one = withoutDefaultPort(bytes, one)
        let other = withoutDefaultPort(bytes, other)
        guard one.count == other.count else { return false }
        for index in 0..<one.count
        where bytes.byte(one.lowerBound + index).lowercased != bytes.byte(other.lowerBound + index).lowercased {
            return false
        }
        return true
    }

    /// Whether `host` is the host of `target`, a valid `host:port`, with the same port or with none.
    static func agrees(_ bytes: RawSpan, _ target: ByteRange, host: ByteRange) -> Bool {
        if bytes.areEqual(target, host) { return true }
        var end = Int(target.end)
        while end > Int(target.start), bytes.byte(end - 1).isDigit { end -= 1 }
        return end > Int(target.start) && bytes.areEqual(ByteRange(Int(target.start), end - 1), host)
    }

    /// Whether a valid `host:port` has its port, one that can be connected to: zero is none.
    static func hasPort(_ bytes: RawSpan, _ range: ByteRange) -> Bool {
        var offset = Int(range.end)
        var isZero = true
        while offset > Int(range.start), bytes.byte(offset - 1).isDigit {
            offset -= 1
            isZero = isZero && bytes.byte(offset) == UInt8(ascii: "0")
        }
        return !isZero && offset > Int(range.start) && bytes.byte(offset - 1) == UInt8(ascii: ":")
    }

    /// The first byte that no registered name holds.
    @inline(__always)
    private static func endOfName(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int {
        var offset = start
        while offset < end {
            if bytes.hasWord(offset) {
                // The word may reach beyond the end, so the first hit may lie there.
                let hits = Word.nonHost(bytes.word(offset))
                offset &+= Word.firstByte(hits)
                if offset >= end { return end }
                if hits == 0 { continue }
            }
            if bytes.byte(offset) == UInt8(ascii: ":") { break }
            guard let next = behindNameByte(bytes, offset, end) else { break }
            offset = next
        }
        return offset
    }

    /// The offset behind one byte of a name, or behind a percent-encoded one; nil when there is none.
    private static func behindNameByte(_ bytes: RawSpan, _ offset: Int, _ end: Int) -> Int? {
        switch bytes.byte(offset) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return offset + 1
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"),
            UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
            return offset + 1
        case UInt8(ascii: "%"):
            guard end - offset >= 3, bytes.byte(offset + 1).hexValue != nil, bytes.byte(offset + 2).hexValue != nil
            else { return nil }
            return offset + 3
        default:
            return nil
        }
    }

    /// The offset behind `[IPv6]`. An address of a version to come (RFC 3986, section 3.2.2) is refused: nobody could
    /// connect to it.
    private static func endOfLiteral(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? {
        var offset = start + 1
        // No address is longer, whatever its spelling: six groups and an IPv4 one.
        let limit = min(end, offset + HeadWriter.size("0000:0000:0000:0000:0000:0000:255.255.255.255") + 1)
        while offset < limit, bytes.byte(offset) != UInt8(ascii: "]") { offset += 1 }
        guard offset < limit, IPAddress.v6(bytes, start + 1..<offset) != nil else { return nil }
        return offset + 1
    }

    /// Whether a colon and a port number, which may be empty, fill the rest.
    private static func isPort(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Bool {
        guard bytes.byte(start) == UInt8(ascii: ":"), end - start <= 6 else { return false }
        if end - start <= 5, bytes.hasWord(start) {
            // Up to four digits, at once: the bytes behind the colon, all others taken for zeros.
            let size = UInt64(truncatingIfNeeded: end &- start) &* 8
            let mask = (1 as UInt64) &<< size &- 0x100
            return Word.areDigits(bytes.word(start) & mask | 0x3030_3030_3030_3030 & ~mask)
        }
        var port = 0
        for offset in start + 1..<end {
            let byte = bytes.byte(offset)
            guard byte.isDigit else { return false }
            port = port &* 10 &+ Int(byte &- 0x30)
        }
        return port <= 65535
    }

    private static func withoutDefaultPort(_ bytes: RawSpan, _ range: ByteRange) -> Range<Int> {
        let bounds = range.bounds
        var end = bounds.upperBound
        if bounds.count > 3, bytes.byte(end - 1) == UInt8(ascii: "0"), bytes.byte(end - 2) == UInt8(ascii: "8"),
            bytes.byte(end - 3) == UInt8(ascii: ":")
        {
            end -= 3
        } else if bounds.count > 1, bytes.byte(end - 1) == UInt8(ascii: ":") {
            end -= 1
        }
        return bounds.lowerBound..<end
    }
}
