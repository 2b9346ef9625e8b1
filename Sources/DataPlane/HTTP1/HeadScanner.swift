/// Looks for the end of a head that arrives in pieces, and never at a byte twice.
///
/// It is for heads that did not come at once: only when it says that the end is there, or when the limit is passed,
/// is it worth parsing again; so a head that drips in byte by byte costs no more than its length.
struct HeadScanner {
    private var offset = 0

    /// A search from the beginning.
    init() {}

    /// Whether the empty line is there, or a line end that will never parse.
    ///
    /// `bytes` are all bytes of the head so far. A true answer may be too early (for empty lines before the head); the
    /// search then goes on behind it.
    mutating func isComplete(_ bytes: RawSpan) -> Bool {
        while offset < bytes.byteCount {
            if bytes.hasWord(offset) {
                let hits = Word.equal(bytes.word(offset), .lineFeed)
                offset &+= Word.firstByte(hits)
                if hits == 0 { continue }
            }
            offset &+= 1
            if bytes.byte(offset &- 1) == .lineFeed, HeadScanner.isEnd(bytes, offset &- 1) { return true }
        }
        return false
    }

    /// Whether the line that ends with the line feed at `offset` is empty, or ends without a carriage return.
    private static func isEnd(_ bytes: RawSpan, _ offset: Int) -> Bool {
        guard offset >= 2, bytes.byte(offset - 1) == .carriageReturn else { return offset != 1 || bytes.byte(0) != 13 }
        return bytes.byte(offset - 2) == .lineFeed
    }
}
