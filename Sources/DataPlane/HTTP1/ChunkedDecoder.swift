/// Takes a chunked body apart (RFC 9112, section 7.1), in any split, with a fixed amount of state.
///
/// Data is passed over at once; everything between is looked at byte by byte and must be exactly as the grammar says,
/// since two readers that differ about a chunk's end differ about where the next message begins.
struct ChunkedDecoder {
    /// What `next` found.
    enum Element: Equatable, Sendable {
        /// These bytes are data; more may follow behind them.
        case data(Range<Int>)
        /// These bytes are extensions, with the blanks around them: they are for one connection, and need not go on.
        case extensions(Range<Int>)
        /// All bytes are used, and the body has not ended.
        case more
        /// The body has ended before this offset.
        case end(Int)
    }

    /// Bytes of the extensions of one chunk.
    static let extensionsSizeMax = 256
    /// By how many bytes the extensions of all chunks may exceed the data: chunks of one byte with long extensions
    /// would make a small body cost as much as a large one (RFC 9112, section 7.1.1).
    static let extensionsExcessMax = 16 << 10
    /// Digits of a chunk size, leading zeros included.
    static let sizeDigitsMax = 16

    private enum State: UInt8 {
        case sizeFirst
        case size
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        // Of an extension: blanks before `;`, before the name, the name, blanks before `=` and before the value, the
        // value as a token or in quotes, and blanks behind it.
        case extensionBlank
        case extensionNameFirst
        case extensionName
        case extensionNameBlank
        case extensionValueFirst
        case extensionToken
        case extensionQuoted
        case extensionQuotedPair
        case extensionQuotedEnd
        case trailers
        case done
    }

    private var state = State.sizeFirst
    /// Digits of the size, or bytes of the extensions, of this line so far.
    private var lineCount = 0
    /// The size as it is read; then the bytes of data that are missing.
    private var remaining: UInt64 = 0
    /// By how many bytes the extensions so far exceed the data.
    private var excess = 0
    private var trailers: TrailerChecker

    /// A decoder of a body that has not begun.
    ///
    /// - Parameter connection: What the head's Connection options name, which no trailer may be called.
    init(connection: ConnectionNames? = nil) { trailers = TrailerChecker(connection: connection) }

    /// Whether the body has ended.
    var isComplete: Bool { state == .done }

    /// Goes on at `offset` of `bytes`, with the bytes that follow those of the call before.
    ///
    /// - Throws: What is wrong; the decoder is of no use afterwards.
    mutating func next(_ bytes: RawSpan, from offset: Int) throws(HTTP1Error) -> Element {
        var offset = offset
        while state != .done {
            guard offset < bytes.byteCount else { return .more }
            if state == .data {
                let count = Int(min(remaining, UInt64(bytes.byteCount - offset)))
                remaining -= UInt64(count)
                if remaining == 0 { state = .dataCarriageReturn }
                return .data(offset..<offset + count)
            }
            let start = offset
            try step(bytes.byte(offset))
            offset += 1
            guard isInExtensions else { continue }
            while offset < bytes.byteCount, bytes.byte(offset) != .carriageReturn {
                try step(bytes.byte(offset))
                offset += 1
            }
            return .extensions(start..<offset)
        }
        return .end(offset)
    }

    private var isInExtensions: Bool {
        state.rawValue >= State.extensionBlank.rawValue && state.rawValue <= State.extensionQuotedEnd.rawValue
    }

    private mutating func step(_ byte: UInt8) throws(HTTP1Error) {
        switch state {
        case .sizeFirst, .size: try stepSize(byte)
        case .sizeLineFeed:
            guard byte == .lineFeed else { throw .invalidChunkSize }
            // One of the line's bytes that were counted is its end.
            excess = max(excess + lineCount - 1 - Int(min(remaining, 1 << 20)), 0)
            guard excess <= ChunkedDecoder.extensionsExcessMax else { throw .invalidChunkExtension }
            state = remaining == 0 ? .trailers : .data
        case .dataCarriageReturn:
            guard byte == .carriageReturn else { throw .invalidChunkEnd }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == .lineFeed else { throw .invalidChunkEnd }
            state = .sizeFirst
        case .trailers: if try trailers.takesLast(byte) { state = .done }
        case .data, .done: break
        default:
            lineCount += 1
            guard lineCount <= ChunkedDecoder.extensionsSizeMax else { throw .invalidChunkExtension }
            try stepExtension(byte)
        }
    }

    private mutating func stepSize(_ byte: UInt8) throws(HTTP1Error) {
        if state == .sizeFirst {
            remaining = 0
            lineCount = 0
        }
        if let digit = byte.hexValue {
            lineCount += 1
            // Sixteen digits at most, so that nothing is shifted out; and as Content-Length, no more than Int64 holds.
            guard lineCount <= ChunkedDecoder.sizeDigitsMax, remaining <= UInt64(Int64.max) >> 4 else {
                throw .invalidChunkSize
            }
            remaining = remaining << 4 | UInt64(digit)
            state = .size
            return
        }
        guard state == .size else { throw .invalidChunkSize }
        lineCount = 1
        switch byte {
        case .carriageReturn: state = .sizeLineFeed
        case .space, .tab: state = .extensionBlank
        case UInt8(ascii: ";"): state = .extensionNameFirst
        default: throw .invalidChunkSize
        }
    }

    /// RFC 9112, section 7.1.1; a blank may stand only where something follows it.
    private mutating func stepExtension(_ byte: UInt8) throws(HTTP1Error) {
        switch (state, byte) {
        case (.extensionBlank, _) where byte.isBlank: break
        case (.extensionBlank, UInt8(ascii: ";")): state = .extensionNameFirst

        case (.extensionNameFirst, _) where byte.isBlank: break
        case (.extensionNameFirst, _) where byte.isToken: state = .extensionName

        case (.extensionName, _) where byte.isToken: break
        case (.extensionName, _) where byte.isBlank: state = .extensionNameBlank
        case (.extensionName, UInt8(ascii: "=")), (.extensionNameBlank, UInt8(ascii: "=")):
            state = .extensionValueFirst
        case (.extensionNameBlank, _) where byte.isBlank: break
        case (.extensionNameBlank, UInt8(ascii: ";")): state = .extensionNameFirst

        case (.extensionValueFirst, _) where byte.isBlank: break
        case (.extensionValueFirst, UInt8(ascii: "\"")): state = .extensionQuoted
        case (.extensionValueFirst, _) where byte.isToken: state = .extensionToken
        case (.extensionToken, _) where byte.isToken: break

        case (.extensionQuoted, UInt8(ascii: "\"")): state = .extensionQuotedEnd
        case (.extensionQuoted, UInt8(ascii: "\\")): state = .extensionQuotedPair
        case (.extensionQuoted, _) where byte.isFieldValue: break
        case (.extensionQuotedPair, _) where byte.isFieldValue: state = .extensionQuoted

        case (.extensionName, _), (.extensionToken, _), (.extensionQuotedEnd, _): try endExtension(byte)
        default: throw .invalidChunkExtension
        }
    }

    /// Takes the byte behind an extension.
    private mutating func endExtension(_ byte: UInt8) throws(HTTP1Error) {
        switch byte {
        case .carriageReturn: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .extensionNameFirst
        case .space, .tab: state = .extensionBlank
        default: throw .invalidChunkExtension
        }
    }
}
