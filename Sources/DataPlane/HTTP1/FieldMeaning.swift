/// What the fields of a head mean to a proxy: framing, connection, routing.
struct FieldMeaning {
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
        static let via = Seen(rawValue: 1 << 17)

        /// Any of the three fields of that name.
        static let xForwarded: Seen = [.forwardedFor, .forwardedProto, .forwardedHost]
    }

    /// Connection options of one head, all fields together; above it the head is refused, since each one is compared
    /// with each field.
    static let connectionOptionsMax = 32

    var seen: Seen = []
    /// The value of Content-Length; zero without one.
    var contentLength: UInt64 = 0
    /// The value of Host; empty without one.
    var host = ByteRange()
    /// The first number that a Keep-Alive field gives for `timeout` (seconds) and `max`.
    var keepAliveTimeout: UInt32?
    var keepAliveMax: UInt32?
    /// Which field is the last X-Forwarded-For.
    var lastForwardedFor = 0
    /// Which field is the last Forwarded.
    var lastForwarded = 0
    private var connectionOptions = 0

    private let isResponse: Bool

    /// Nothing was seen.
    init(ofResponse isResponse: Bool) { self.isResponse = isResponse }

    /// Takes note of the field at `index` of its section, when it is not `other`.
    mutating func note(_ kind: FieldKind, _ value: ByteRange, at index: Int, _ bytes: RawSpan) throws(HTTP1Error) {
        switch kind {
        // In a response these two mean nothing.
        case .host where isResponse, .expect where isResponse: break
        case .host:
            guard !seen.contains(.host) else { throw .repeatedHost }
            seen.insert(.host)
            host = value
        case .connection:
            seen.insert(.hopByHop)
            try noteConnection(value, bytes)
        case .contentLength: try noteContentLength(value, bytes)
        case .transferEncoding: try noteTransferEncoding(value, bytes)
        case .keepAlive:
            seen.insert(.hopByHop)
            noteKeepAlive(value, bytes)
        case .upgrade: seen.formUnion([.hopByHop, .upgradeField])
        case .te, .proxyConnection: seen.insert(.hopByHop)
        case .expect:
            guard !seen.contains(.expect), bytes.matches(value, "100-continue") else { throw .unknownExpectation }
            seen.insert(.expect)
        case .date: seen.insert(.date)
        case .trailer: seen.insert(.trailer)
        case .xForwardedFor:
            seen.insert(.forwardedFor)
            lastForwardedFor = index
        case .xForwardedProto: seen.insert(.forwardedProto)
        case .xForwardedHost: seen.insert(.forwardedHost)
        case .forwarded:
            seen.insert(.forwarded)
            lastForwarded = index
        case .maxForwards: seen.insert(.maxForwards)
        case .via: seen.insert(.via)
        case .other, .proxyAuthenticate, .proxyAuthorization: break
        }
    }

    /// RFC 9110, section 8.6: digits alone, once. A list of equal values is refused too, as RFC 9112, section 6.3
    /// allows: whoever sends one is confused or means harm.
    private mutating func noteContentLength(_ value: ByteRange, _ bytes: RawSpan) throws(HTTP1Error) {
        guard !seen.contains(.contentLength) else { throw .repeatedContentLength }
        guard !seen.contains(.transferEncoding) else { throw .lengthWithTransferEncoding }
        guard !value.isEmpty, value.count <= 19 else { throw .invalidContentLength }
        var length: UInt64 = 0
        for offset in value.bounds {
            let byte = bytes.byte(offset)
            guard byte.isDigit else { throw byte == UInt8(ascii: ",") ? .repeatedContentLength : .invalidContentLength }
            // 19 digits stay below 10^19, which UInt64 holds.
            length = length &* 10 &+ UInt64(byte &- 0x30)
        }
        guard length <= UInt64(Int64.max) else { throw .invalidContentLength }
        contentLength = length
        seen.insert(.contentLength)
    }

    /// RFC 9112, sections 6.1, 6.3 and 7: `chunked`, once, and nothing else.
    ///
    /// Without `chunked` at the end nobody can tell where the body ends, which is worse than a coding before it that
    /// is not known here.
    private mutating func noteTransferEncoding(_ value: ByteRange, _ bytes: RawSpan) throws(HTTP1Error) {
        guard !seen.contains(.contentLength) else { throw .lengthWithTransferEncoding }
        guard !seen.contains(.transferEncoding) else { throw .invalidTransferEncoding }
        seen.insert(.transferEncoding)
        if bytes.matches(value, "chunked") { return }
        var chunked = 0
        var isLast = false
        var elements = ListElements(value)
        while let element = elements.next(bytes) {
            guard !element.isEmpty, bytes.endOfToken(from: Int(element.start)) >= Int(element.end) else {
                throw .invalidTransferEncoding
            }
            isLast = bytes.matches(element, "chunked")
            if isLast { chunked += 1 }
        }
        throw isLast && chunked == 1 ? .unknownTransferCoding : .invalidTransferEncoding
    }

    /// RFC 9110, section 7.6.1.
    private mutating func noteConnection(_ value: ByteRange, _ bytes: RawSpan) throws(HTTP1Error) {
        // One usual option alone, by its words: "keep-alive" as its first and last eight bytes.
        let start = Int(value.start)
        if value.count == 10, bytes.word(start) | Word.bit5 == 0x696c_612d_7065_656b,
            bytes.word(start &+ 2) | Word.bit5 == 0x6576_696c_612d_7065
        {
            seen.insert(.keepAlive)
            return
        }
        var elements = ListElements(value)
        while let option = elements.next(bytes) {
            if option.isEmpty { continue }
            connectionOptions += 1
            guard connectionOptions <= FieldMeaning.connectionOptionsMax,
                bytes.endOfToken(from: Int(option.start)) >= Int(option.end)
            else { throw .invalidConnection }
            if bytes.matches(option, "keep-alive") {
                seen.insert(.keepAlive)
            } else if bytes.matches(option, "close") {
                seen.insert(.close)
            } else if bytes.matches(option, "upgrade") {
                seen.insert(.upgradeOption)
            } else {
                seen.insert(.namedOptions)
            }
        }
    }

    /// `timeout=5, max=100`; hints, so what is not understood is passed over.
    private mutating func noteKeepAlive(_ value: ByteRange, _ bytes: RawSpan) {
        var elements = ListElements(value)
        while let element = elements.next(bytes) {
            let name = ByteRange(Int(element.start), min(bytes.endOfToken(from: Int(element.start)), Int(element.end)))
            guard name.end < element.end, bytes.byte(Int(name.end)) == UInt8(ascii: "=") else { continue }
            guard let number = bytes.number(ByteRange(Int(name.end) + 1, Int(element.end))) else { continue }
            if keepAliveTimeout == nil, bytes.matches(name, "timeout") { keepAliveTimeout = number }
            if keepAliveMax == nil, bytes.matches(name, "max") { keepAliveMax = number }
        }
    }
}
