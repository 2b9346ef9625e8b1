/// Reads and searches of a parser. Every read is checked against the span's end: an error in a parser ends the
/// process instead of reading beyond the bytes, and no unchecked pointer is needed.
extension RawSpan {
    /// The byte at `offset`.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    /// The eight bytes from `offset` on, the first one lowest.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The `count` (below eight) bytes from `offset` on as a word, letters made small, the bytes above them zero.
    @inline(__always)
    func smallWord(_ offset: Int, count: Int) -> UInt64 {
        let mask = (1 as UInt64) &<< (UInt64(truncatingIfNeeded: count) &* 8) &- 1
        if offset &+ 8 <= byteCount { return (word(offset) | Word.bit5) & mask }
        var result: UInt64 = 0
        for index in (0..<count).reversed() { result = result << 8 | UInt64(byte(offset &+ index)) }
        return (result | Word.bit5) & mask
    }

    /// The first byte from `start` on that no token holds, or the end (RFC 9110, section 5.6.2).
    @inline(__always)
    func endOfToken(from start: Int) -> Int {
        var offset = start
        while offset &+ 8 <= byteCount {
            let hits = Word.nonLetters(word(offset))
            offset &+= Word.firstByte(hits)
            if hits == 0 { continue }
            guard byte(offset).isToken else { return offset }
            offset &+= 1
        }
        while offset < byteCount, byte(offset).isToken { offset &+= 1 }
        return offset
    }

    /// The first control other than tab from `start` on, or the end; bytes from 0x80 on are none.
    @inline(__always)
    func endOfValue(from start: Int) -> Int {
        var offset = start
        while offset &+ 8 <= byteCount {
            let hits = Word.controls(word(offset))
            offset &+= Word.firstByte(hits)
            if hits == 0 { continue }
            guard byte(offset) == .tab else { return offset }
            offset &+= 1
        }
        while offset < byteCount, byte(offset).isFieldValue { offset &+= 1 }
        return offset
    }

    /// The first byte from `start` on that no request target holds, or the end.
    @inline(__always)
    func endOfTarget(from start: Int) -> Int {
        var offset = start
        while offset &+ 8 <= byteCount {
            let hits = Word.nonTarget(word(offset))
            offset &+= Word.firstByte(hits)
            if hits != 0 { return offset }
        }
        while offset < byteCount, byte(offset).isTarget { offset &+= 1 }
        return offset
    }

    /// Whether the bytes of `range` are `text` (small letters, at most eight bytes), in any case.
    @inline(__always)
    func matches(_ range: ByteRange, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for index in 0..<wanted.count where byte(Int(range.start) &+ index).lowercased != wanted[index] {
                return false
            }
            return true
        }
    }
}

/// Classes of bytes that the grammars are made of.
extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    /// A letter of ASCII made small; any other byte as it is.
    @inline(__always)
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// Whether a token may hold it (RFC 9110, section 5.6.2).
    @inline(__always)
    var isToken: Bool {
        // One bit a byte: !#$%&'*+-. and digits; letters, ^_`|~.
        let half: UInt64 = self < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return self < 128 && half &>> UInt64(self & 63) & 1 != 0
    }

    /// Whether a field value may hold it: tab, blank, visible ASCII, and 0x80 and above (RFC 9110, section 5.5).
    @inline(__always)
    var isFieldValue: Bool { self >= 0x20 && self != 0x7F || self == .tab }

    /// Whether a request target may hold it: visible ASCII but for the fragment's sign.
    @inline(__always)
    var isTarget: Bool { self > 0x20 && self < 0x7F && self != UInt8(ascii: "#") }

    /// Whether it is a blank within a line.
    @inline(__always)
    var isBlank: Bool { self == .space || self == .tab }

    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }

    /// What a hexadecimal digit stands for; nil when it is none.
    @inline(__always)
    var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = lowercased &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}
