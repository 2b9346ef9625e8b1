/// Searches in eight bytes at once (SWAR): each function returns a word whose lowest set bit lies in the lowest byte
/// that is searched for, or zero when none of the eight is.
///
/// Only that lowest bit counts. A subtraction may borrow from the byte above, and a byte above may then be marked
/// without cause; but it borrows only out of a byte that is a hit itself, which lies lower.
enum Word {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let high: UInt64 = 0x8080_8080_8080_8080
    static let low7: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    static let bit5: UInt64 = 0x2020_2020_2020_2020

    /// Which byte of the word the lowest bit of `hits` lies in; 8 when there is none.
    @inline(__always)
    static func firstByte(_ hits: UInt64) -> Int { hits.trailingZeroBitCount >> 3 }

    /// The word with capital letters made small; no byte that is not a letter becomes one of a name by it.
    ///
    /// Bit 5 is set where bit 6 is, which a hyphen or digit has not: so a CR stays a CR and is no hyphen.
    @inline(__always)
    static func smallLetters(_ word: UInt64) -> UInt64 { word | (word >> 1) & bit5 }

    /// All bits of the bytes below the lowest one that `hits`, which is not zero, marks.
    @inline(__always)
    static func below(_ hits: UInt64) -> UInt64 {
        // The hit is the high bit of its byte; moved down it is the lowest, and one less is all that lies below.
        ((hits & (0 &- hits)) >> 7) &- 1
    }

    /// Bytes that equal `byte`.
    @inline(__always)
    static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let zero = word ^ (ones &* UInt64(byte))
        return (zero &- ones) & ~zero & high
    }

    /// Bytes below 0x20, and 0x7F: all that a field value must not hold, and tab.
    @inline(__always)
    static func controls(_ word: UInt64) -> UInt64 {
        let delete = word ^ low7
        return ((word &- ones &* 0x20) & ~word | (delete &- ones) & ~delete) & high
    }

    /// Bytes that are neither a letter nor a hyphen; exact for all eight.
    @inline(__always)
    static func nonLetters(_ word: UInt64) -> UInt64 {
        let small = (word | bit5) & low7
        let hyphen = (word ^ (ones &* 0x2D)) & low7
        let letter = (small &+ ones &* (0x80 - 0x61)) & ~(small &+ ones &* (0x80 - 0x7B))
        let isHyphen = ~(hyphen &+ low7)
        return ~(letter | isHyphen) & high | word & high
    }

    /// Bytes that are neither a letter, nor a digit, hyphen or dot; exact for all eight. (A slash is a hit.)
    @inline(__always)
    static func nonHost(_ word: UInt64) -> UInt64 {
        let seven = word & low7
        let small = seven | bit5
        let letter = (small &+ ones &* (0x80 - 0x61)) & ~(small &+ ones &* (0x80 - 0x7B))
        let number = (seven &+ ones &* (0x80 - 0x2D)) & ~(seven &+ ones &* (0x80 - 0x3A))
        let slash = ~((seven ^ (ones &* 0x2F)) &+ low7)
        return (~(letter | number) | slash | word) & high
    }

    /// Whether all eight bytes are decimal digits.
    @inline(__always)
    static func areDigits(_ word: UInt64) -> Bool {
        let upper: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
        let three: UInt64 = 0x3030_3030_3030_3030
        // Adding six carries a byte from 0x3A on out of 0x30 to 0x3F, and within a byte once the first half holds.
        return word & upper == three && (word &+ ones &* 6) & upper == three
    }
}
