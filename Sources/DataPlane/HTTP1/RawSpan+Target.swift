/// The search for a request target's end (RFC 9112, section 3.2; RFC 3986, sections 3.3 and 3.4).
///
/// A path holds what the grammar lets it hold, and `|`, `[` and `]`, which browsers send as they are. A query may
/// besides hold a backslash, `^`, backtick, braces, and a percent sign that encodes nothing, all of which are in use;
/// quotes and angle brackets are not, and whoever prints a target somewhere is glad of it.
extension RawSpan {
    /// The first byte from `start` on that cannot go on a request target, or the end.
    ///
    /// Of a target that is cut within a percent-encoded byte it is the end.
    @inline(never)
    func endOfTarget(from start: Int) -> Int {
        var offset = start
        // Nothing is called in this loop, so its constants stay in registers.
        while hasWord(offset) {
            let hits = Word.unusualInPath(word(offset))
            if hits != 0 {
                offset &+= Word.firstByte(hits)
                let byte = byte(offset)
                if byte == .space { return offset }
                if byte == UInt8(ascii: "?") { return endOfQuery(from: offset &+ 1) }
                break
            }
            offset &+= 8
        }
        return endOfUnusualTarget(from: offset)
    }

    /// The same for what begins with a byte that needs a closer look, or is shorter than a word.
    @inline(never)
    private func endOfUnusualTarget(from start: Int) -> Int {
        var offset = start
        while offset < byteCount {
            let byte = byte(offset)
            if byte.isPath {
                offset &+= 1
            } else if byte == UInt8(ascii: "?") {
                return endOfQuery(from: offset &+ 1)
            } else if byte == UInt8(ascii: "%") {
                guard offset &+ 1 < byteCount else { return byteCount }
                guard self.byte(offset &+ 1).isHex else { return offset }
                guard offset &+ 2 < byteCount else { return byteCount }
                guard self.byte(offset &+ 2).isHex else { return offset }
                offset &+= 3
            } else {
                return offset
            }
            if hasWord(offset) { offset &+= Word.firstByte(Word.unusualInPath(word(offset))) }
        }
        return offset
    }

    /// The first byte from `start` on that no query holds, or the end.
    @inline(never)
    private func endOfQuery(from start: Int) -> Int {
        var offset = start
        while hasWord(offset) {
            let hits = Word.unusualInQuery(word(offset))
            if hits == 0 {
                offset &+= 8
                continue
            }
            offset &+= Word.firstByte(hits)
            guard byte(offset) == UInt8(ascii: "!") else { return offset }
            offset &+= 1
        }
        while offset < byteCount, byte(offset).isQuery { offset &+= 1 }
        return offset
    }
}

extension Word {
    /// Bytes that no path holds, or that need a closer look: all but letters and those from 0x28 to 0x3B, which are
    /// digits and `( ) * + , - . / : ;`. A path may also hold `! $ & ' = @ [ ] _ | ~`, seldom enough. Exact for all
    /// eight.
    @inline(__always)
    static func unusualInPath(_ word: UInt64) -> UInt64 {
        let seven = word & low7
        let small = seven | bit5
        let letter = (small &+ ones &* (0x80 - 0x61)) & ~(small &+ ones &* (0x80 - 0x7B))
        let number = (seven &+ ones &* (0x80 - 0x28)) & ~(seven &+ ones &* (0x80 - 0x3C))
        return (~(letter | number) | word) & high
    }

    /// Bytes that no query holds, and the exclamation mark: those up to 0x23, `<`, `>`, 0x7F and above.
    @inline(__always)
    static func unusualInQuery(_ word: UInt64) -> UInt64 {
        let seven = word & low7
        let visible = (seven &+ ones &* (0x80 - 0x24)) & ~(seven &+ ones)
        let angle = (word | ones &* 0x02) ^ (ones &* 0x3E)
        return (~visible | word | (angle &- ones) & ~angle) & high
    }
}

extension UInt8 {
    /// Whether it is a hexadecimal digit.
    @inline(__always)
    fileprivate var isHex: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }

    /// Whether a path may hold it as it is: RFC 3986's `pchar` and the slash, and `|`, `[` and `]`.
    @inline(__always)
    var isPath: Bool {
        // One bit a byte: !$&'()*+,-./ digits :;= and @ letters [ ] _ | ~.
        let half: UInt64 = self < 64 ? 0x2FFF_FFD2_0000_0000 : 0x57FF_FFFE_AFFF_FFFF
        return self < 128 && half &>> UInt64(self & 63) & 1 != 0
    }

    /// Whether a query may hold it: visible ASCII but for quotes, the fragment's sign and angle brackets.
    @inline(__always)
    var isQuery: Bool {
        // One bit a byte, as above.
        let half: UInt64 = self < 64 ? 0xAFFF_FFF2_0000_0000 : 0x7FFF_FFFF_FFFF_FFFF
        return self < 128 && half &>> UInt64(self & 63) & 1 != 0
    }
}
