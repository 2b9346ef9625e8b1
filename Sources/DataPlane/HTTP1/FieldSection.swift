/// The field lines of a head, and what those mean that a proxy must know.
///
/// It is filled again and again by one loop, so that its memory is allocated once. The grammar is RFC 9110, section
/// 5.5 and RFC 9112, section 5, with nothing of what a lenient recipient may accept.
struct FieldSection {
    /// What was seen in a section.
    struct Seen: OptionSet {
        var rawValue: UInt32

        static let close = Seen(rawValue: 1 << 0)
        static let keepAlive = Seen(rawValue: 1 << 1)
        /// The Connection option; `upgradeField` is the field.
        static let upgradeOption = Seen(rawValue: 1 << 2)
        /// Connection options that name other fields.
        static let namedOptions = Seen(rawValue: 1 << 3)
        static let upgradeField = Seen(rawValue: 1 << 4)
        static let date = Seen(rawValue: 1 << 5)
        static let host = Seen(rawValue: 1 << 6)
        static let expect = Seen(rawValue: 1 << 7)
        static let contentLength = Seen(rawValue: 1 << 8)
        static let transferEncoding = Seen(rawValue: 1 << 9)
        static let trailer = Seen(rawValue: 1 << 10)
        /// Some field is for this connection only.
        static let hopByHop = Seen(rawValue: 1 << 11)
        static let forwardedFor = Seen(rawValue: 1 << 12)
        static let forwardedProto = Seen(rawValue: 1 << 13)
        static let forwardedHost = Seen(rawValue: 1 << 14)
        static let forwarded = Seen(rawValue: 1 << 15)
        static let maxForwards = Seen(rawValue: 1 << 16)
    }

    /// Connection options of one head, all fields together; above it the head is refused, since each one is compared
    /// with each field.
    static let connectionOptionsMax = 32

    /// The field lines in the order they came.
    var fields: [Field] = []
    var seen: Seen = []
    /// The value of Content-Length; zero without one.
    var contentLength: UInt64 = 0
    /// The value of Host; empty without one.
    var host = ByteRange()
    /// The first number that a Keep-Alive field gives for `timeout` (seconds) and `max`.
    var keepAliveTimeout: UInt32?
    var keepAliveMax: UInt32?
    /// Which of `fields` is the last X-Forwarded-For.
    var lastForwardedFor = 0
    var connectionOptions = 0

    /// A section with room for the fields of usual heads.
    init() { fields.reserveCapacity(32) }

    /// Parses the lines from `start` on, up to and including the empty one.
    ///
    /// - Returns: The offset behind the empty line, or nil when it is not there yet.
    /// - Throws: What is wrong with the first line that is.
    mutating func parse(_ bytes: RawSpan, from start: Int, maxFields: Int) throws(HTTP1Error) -> Int? {
        fields.removeAll(keepingCapacity: true)
        seen = []
        contentLength = 0
        host = ByteRange()
        keepAliveTimeout = nil
        keepAliveMax = nil
        connectionOptions = 0
        var offset = start
        while offset < bytes.byteCount {
            if bytes.byte(offset) == .carriageReturn {
                guard let end = try FieldSection.behindLineEnd(bytes, offset) else { return nil }
                if seen.contains(.namedOptions) { try markNamedFields(bytes) }
                return end
            }
            guard let field = try FieldSection.parseLine(bytes, offset) else { return nil }
            guard fields.count < maxFields else { throw .tooManyFields }
            fields.append(field)
            offset = Int(field.line.end)
            if field.kind != .other { try note(field, bytes) }
        }
        return nil
    }

    /// Parses one field line; nil when its end is not there yet.
    @inline(__always)
    private static func parseLine(_ bytes: RawSpan, _ start: Int) throws(HTTP1Error) -> Field? {
        let colon = bytes.endOfToken(from: start)
        guard colon < bytes.byteCount else { return nil }
        guard colon > start, bytes.byte(colon) == UInt8(ascii: ":") else {
            throw nameError(bytes.byte(colon), isFirst: colon == start)
        }
        var valueStart = colon &+ 1
        while valueStart < bytes.byteCount, bytes.byte(valueStart).isBlank { valueStart &+= 1 }
        let lineEnd = bytes.endOfValue(from: valueStart)
        guard lineEnd < bytes.byteCount, let next = try behindLineEnd(bytes, lineEnd) else { return nil }
        var valueEnd = lineEnd
        while valueEnd > valueStart, bytes.byte(valueEnd &- 1).isBlank { valueEnd &-= 1 }
        return Field(
            name: ByteRange(start, colon), value: ByteRange(valueStart, valueEnd), lineEnd: next,
            kind: FieldKind(bytes, at: start, count: colon &- start))
    }

    /// The offset behind the CRLF at `offset`; nil when its second half is not there yet.
    @inline(__always)
    static func behindLineEnd(_ bytes: RawSpan, _ offset: Int) throws(HTTP1Error) -> Int? {
        guard bytes.byte(offset) == .carriageReturn else {
            throw bytes.byte(offset) == .lineFeed ? .bareLineFeed : .controlCharacter
        }
        guard offset &+ 1 < bytes.byteCount else { return nil }
        guard bytes.byte(offset &+ 1) == .lineFeed else { throw .bareCarriageReturn }
        return offset &+ 2
    }

    /// Why a name may not end with `byte`.
    private static func nameError(_ byte: UInt8, isFirst: Bool) -> HTTP1Error {
        switch byte {
        case .space, .tab: isFirst ? .obsoleteFolding : .blankBeforeColon
        case .lineFeed: .bareLineFeed
        default: .invalidFieldName
        }
    }
}
