/// A piece of a head, as offsets into the bytes that were parsed.
///
/// Four bytes an offset, since a head is far smaller than 2 GiB, and a list of fields is then small too.
struct ByteRange: Equatable, Sendable {
    var start: Int32
    var end: Int32

    /// The empty range at the beginning.
    init() {
        start = 0
        end = 0
    }

    /// The bytes from `start` up to, not including, `end`.
    @inline(__always)
    init(_ start: Int, _ end: Int) {
        // Both stay below HeadLimits.maxHeadSizeAllowed, so nothing is cut off.
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
    }

    /// How many bytes it covers.
    var count: Int { Int(end) - Int(start) }
    var isEmpty: Bool { end == start }
    /// The same offsets for indexing.
    var bounds: Range<Int> { Int(start)..<Int(end) }
}
