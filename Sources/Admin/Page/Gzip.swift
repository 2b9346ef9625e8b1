/// Compression for the page's files (RFC 1951 and 1952), once at the start: the whole page then takes half of the
/// bytes, which counts where the admin server is far away. One block of fixed codes and one place to look for each
/// match: half the code of a full compressor for most of its gain.
enum Gzip {
    private static let matchMin = 3
    private static let matchMax = 258
    private static let distanceMax = 32_768

    /// `bytes` as a gzip file.
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var bits = BitWriter(bytes: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
        bits.write(0b011, 3)  // The last block, of fixed codes.
        var last: [UInt32: Int] = [:]  // Where three bytes stood last.
        var index = 0
        while index < bytes.count {
            let match = index + matchMin <= bytes.count ? last[key(bytes, index)] : nil
            var length = 0
            if let match, index - match <= distanceMax {
                let most = min(matchMax, bytes.count - index)
                while length < most, bytes[match + length] == bytes[index + length] { length += 1 }
                bits.writeLength(length)
                bits.writeDistance(index - match)
            } else {
                bits.writeLiteral(Int(bytes[index]))
                length = 1
            }
            for place in index..<index + length where place + matchMin <= bytes.count {
                last[key(bytes, place)] = place
            }
            index += length
        }
        bits.writeLiteral(256)  // The end of the block.
        return bits.finished() + littleEndian(checksum(bytes)) + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
    }

    private static func key(_ bytes: [UInt8], _ index: Int) -> UInt32 {
        UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// CRC-32 as RFC 1952 has it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = sum & 1 == 1
                sum >>= 1
                if isOdd { sum ^= 0xEDB8_8320 }
            }
        }
        return ~sum
    }
}

/// Writes bits from the lowest up.
private struct BitWriter {
    var bytes: [UInt8]
    private var pending: UInt64 = 0
    private var count = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The lowest `width` bits of `value`, the lowest first.
    mutating func write(_ value: Int, _ width: Int) {
        pending |= UInt64(value) << count
        count += width
        while count >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            count -= 8
        }
    }

    /// Codes go in the highest bit first.
    private mutating func writeCode(_ code: Int, _ width: Int) {
        for bit in (0..<width).reversed() { write(code >> bit & 1, 1) }
    }

    /// A byte, or one of the symbols above (RFC 1951, section 3.2.6).
    mutating func writeLiteral(_ symbol: Int) {
        switch symbol {
        case 0..<144: writeCode(0x30 + symbol, 8)
        case 144..<256: writeCode(0x190 + symbol - 144, 9)
        case 256..<280: writeCode(symbol - 256, 7)
        default: writeCode(0xC0 + symbol - 280, 8)
        }
    }

    /// How long a match is: 3 to 258 (section 3.2.5).
    mutating func writeLength(_ length: Int) {
        if length == 258 { return writeLiteral(285) }
        let value = length - 3
        let extra = value < 8 ? 0 : Int.bitWidth - value.leadingZeroBitCount - 3
        writeLiteral(257 + extra * 4 + value >> extra)
        write(value & ((1 << extra) - 1), extra)
    }

    /// How far back it stood: 1 to 32,768.
    mutating func writeDistance(_ distance: Int) {
        let value = distance - 1
        let extra = value < 4 ? 0 : Int.bitWidth - value.leadingZeroBitCount - 2
        writeCode(extra * 2 + value >> extra, 5)
        write(value & ((1 << extra) - 1), extra)
    }

    /// All of it, filled up to whole bytes.
    func finished() -> [UInt8] {
        count == 0 ? bytes : bytes + [UInt8(truncatingIfNeeded: pending)]
    }
}
