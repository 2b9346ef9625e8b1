/// Writes a head into room that was found large enough: one check a piece, and no more.
///
/// It lives within one call of `Buffer.fill`, which lends the memory; every write is checked against its end.
struct HeadWriter {
    private let base: UnsafeMutableRawPointer
    private let room: Int
    /// How many bytes were written.
    private(set) var count = 0

    /// A writer to `memory`; nil when there is none.
    @inline(__always)
    init?(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { return nil }
        self.base = base
        room = memory.count
    }

    /// How many bytes `text` has: a number that the compiler knows, unlike that of a stored string.
    @inline(__always)
    static func size(_ text: StaticString) -> Int { text.utf8CodeUnitCount }

    /// Appends the bytes of `source` from `start` up to `end`.
    @inline(__always)
    mutating func append(_ source: RawSpan, _ start: Int, _ end: Int) {
        precondition(start >= 0 && start <= end && end <= source.byteCount, "copied beyond the bytes")
        let size = end &- start
        precondition(size <= room &- count, "appended more than there is room for")
        let target = base + count
        source.withUnsafeBytes { bytes in
            // In bounds by the two checks above.
            if let address = bytes.baseAddress { target.copyMemory(from: address + start, byteCount: size) }
        }
        count &+= size
    }

    /// Appends all bytes of `source`.
    @inline(__always)
    mutating func append(_ source: RawSpan) { append(source, 0, source.byteCount) }

    /// Appends the bytes that `range` of `source` covers.
    @inline(__always)
    mutating func append(_ source: RawSpan, _ range: ByteRange) { append(source, Int(range.start), Int(range.end)) }

    /// Appends `number` in decimal; there must be room for its digits, ten at most.
    mutating func append(_ number: UInt32) {
        var digits: UInt32 = 1
        var power: UInt32 = 1
        while digits < 10, number / power >= 10 {
            power *= 10
            digits += 1
        }
        precondition(Int(digits) <= room &- count, "appended more than there is room for")
        while power > 0 {
            let digit = UInt8(truncatingIfNeeded: number / power % 10)
            (base + count).storeBytes(of: digit + UInt8(ascii: "0"), as: UInt8.self)
            count &+= 1
            power /= 10
        }
    }

    /// Appends the bytes of `text`.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        let size = text.utf8CodeUnitCount
        precondition(size <= room &- count, "appended more than there is room for")
        (base + count).copyMemory(from: text.utf8Start, byteCount: size)
        count &+= size
    }
}
