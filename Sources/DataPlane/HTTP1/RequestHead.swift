/// The head of a request: parsed where it lies, kept as offsets into its bytes.
///
/// Storage for many heads, one after the other: a loop has one, and nobody copies it. The rules are RFC 9112,
/// sections 2 to 6, without leniency: what two recipients could read in two ways is an error.
struct RequestHead: ~Copyable {
    /// Which of the four forms the target has (RFC 9112, section 3.2).
    enum TargetForm: UInt8, Sendable {
        case origin
        case absolute
        case authority
        case asterisk
    }

    /// Empty lines before the request line that are passed over (RFC 9112, section 2.2).
    static let emptyLinesMax = 4

    private(set) var method = Method.other
    private(set) var methodRange = ByteRange()
    private(set) var target = ByteRange()
    private(set) var targetForm = TargetForm.origin
    /// Path and query of the target. Of an absolute target it may be empty or begin with `?`: then `/` is meant in
    /// front. Empty for the asterisk and for CONNECT.
    private(set) var path = ByteRange()
    /// Host and port that are asked for: of an absolute target, else the value of Host; may be empty.
    private(set) var authority = ByteRange()
    /// Zero or one: a higher one is taken for one (RFC 9110, section 2.5).
    private(set) var versionMinor: UInt8 = 1
    private(set) var framing = BodyFraming.none
    /// Whether the version's bytes are `HTTP/1.1`, so that they can go on as they are.
    private(set) var isVersionLiteral = true
    /// The offset behind the request line.
    private(set) var fieldsStart = 0
    /// The offset of the empty line.
    private(set) var fieldsEnd = 0
    private(set) var section = FieldSection(ofResponse: false)

    /// The field lines in the order they came.
    var fields: ArraySlice<Field> { section.fields }

    /// Whether the connection may go on after this exchange, by version and Connection options (RFC 9112, section
    /// 9.3). An HTTP/1.0 client that takes us for its proxy may just have passed on a field that it does not know.
    var keepAlive: Bool {
        if section.meaning.seen.contains(.close) { return false }
        return versionMinor == 1 || targetForm == .origin && section.meaning.seen.contains(.keepAlive)
    }

    /// Whether the client waits for 100 Continue before it sends the body; HTTP/1.0 clients never do (RFC 9110,
    /// section 10.1.1).
    var expectsContinue: Bool { versionMinor == 1 && section.meaning.seen.contains(.expect) }

    /// Storage for a head.
    init() {}

    /// Parses the head that `bytes` begin with.
    ///
    /// - Returns: The head's length in bytes, the empty line and leading empty lines included; nil while it is not
    ///   complete. The properties hold the head only after a length was returned.
    /// - Throws: What is wrong with it, as soon as it can be seen.
    mutating func parse(_ bytes: RawSpan, limits: HeadLimits) throws(HTTP1Error) -> Int? {
        let limit = min(max(limits.maxHeadSize, 0), HeadLimits.maxHeadSizeAllowed)
        let window = bytes.extracting(first: limit)
        guard let lineEnd = try parseLine(window) else {
            if bytes.byteCount >= limit { throw .requestLineTooLong }
            return nil
        }
        guard let end = try section.parse(window, from: lineEnd, maxFields: limits.maxFields) else {
            if bytes.byteCount >= limit { throw .headTooLarge }
            return nil
        }
        fieldsStart = lineEnd
        fieldsEnd = end - 2
        try resolveFraming()
        try resolveAuthority(window)
        if method == .trace || section.meaning.seen.contains(.maxForwards) { try checkForwards(window) }
        return end
    }

    /// Parses the request line; returns the offset behind it, nil when it is not complete.
    private mutating func parseLine(_ bytes: RawSpan) throws(HTTP1Error) -> Int? {
        // Known from where its name ends, even if the rest is refused: an answer to HEAD has no content.
        method = .other
        var start = 0
        if bytes.byteCount > 0, bytes.byte(0) < 0x20 {
            guard let behind = try RequestHead.behindEmptyLines(bytes) else { return nil }
            start = behind
        }
        let methodEnd: Int
        if bytes.hasWord(start), bytes.word(start) & 0xFFFF_FFFF == 0x2054_4547 {  // "GET "
            methodEnd = start &+ 3
            method = .get
        } else {
            methodEnd = bytes.endOfToken(from: start)
            guard methodEnd < bytes.byteCount else { return nil }
            guard methodEnd > start, bytes.byte(methodEnd) == .space else {
                throw RequestHead.lineError(bytes.byte(methodEnd), .invalidMethod)
            }
            method = Method(bytes, start..<methodEnd)
        }
        methodRange = ByteRange(start, methodEnd)
        let targetStart = methodEnd &+ 1
        let targetEnd = bytes.endOfTarget(from: targetStart)
        guard targetEnd < bytes.byteCount else { return nil }
        guard bytes.byte(targetEnd) == .space, targetEnd > targetStart else {
            throw RequestHead.lineError(bytes.byte(targetEnd), .invalidTarget)
        }
        target = ByteRange(targetStart, targetEnd)
        try resolveTarget(bytes)
        return try parseVersion(bytes, targetEnd &+ 1)
    }

    /// Parses `HTTP/1.1` and the end of the line.
    @inline(__always)
    private mutating func parseVersion(_ bytes: RawSpan, _ start: Int) throws(HTTP1Error) -> Int? {
        isVersionLiteral = false
        if start &+ 10 <= bytes.byteCount, bytes.word(start) == Version.literal11, bytes.byte(start &+ 8) == 0x0D,
            bytes.byte(start &+ 9) == 0x0A
        {
            isVersionLiteral = true
            versionMinor = 1
            return start &+ 10
        }
        guard let minor = try Version.parse(bytes, at: start, malformed: .malformedRequestLine) else { return nil }
        guard start &+ 8 < bytes.byteCount else { return nil }
        guard bytes.byte(start &+ 8) == .carriageReturn else {
            throw RequestHead.lineError(bytes.byte(start &+ 8), .malformedRequestLine)
        }
        guard let end = try FieldSection.behindLineEnd(bytes, start &+ 8) else { return nil }
        versionMinor = min(minor, 1)
        isVersionLiteral = minor == 1
        return end
    }

    private static func behindEmptyLines(_ bytes: RawSpan) throws(HTTP1Error) -> Int? {
        var offset = 0
        while offset < bytes.byteCount, bytes.byte(offset) == .carriageReturn || bytes.byte(offset) == .lineFeed {
            guard offset < 2 * emptyLinesMax else { throw .malformedRequestLine }
            guard let next = try FieldSection.behindLineEnd(bytes, offset) else { return nil }
            offset = next
        }
        return offset
    }

    /// What a byte in the wrong place of the line stands for.
    private static func lineError(_ byte: UInt8, _ other: HTTP1Error) -> HTTP1Error {
        switch byte {
        case .lineFeed: .bareLineFeed
        case .space, .tab, .carriageReturn: .malformedRequestLine
        default: other
        }
    }

    /// RFC 9112, section 6.3, for requests.
    @inline(__always)
    private mutating func resolveFraming() throws(HTTP1Error) {
        framing = .none
        if section.meaning.seen.contains(.transferEncoding) {
            guard versionMinor == 1 else { throw .transferEncodingInOldVersion }
            framing = .chunked
        } else if section.meaning.seen.contains(.contentLength) {
            framing = .length(section.meaning.contentLength)
        }
    }

    /// RFC 9110, sections 7.6.2 and 9.3.8.
    private func checkForwards(_ bytes: RawSpan) throws(HTTP1Error) {
        if heedsMaxForwards, maxForwards(bytes) == .invalid { throw .invalidMaxForwards }
        if method == .trace, framing != .none, framing != .length(0) { throw .contentInTrace }
    }

    /// RFC 9112, section 3.2: the target's form, and where its path is.
    @inline(__always)
    private mutating func resolveTarget(_ bytes: RawSpan) throws(HTTP1Error) {
        authority = ByteRange()
        if bytes.byte(Int(target.start)) == UInt8(ascii: "/"), method != .connect {
            targetForm = .origin
            path = target
        } else {
            try resolveOtherTarget(bytes)
        }
    }

    private mutating func resolveOtherTarget(_ bytes: RawSpan) throws(HTTP1Error) {
        let start = Int(target.start)
        let end = Int(target.end)
        path = ByteRange(end, end)
        if method == .connect {
            targetForm = .authority
            authority = target
            // Host and port, both needed (RFC 9112, section 3.2.3; RFC 9110, section 9.3.6).
            guard Authority.isValid(bytes, target), Authority.hasPort(bytes, target) else { throw .invalidTarget }
        } else if target.count == 1, bytes.byte(start) == UInt8(ascii: "*") {
            guard method == .options else { throw .invalidTarget }
            targetForm = .asterisk
        } else {
            targetForm = .absolute
            // Only http: a request for https must not come over an open connection (RFC 9110, section 7.4).
            guard target.count > 7, bytes.matches(ByteRange(start, start + 7), "http://") else { throw .invalidTarget }
            var offset = start + 7
            while offset < end, bytes.byte(offset) != UInt8(ascii: "/"), bytes.byte(offset) != UInt8(ascii: "?") {
                offset += 1
            }
            authority = ByteRange(start + 7, offset)
            guard Authority.isValid(bytes, authority) else { throw .invalidTarget }
            path = ByteRange(offset, end)
        }
    }

    /// RFC 9112, sections 3.2 and 3.3: exactly one valid Host, which agrees with an absolute target.
    @inline(__always)
    private mutating func resolveAuthority(_ bytes: RawSpan) throws(HTTP1Error) {
        guard section.meaning.seen.contains(.host) else {
            guard versionMinor == 0 else { throw .missingHost }
            return
        }
        let host = section.meaning.host
        guard host.isEmpty || Authority.isValid(bytes, host) else { throw .invalidHost }
        switch targetForm {
        case .origin, .asterisk: authority = host
        case .absolute: guard Authority.areEqual(bytes, authority, host) else { throw .hostMismatch }
        case .authority: guard Authority.agrees(bytes, target, host: host) else { throw .hostMismatch }
        }
    }
}
