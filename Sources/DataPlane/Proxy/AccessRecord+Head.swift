import Control

/// What a record takes from the bytes of a request's head, before they are gone.
extension AccessRecord {
    /// A record of the request whose parsed head lies in `buffer`.
    init(_ head: borrowing RequestHead, in buffer: borrowing Buffer) {
        self.init()
        let bytes = buffer.readable
        method = Self.copy(bytes, head.methodRange.bounds, upTo: Self.nameMax)
        target = Self.copy(bytes, head.target.bounds, upTo: Self.targetMax)
        targetSize = head.target.bounds.count
        host = Self.copy(bytes, head.authority.bounds, upTo: Self.nameMax)
        versionMinor = head.versionMinor
    }

    /// A record of a request whose head, in `buffer`, is wrong or not whole: of its first line, as far as it goes.
    init(unread buffer: borrowing Buffer) {
        self.init()
        let bytes = buffer.readable
        var end = 0
        while end < bytes.byteCount, bytes.byte(end) != 0x0D, bytes.byte(end) != 0x0A { end += 1 }
        let methodEnd = Self.word(bytes, from: 0, to: end)
        let start = min(methodEnd + 1, end)
        let targetEnd = Self.word(bytes, from: start, to: end)
        method = Self.copy(bytes, 0..<methodEnd, upTo: Self.nameMax)
        target = Self.copy(bytes, start..<targetEnd, upTo: Self.targetMax)
        targetSize = targetEnd - start
    }

    // Where the word that begins at `start` ends.
    private static func word(_ bytes: RawSpan, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, bytes.byte(index) != .space { index += 1 }
        return index
    }

    private static func copy(_ bytes: RawSpan, _ range: Range<Int>, upTo limit: Int) -> [UInt8] {
        let range = range.prefix(limit)
        return [UInt8](unsafeUninitializedCapacity: range.count) { copy, count in
            bytes.extracting(range).withUnsafeBytes { UnsafeMutableRawBufferPointer(copy).copyMemory(from: $0) }
            count = range.count
        }
    }
}
