/// Checks the trailer fields behind the last chunk, byte by byte, up to the empty line (RFC 9112, section 7.1.2).
///
/// A field that frames, routes, authenticates, says how the content is to be read, or is for one connection only must
/// not come as a trailer (RFC 9110, section 6.5.1): a recipient that merges it into the head would be deceived.
struct TrailerChecker {
    /// Bytes of all trailers.
    static let sizeMax = 8 << 10
    /// Trailer fields.
    static let fieldsMax = 50
    /// No forbidden name is longer.
    private static let nameSizeMax = 24

    private enum State: UInt8 {
        case lineFirst
        case name
        case value
        case lineFeed
        case lastLineFeed
    }

    private var state = State.lineFirst
    private var size = 0
    private var fields = 0
    /// The name's first bytes in small letters; `nameCount` goes on counting beyond them.
    private var name = InlineArray<24, UInt8>(repeating: 0)
    private var nameCount = 0
    private let connection: ConnectionNames?
    /// The sum of the name so far, when there are names to compare it with.
    private var nameSum: UInt64 = 0

    /// A checker of trailers that have not begun.
    ///
    /// - Parameter connection: What the head's Connection options name.
    init(connection: ConnectionNames? = nil) { self.connection = connection }

    /// Takes one byte; returns whether it was the last one of the body.
    mutating func takesLast(_ byte: UInt8) throws(HTTP1Error) -> Bool {
        size += 1
        guard size <= TrailerChecker.sizeMax else { throw .trailersTooLarge }
        switch state {
        case .lineFirst:
            if byte == .carriageReturn {
                state = .lastLineFeed
                return false
            }
            fields += 1
            guard fields <= TrailerChecker.fieldsMax else { throw .trailersTooLarge }
            guard byte.isToken else { throw .invalidTrailer }
            nameCount = 0
            nameSum = ConnectionNames.sumOfNone
            keep(byte)
            state = .name
        case .name:
            if byte == UInt8(ascii: ":") {
                guard !isForbidden else { throw .forbiddenTrailer }
                state = .value
            } else {
                guard byte.isToken else { throw .invalidTrailer }
                keep(byte)
            }
        case .value:
            if byte == .carriageReturn {
                state = .lineFeed
            } else {
                guard byte.isFieldValue else { throw .invalidTrailer }
            }
        case .lineFeed:
            guard byte == .lineFeed else { throw .invalidTrailer }
            state = .lineFirst
        case .lastLineFeed:
            guard byte == .lineFeed else { throw .invalidTrailer }
            return true
        }
        return false
    }

    private mutating func keep(_ byte: UInt8) {
        if nameCount < TrailerChecker.nameSizeMax { name[nameCount] = byte.lowercased }
        nameCount += 1
        if connection != nil { ConnectionNames.add(byte, to: &nameSum) }
    }

    private var isForbidden: Bool {
        if let connection, connection.contain(nameSum) { return true }
        guard nameCount <= TrailerChecker.nameSizeMax else { return false }
        let bytes = name.span.bytes
        let range = ByteRange(0, nameCount)
        // Every kind has a meaning to a proxy, so none may arrive when the head is long gone.
        if FieldKind(bytes, at: 0, count: nameCount) != .other { return true }
        return TrailerChecker.forbidden.contains { bytes.matches(range, $0) }
    }

    /// Names that are forbidden beside those that `FieldKind` knows.
    static let forbidden: [StaticString] = [
        "authorization", "www-authenticate", "cookie", "set-cookie", "content-encoding", "content-type",
        "content-range", "content-location", "cache-control", "pragma", "range", "if-match", "if-none-match",
        "if-modified-since", "if-unmodified-since", "if-range", "age", "expires", "location", "retry-after", "vary",
        "warning", "x-real-ip",
    ]
}
