/// Says how many of the bytes that follow a head belong to its body, and whether the body has ended.
///
/// The body is passed through as it came, chunk sizes and trailers included; but all that frames it is checked, so
/// that the next recipient cannot see another end than this one. It holds no bytes, whatever the split.
struct BodyReader {
    /// What became of the bytes that were taken.
    struct Progress: Equatable, Sendable {
        /// How many of them belong to the body.
        var consumed: Int
        /// Whether the body has ended with them.
        var isComplete: Bool
    }

    private enum Kind { case length, chunked, untilClose }

    private let kind: Kind
    /// Bytes that are missing, for `length`.
    private(set) var remaining: UInt64 = 0
    /// Bytes of content that were taken: of a chunked body without its framing.
    private(set) var contentSize: UInt64 = 0
    private var decoder: ChunkedDecoder
    /// Whether all of the body was taken. A body until close never is by itself.
    private(set) var isComplete = false

    /// A reader for a body that has not begun.
    ///
    /// - Parameter connection: What the head's Connection options name, which no trailer may be called.
    init(_ framing: BodyFraming, connection: ConnectionNames? = nil) {
        decoder = ChunkedDecoder(connection: connection)
        switch framing {
        case .none:
            kind = .length
            isComplete = true
        case .length(let length):
            kind = .length
            remaining = length
            isComplete = length == 0
        case .chunked: kind = .chunked
        case .untilClose: kind = .untilClose
        }
    }

    /// Takes the body's part of `bytes`.
    ///
    /// - Throws: What is wrong with the framing; the reader is of no use afterwards.
    mutating func take(_ bytes: RawSpan) throws(HTTP1Error) -> Progress {
        switch kind {
        case .length:
            let taken = min(remaining, UInt64(bytes.byteCount))
            remaining -= taken
            contentSize += taken
            isComplete = remaining == 0
            return Progress(consumed: Int(taken), isComplete: isComplete)
        case .untilClose:
            contentSize += UInt64(bytes.byteCount)
            return Progress(consumed: bytes.byteCount, isComplete: false)
        case .chunked:
            var offset = 0
            while true {
                switch try decoder.next(bytes, from: offset) {
                case .data(let range):
                    offset = range.upperBound
                    contentSize += UInt64(range.count)
                case .extensions(let range):
                    offset = range.upperBound
                case .more: return Progress(consumed: bytes.byteCount, isComplete: false)
                case .end(let end):
                    isComplete = true
                    return Progress(consumed: end, isComplete: true)
                }
            }
        }
    }

    /// Takes the next element off a chunked body whose framing does not go on.
    ///
    /// - Throws: What is wrong with the framing; the reader is of no use afterwards.
    mutating func nextElement(_ bytes: RawSpan) throws(HTTP1Error) -> ChunkedDecoder.Element {
        try decoder.next(bytes, from: 0)
    }

    /// Takes the body's part of the bytes that wait in `buffer`, and leaves it there, less the extensions of chunks.
    ///
    /// Those are for one connection (RFC 9112, section 7.1.1), nobody misses them, and what two readers make of them
    /// may differ.
    ///
    /// - Throws: What is wrong with the framing; reader and bytes are of no use afterwards.
    mutating func take(from buffer: inout Buffer) throws(HTTP1Error) -> Progress {
        guard kind == .chunked else { return try take(buffer.readable) }
        var offset = 0
        var kept = Compaction()
        while true {
            switch try decoder.next(buffer.readable, from: offset) {
            case .data(let range):
                offset = range.upperBound
                contentSize += UInt64(range.count)
            case .extensions(let range):
                offset = range.upperBound
                kept.leaveOut(range, of: &buffer)
            case .more:
                return Progress(consumed: kept.finish(&buffer, bodyEnd: buffer.count), isComplete: false)
            case .end(let end):
                isComplete = true
                return Progress(consumed: kept.finish(&buffer, bodyEnd: end), isComplete: true)
            }
        }
    }
}

/// Takes ranges out of the bytes that wait in a buffer, front to back, so that each byte moves once at most.
private struct Compaction {
    // Where what was kept ends, and where what is to be kept next begins.
    private var end = 0
    private var next = 0

    mutating func leaveOut(_ range: Range<Int>, of buffer: inout Buffer) {
        keep(upTo: range.lowerBound, in: &buffer)
        next = range.upperBound
    }

    // Returns where `bodyEnd` is now.
    mutating func finish(_ buffer: inout Buffer, bodyEnd: Int) -> Int {
        guard next > end else { return bodyEnd }
        let removed = next - end
        keep(upTo: buffer.count, in: &buffer)
        buffer.truncate(to: end)
        return bodyEnd - removed
    }

    private mutating func keep(upTo limit: Int, in buffer: inout Buffer) {
        if next > end { buffer.move(next..<limit, to: end) }
        end += limit - next
        next = limit
    }
}
