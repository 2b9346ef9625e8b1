/// The quick way to the names that come in nearly every head.
extension FieldKind {
    /// Recognizes the field name at `start` and finds its colon, when it is a usual name of less than 16 bytes.
    ///
    /// A name that equals a known one is a token, so its bytes need no look of their own: that saves half of what a
    /// line costs. Names that are not here are none the worse; they are searched byte class by byte class.
    ///
    /// A word that is filled up with zeros cannot tell them from bytes of zero at a name's end, so that the last byte
    /// is looked at: without that `Content-Length\0` would be taken for the field, and go on as another.
    ///
    /// - Returns: The name's size and kind; nil when it is not here, whether or not it is valid.
    @inline(__always)
    static func usual(_ bytes: RawSpan, at start: Int) -> (size: Int, kind: FieldKind)? {
        guard bytes.hasWord(start &+ 8) else { return nil }
        let first = bytes.word(start)
        var colons = Word.equal(first, UInt8(ascii: ":"))
        if colons != 0 {
            let name = Word.smallLetters(first) & Word.below(colons)
            guard let kind = usualShort(name) else { return nil }
            let size = Word.firstByte(colons)
            return bytes.byte(start &+ size &- 1) == 0 ? nil : (size, kind)
        }
        let second = bytes.word(start &+ 8)
        colons = Word.equal(second, UInt8(ascii: ":"))
        guard colons != 0 else { return nil }
        let name = Word.smallLetters(second) & Word.below(colons)
        guard let kind = usualLong(Word.smallLetters(first), name) else { return nil }
        let size = 8 &+ Word.firstByte(colons)
        return bytes.byte(start &+ size &- 1) == 0 ? nil : (size, kind)
    }

    // Names as words, the first byte lowest.
    @inline(__always)
    private static func usualShort(_ name: UInt64) -> FieldKind? {
        switch name {
        case 0x7473_6f68: .host  // host
        case 0x6574_6164: .date  // date
        case 0x61_6976: .via  // via
        case 0x6574: .te  // te
        case 0x7463_6570_7865: .expect  // expect
        case 0x72_656c_6961_7274: .trailer  // trailer
        case 0x65_6461_7267_7075: .upgrade  // upgrade
        case 0x7470_6563_6361: .other  // accept
        case 0x7265_7672_6573: .other  // server
        case 0x6569_6b6f_6f63: .other  // cookie
        case 0x6761_7465: .other  // etag
        case 0x7972_6176: .other  // vary
        case 0x6e69_6769_726f: .other  // origin
        case 0x72_6572_6566_6572: .other  // referer
        default: nil
        }
    }

    @inline(__always)
    private static func usualLong(_ first: UInt64, _ rest: UInt64) -> FieldKind? {
        switch first {
        case 0x6974_6365_6e6e_6f63: rest == 0x6e6f ? .connection : nil  // connection
        case 0x696c_612d_7065_656b: rest == 0x6576 ? .keepAlive : nil  // keep-alive
        // content-length, content-type
        case 0x2d74_6e65_746e_6f63: rest == 0x6874_676e_656c ? .contentLength : rest == 0x6570_7974 ? .other : nil
        case 0x6567_612d_7265_7375: rest == 0x746e ? .other : nil  // user-agent
        case 0x652d_7470_6563_6361: rest == 0x67_6e69_646f_636e ? .other : nil  // accept-encoding
        case 0x6c2d_7470_6563_6361: rest == 0x65_6761_7567_6e61 ? .other : nil  // accept-language
        case 0x6f63_2d65_6863_6163: rest == 0x6c_6f72_746e ? .other : nil  // cache-control
        case 0x646f_6d2d_7473_616c: rest == 0x64_6569_6669 ? .other : nil  // last-modified
        case 0x7261_7772_6f66_2d78: rest == 0x72_6f66_2d64_6564 ? .xForwardedFor : nil  // x-forwarded-for
        default: nil
        }
    }
}
