/// What single fields mean: framing, connection, routing.
extension FieldSection {
    /// Takes note of a field that is not `other`.
    mutating func note(_ field: Field, _ bytes: RawSpan) throws(HTTP1Error) {
        switch field.kind {
        case .host:
            guard !seen.contains(.host) else { throw .repeatedHost }
            seen.insert(.host)
            host = field.value
        case .connection:
            seen.insert(.hopByHop)
            try noteConnection(field.value, bytes)
        case .contentLength: try noteContentLength(field.value, bytes)
        case .transferEncoding: try noteTransferEncoding(field.value, bytes)
        case .keepAlive:
            seen.insert(.hopByHop)
            noteKeepAlive(field.value, bytes)
        case .upgrade: seen.formUnion([.hopByHop, .upgradeField])
        case .te, .proxyConnection: seen.insert(.hopByHop)
        case .expect:
            guard !seen.contains(.expect), bytes.matches(field.value, "100-continue") else { throw .unknownExpectation }
            seen.insert(.expect)
        case .date: seen.insert(.date)
        case .trailer: seen.insert(.trailer)
        case .xForwardedFor:
            seen.insert(.forwardedFor)
            lastForwardedFor = fields.count - 1
        case .xForwardedProto: seen.insert(.forwardedProto)
        case .xForwardedHost: seen.insert(.forwardedHost)
        case .forwarded: seen.insert(.forwarded)
        case .maxForwards: seen.insert(.maxForwards)
        case .other, .via, .proxyAuthenticate, .proxyAuthorization: break
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

    /// RFC 9112, sections 6.1 and 7: `chunked`, once, and nothing else.
    private mutating func noteTransferEncoding(_ value: ByteRange, _ bytes: RawSpan) throws(HTTP1Error) {
        guard !seen.contains(.contentLength) else { throw .lengthWithTransferEncoding }
        guard !seen.contains(.transferEncoding) else { throw .invalidTransferEncoding }
        seen.insert(.transferEncoding)
        if bytes.matches(value, "chunked") { return }
        var error: HTTP1Error = .invalidTransferEncoding
        var elements = ListElements(value)
        while let element = elements.next(bytes) {
            guard !element.isEmpty, bytes.endOfToken(from: Int(element.start)) >= Int(element.end) else {
                throw .invalidTransferEncoding
            }
            if !bytes.matches(element, "chunked") { error = .unknownTransferCoding }
        }
        throw error
    }

    /// RFC 9110, section 7.6.1.
    private mutating func noteConnection(_ value: ByteRange, _ bytes: RawSpan) throws(HTTP1Error) {
        var elements = ListElements(value)
        while let option = elements.next(bytes) {
            if option.isEmpty { continue }
            connectionOptions += 1
            guard connectionOptions <= FieldSection.connectionOptionsMax,
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

    /// Marks the fields that Connection options name, wherever they stand.
    mutating func markNamedFields(_ bytes: RawSpan) throws(HTTP1Error) {
        for connection in fields where connection.kind == .connection {
            var elements = ListElements(connection.value)
            while let option = elements.next(bytes) {
                for index in fields.indices
                where fields[index].kind.canBeConnectionOption && bytes.areEqual(fields[index].name, option) {
                    fields[index].isHopByHop = true
                    seen.insert(.hopByHop)
                }
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

extension RawSpan {
    /// Whether two ranges hold the same bytes, in any case.
    func areEqual(_ one: ByteRange, _ other: ByteRange) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count
        where byte(Int(one.start) &+ index).lowercased != byte(Int(other.start) &+ index).lowercased {
            return false
        }
        return true
    }

    /// The decimal number that fills `range`, at most `UInt32.max`; nil when it is none.
    func number(_ range: ByteRange) -> UInt32? {
        guard !range.isEmpty else { return nil }
        var number: UInt64 = 0
        for offset in range.bounds {
            let byte = byte(offset)
            guard byte.isDigit else { return nil }
            number = min(number &* 10 &+ UInt64(byte &- 0x30), UInt64(UInt32.max))
        }
        return UInt32(truncatingIfNeeded: number)
    }
}
