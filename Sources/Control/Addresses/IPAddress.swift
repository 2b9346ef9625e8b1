/// An IPv4 or IPv6 address, read from its text without asking the system.
///
/// The grammar is that of RFC 3986, section 3.2.2, which is the strict one: four decimal numbers without leading
/// zeros, or eight groups of one to four hexadecimal digits of which `::` may stand for one or more, the last two
/// also written as an IPv4 address. There are no zones, and no spellings that only some readers know.
package struct IPAddress: Sendable, Equatable, CustomStringConvertible {
    /// The bytes in the order of the network: four of an IPv4 address, sixteen of an IPv6 one.
    package let bytes: [UInt8]

    /// The address of these bytes, four or sixteen.
    init(bytes: [UInt8]) {
        precondition(bytes.count == 4 || bytes.count == 16, "an address has four or sixteen bytes")
        self.bytes = bytes
    }

    /// The address that `text` is; nil when it is none.
    package init?(_ text: String) {
        let characters = Array(text.utf8)
        let span = characters.span.bytes
        if let four = IPAddress.v4(span, 0..<span.byteCount) {
            bytes = (0..<4).map { UInt8(truncatingIfNeeded: four >> (24 - 8 * UInt32($0))) }
        } else if let groups = IPAddress.v6(span, 0..<span.byteCount) {
            bytes = (0..<16).map { UInt8(truncatingIfNeeded: groups[$0 / 2] >> ($0 % 2 == 0 ? 8 : 0)) }
        } else {
            return nil
        }
    }

    /// The four bytes of an IPv6 address that stands for an IPv4 one (RFC 4291, section 2.5.5.2: `::ffff:0:0/96`);
    /// other addresses as they are.
    static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF else {
            return bytes
        }
        return Array(bytes[12...])
    }

    /// The IPv4 address that it stands for, if it does (``unmapped(_:)``); else itself.
    package var unmapped: IPAddress { IPAddress(bytes: Self.unmapped(bytes)) }

    /// Whether it is this machine's own: 127.0.0.0/8 (RFC 1122, section 3.2.1.3) or ::1 (RFC 4291, section 2.5.3).
    package var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// Whether it stands for every address of the machine when it is listened on: 0.0.0.0 or ::.
    package var isAny: Bool { bytes.allSatisfy { $0 == 0 } }

    /// As RFC 5952, section 4 writes it: small letters, no leading zeros, the longest row of two or more groups that
    /// are zero as `::`.
    package var description: String {
        if bytes.count == 4 { return bytes.map { "\($0)" }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        var longest = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 {
                start = index + 1
            } else if index + 1 - start > max(longest.count, 1) {
                longest = start..<index + 1
            }
        }
        let texts = groups.map { String($0, radix: 16) }
        if longest.isEmpty { return texts.joined(separator: ":") }
        return texts[..<longest.lowerBound].joined(separator: ":") + "::"
            + texts[longest.upperBound...].joined(separator: ":")
    }
}

// The parsers, for those too that have bytes and no string. They allocate nothing.
extension IPAddress {
    /// The IPv4 address that fills `range` of `text`, its first byte highest; nil when it is none.
    static func v4(_ text: RawSpan, _ range: Range<Int>) -> UInt32? {
        var offset = range.lowerBound
        var address: UInt32 = 0
        for part in 0..<4 {
            if part > 0 {
                guard offset < range.upperBound, byte(text, offset) == UInt8(ascii: ".") else { return nil }
                offset += 1
            }
            let start = offset
            var number: UInt32 = 0
            while offset < range.upperBound, offset - start < 3 {
                let digit = byte(text, offset) &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                number = number * 10 + UInt32(digit)
                offset += 1
            }
            let hasLeadingZero = offset - start > 1 && byte(text, start) == UInt8(ascii: "0")
            guard offset > start, number <= 255, !hasLeadingZero else { return nil }
            address = address << 8 | number
        }
        return offset == range.upperBound ? address : nil
    }

    /// The groups of the IPv6 address that fills `range` of `text`; nil when it is none.
    package static func v6(_ text: RawSpan, _ range: Range<Int>) -> InlineArray<8, UInt16>? {
        var groups = InlineArray<8, UInt16>(repeating: 0)
        var count = 0
        // How many groups stand before the `::`.
        var gap: Int?
        var offset = range.lowerBound
        if isGap(text, offset, range.upperBound) {
            gap = 0
            offset += 2
        }
        while offset < range.upperBound {
            if count <= 6, let tail = v4(text, offset..<range.upperBound) {
                groups[count] = UInt16(truncatingIfNeeded: tail >> 16)
                groups[count + 1] = UInt16(truncatingIfNeeded: tail)
                count += 2
                offset = range.upperBound
                break
            }
            guard count < 8, let end = endOfGroup(text, offset, range.upperBound, &groups[count]) else { return nil }
            count += 1
            offset = end
            if offset == range.upperBound { break }
            if isGap(text, offset, range.upperBound) {
                guard gap == nil else { return nil }
                gap = count
                offset += 2
            } else {
                // A single colon needs a group behind it.
                guard byte(text, offset) == UInt8(ascii: ":"), offset + 1 < range.upperBound else { return nil }
                offset += 1
            }
        }
        guard let gap else { return count == 8 ? groups : nil }
        guard count < 8 else { return nil }
        let behind = count - gap
        for index in (0..<behind).reversed() { groups[8 - behind + index] = groups[gap + index] }
        for index in gap..<8 - behind { groups[index] = 0 }
        return groups
    }

    private static func isGap(_ text: RawSpan, _ offset: Int, _ end: Int) -> Bool {
        offset + 1 < end && byte(text, offset) == UInt8(ascii: ":") && byte(text, offset + 1) == UInt8(ascii: ":")
    }

    /// The offset behind one to four hexadecimal digits, whose value goes into `group`; nil when there are none.
    private static func endOfGroup(_ text: RawSpan, _ start: Int, _ end: Int, _ group: inout UInt16) -> Int? {
        var offset = start
        group = 0
        while offset < end, offset - start < 4 {
            let byte = byte(text, offset)
            let letter = (byte | 0x20) &- UInt8(ascii: "a")
            if byte &- UInt8(ascii: "0") < 10 {
                group = group << 4 | UInt16(byte &- UInt8(ascii: "0"))
            } else if letter < 6 {
                group = group << 4 | UInt16(letter + 10)
            } else {
                break
            }
            offset += 1
        }
        return offset > start ? offset : nil
    }

    private static func byte(_ text: RawSpan, _ offset: Int) -> UInt8 {
        text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
