/// Reads and searches of a parser. Every read is checked against the span's end: an error in a parser ends the
/// process instead of reading beyond the bytes. (The checks stand here because the library's own take twice as many
/// instructions; the loads behind them are unchecked for that reason alone.)
extension RawSpan {
    /// The byte at `offset`.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // As an unsigned number a negative offset is above every count.
        precondition(UInt(bitPattern: offset) < UInt(bitPattern: byteCount), "read beyond the bytes")
        return unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes from `offset` on, the first one lowest.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        precondition(hasWord(offset), "read beyond the bytes")
        return UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// Whether there are eight bytes from `offset` on.
    @inline(__always)
    func hasWord(_ offset: Int) -> Bool { offset >= 0 && offset <= byteCount &- 8 }

    /// The `count` (below eight) bytes from `offset` on as a word, letters made small, the bytes above them zero.
    @inline(__always)
    func smallWord(_ offset: Int, count: Int) -> UInt64 {
        let mask = (1 as UInt64) &<< (UInt64(truncatingIfNeeded: count) &* 8) &- 1
        if hasWord(offset) { return (word(offset) | Word.bit5) & mask }
        var result: UInt64 = 0
        for index in (0..<count).reversed() { result = result << 8 | UInt64(byte(offset &+ index)) }
        return (result | Word.bit5) & mask
    }

    // The searches are functions of their own, not inlined: their constants stay in registers then.

    /// The first byte from `start` on that no token holds, or the end (RFC 9110, section 5.6.2).
    @inline(never)
    func endOfToken(from start: Int) -> Int {
        var offset = start
        while hasWord(offset) {
            let hits = Word.nonLetters(word(offset))
            if hits == 0 {
                offset &+= 8
            } else {
                offset &+= Word.firstByte(hits)
                guard byte(offset).isToken else { return offset }
                offset &+= 1
            }
        }
        while offset < byteCount, byte(offset).isToken { offset &+= 1 }
        return offset
    }

    /// The first control other than tab from `start` on, or the end; bytes from 0x80 on are none.
    @inline(never)
    func endOfValue(from start: Int) -> Int {
        var offset = start
        while hasWord(offset) {
            let hits = Word.controls(word(offset))
            if hits == 0 {
                offset &+= 8
            } else {
                offset &+= Word.firstByte(hits)
                guard byte(offset).isFieldValue else { return offset }
                offset &+= 1
            }
        }
        while offset < byteCount, byte(offset).isFieldValue { offset &+= 1 }
        return offset
    }

    /// Whether the bytes of `range` are `text` (in small letters), in any case.
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

/// Comparisons and numbers.
extension RawSpan {
    /// Whether the bytes of `range` are `name`, in any case.
    func matches(_ range: ByteRange, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for index in name.indices where byte(Int(range.start) &+ index).lowercased != name[index].lowercased {
            return false
        }
        return true
    }

    /// Whether two ranges hold the same bytes, in any case.
    func areEqual(_ one: ByteRange, _ other: ByteRange) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count
        where byte(Int(one.start) &+ index).lowercased != byte(Int(other.start) &+ index).lowercased {
            return false
        }
        return true
    }

    /// The decimal number that fills `range`, at most `UInt32.max`; nil when it is none.
    func number(_ range: ByteRange) -> UInt32? {
        guard !range.isEmpty else { return nil }
        var number: UInt64 = 0
        for offset in range.bounds {
            let byte = byte(offset)
            guard byte.isDigit else { return nil }
            number = min(number &* 10 &+ UInt64(byte &- 0x30), UInt64(UInt32.max))
        }
        return UInt32(truncatingIfNeeded: number)
    }
}
