/// Walks over the elements of a comma-separated list without quoted strings (RFC 9110, section 5.6.1).
struct ListElements {
    private var offset: Int
    private let end: Int
    private var isDone = false

    /// The elements of `value`.
    init(_ value: ByteRange) {
        offset = Int(value.start)
        end = Int(value.end)
    }

    /// The next element without the blanks around it, which may be empty; nil behind the last one.
    mutating func next(_ bytes: RawSpan) -> ByteRange? {
        guard !isDone else { return nil }
        var start = offset
        while offset < end, bytes.byte(offset) != UInt8(ascii: ",") { offset &+= 1 }
        var stop = offset
        if offset < end { offset &+= 1 } else { isDone = true }
        while start < stop, bytes.byte(start).isBlank { start &+= 1 }
        while stop > start, bytes.byte(stop &- 1).isBlank { stop &-= 1 }
        return ByteRange(start, stop)
    }
}
