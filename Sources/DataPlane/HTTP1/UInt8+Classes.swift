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

    /// Whether it is a blank within a line.
    @inline(__always)
    var isBlank: Bool { self <= .space && (self == .space || self == .tab) }

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
