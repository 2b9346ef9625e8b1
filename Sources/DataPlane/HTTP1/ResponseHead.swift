/// The head of a response: parsed where it lies, kept as offsets into its bytes.
///
/// Storage for many heads, one after the other, which nobody copies. The rules are RFC 9112, sections 4 to 6, as
/// strict as those of `RequestHead`: a response that could end in two places is never passed on.
struct ResponseHead: ~Copyable {
    /// 100 to 999.
    private(set) var status: UInt16 = 0
    /// The reason phrase; may be empty.
    private(set) var reason = ByteRange()
    /// Zero or one: a higher one is taken for one.
    private(set) var versionMinor: UInt8 = 1
    /// Whether the status line is fit to go on as it is behind its version.
    private(set) var isVersionLiteral = true
    private(set) var hasReasonBlank = true
    /// The offset behind the status line.
    private(set) var fieldsStart = 0
    /// The offset of the empty line.
    private(set) var fieldsEnd = 0
    private(set) var section = FieldSection(ofResponse: true)

    /// The field lines in the order they came.
    var fields: ArraySlice<Field> { section.fields }

    /// Whether the upstream keeps the connection open, by version and Connection options. A body until close ends it
    /// all the same.
    var keepAlive: Bool {
        !section.meaning.seen.contains(.close) && (versionMinor == 1 || section.meaning.seen.contains(.keepAlive))
    }

    /// Whether another response to the same request follows (RFC 9110, section 15.2); after 101 none does.
    var isInterim: Bool { status < 200 && status != 101 }
    /// Seconds after which the upstream closes an idle connection, as it says.
    var keepAliveTimeout: UInt32? { section.meaning.keepAliveTimeout }
    /// How many more requests the upstream takes on this connection, as it says.
    var keepAliveMax: UInt32? { section.meaning.keepAliveMax }
    var hasDate: Bool { section.meaning.seen.contains(.date) }
    /// Whether what follows is neither a body nor a response, but a tunnel that CONNECT asked for (RFC 9110, section
    /// 9.3.6).
    private(set) var beginsTunnel = false
    /// Whether no field may frame a body (RFC 9110, section 8.6; RFC 9112, section 6.1).
    var mustNotFrame: Bool { status < 200 || status == 204 || beginsTunnel }

    /// Storage for a head.
    init() {}

    /// Parses the head that `bytes` begin with, of a response to a request of `method`.
    ///
    /// - Returns: The head's length in bytes, the empty line included; nil while it is not complete.
    /// - Throws: What is wrong with it, as soon as it can be seen.
    mutating func parse(
        _ bytes: RawSpan, limits: HeadLimits, answering method: Method = .get
    ) throws(HTTP1Error) -> Int? {
        let limit = min(max(limits.maxHeadSize, 0), HeadLimits.maxHeadSizeAllowed)
        let window = bytes.extracting(first: limit)
        guard let lineEnd = try parseLine(window),
            let end = try section.parse(window, from: lineEnd, maxFields: limits.maxFields)
        else {
            if bytes.byteCount >= limit { throw .headTooLarge }
            return nil
        }
        fieldsStart = lineEnd
        fieldsEnd = end - 2
        beginsTunnel = method == .connect && status >= 200 && status < 300
        if !section.meaning.seen.isDisjoint(with: [.transferEncoding, .contentLength]) { try checkFraming() }
        return end
    }

    /// Where the body of this response to a request of `method` ends (RFC 9112, section 6.3).
    func framing(for method: Method) -> BodyFraming {
        if method == .head || status < 200 || status == 204 || status == 304 { return .none }
        if method == .connect, status < 300 { return .none }
        if section.meaning.seen.contains(.transferEncoding) { return .chunked }
        return section.meaning.seen.contains(.contentLength) ? .length(section.meaning.contentLength) : .untilClose
    }

    /// Parses the status line; returns the offset behind it, nil when it is not complete.
    @inline(__always)
    private mutating func parseLine(_ bytes: RawSpan) throws(HTTP1Error) -> Int? {
        if bytes.byteCount >= 8, bytes.word(0) == Version.literal11 {
            versionMinor = 1
            isVersionLiteral = true
        } else {
            guard let minor = try Version.parse(bytes, at: 0, malformed: .malformedStatusLine) else { return nil }
            versionMinor = min(minor, 1)
            isVersionLiteral = minor == 1
        }
        guard bytes.byteCount > 12 else {
            try ResponseHead.checkBeginning(bytes)
            return nil
        }
        guard bytes.byte(8) == .space else { throw ResponseHead.lineError(bytes.byte(8)) }
        var code: UInt16 = 0
        for offset in 9..<12 {
            guard bytes.byte(offset).isDigit else { throw ResponseHead.lineError(bytes.byte(offset)) }
            code = code &* 10 &+ UInt16(bytes.byte(offset) &- 0x30)
        }
        guard code >= 100, code < 600 else { throw .malformedStatusLine }
        status = code
        hasReasonBlank = bytes.byte(12) == .space
        let reasonStart = hasReasonBlank ? 13 : 12
        let lineEnd = hasReasonBlank ? bytes.endOfValue(from: 13) : 12
        guard lineEnd < bytes.byteCount else { return nil }
        guard hasReasonBlank || bytes.byte(12) < 0x20 else { throw .malformedStatusLine }
        reason = ByteRange(reasonStart, lineEnd)
        return try FieldSection.behindLineEnd(bytes, lineEnd)
    }

    /// Checks what is there of `HTTP/1.1 200`, so that a line that is too short does not wait for ever.
    private static func checkBeginning(_ bytes: RawSpan) throws(HTTP1Error) {
        for offset in 8..<max(bytes.byteCount, 8) {
            let byte = bytes.byte(offset)
            guard offset == 8 ? byte == .space : byte.isDigit else { throw lineError(byte) }
        }
    }

    private static func lineError(_ byte: UInt8) -> HTTP1Error {
        byte == .lineFeed ? .bareLineFeed : .malformedStatusLine
    }

    private func checkFraming() throws(HTTP1Error) {
        if mustNotFrame {
            // RFC 9112, section 6.1 and RFC 9110, section 8.6: neither field may stand where no body can be. Old
            // servers say so by a length of zero, which is true and goes no further.
            let isEmpty = !section.meaning.seen.contains(.transferEncoding) && section.meaning.contentLength == 0
            guard status >= 200, isEmpty else { throw .framingWithoutBody }
        }
        guard versionMinor == 1 || !section.meaning.seen.contains(.transferEncoding) else {
            throw .transferEncodingInOldVersion
        }
    }
}
