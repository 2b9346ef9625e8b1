/// The Forwarded field (RFC 7239): what this proxy writes into it, and whether what came can be added to.
enum ForwardedField {
    /// Bytes that `write` adds at most beside the client's address and the host.
    static var fixedTextMax: Int { HeadWriter.size("for=unknown\"[]\";host=\"\";proto=http") }

    /// Writes an element: `for=192.0.2.1;host="example.com:8080";proto=http`.
    ///
    /// - Parameters:
    ///   - client: The client's address as text, an IPv6 one without brackets; empty when it has none.
    ///   - host: What `range` of `bytes` says was asked for; may be empty.
    @inline(__always)
    static func write(_ bytes: RawSpan, host: ByteRange, to writer: inout HeadWriter, client: RawSpan) {
        if client.byteCount == 0 {
            writer.append("for=unknown")
        } else if isV6(client) {
            // Brackets and colons are no token, so they stand in quotes (RFC 7239, section 6).
            writer.append("for=\"[")
            writer.append(client)
            writer.append("]\"")
        } else {
            writer.append("for=")
            writer.append(client)
        }
        if !host.isEmpty {
            // A valid host holds neither quotes nor backslashes that would have to be escaped.
            if isPlain(bytes, host) {
                writer.append(";host=")
                writer.append(bytes, host)
            } else {
                writer.append(";host=\"")
                writer.append(bytes, host)
                writer.append("\"")
            }
        }
        writer.append(";proto=http")
    }

    /// Which of the two signs comes first says which kind it is, whatever stands at the end.
    @inline(__always)
    private static func isV6(_ address: RawSpan) -> Bool {
        for offset in 0..<address.byteCount {
            let byte = address.byte(offset)
            if byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") { return byte == UInt8(ascii: ":") }
        }
        return false
    }

    /// Whether `host` needs no quotes, since it holds letters, digits, hyphens and dots only. A token may hold more,
    /// which stands in quotes as well as without.
    @inline(__always)
    private static func isPlain(_ bytes: RawSpan, _ host: ByteRange) -> Bool {
        let end = Int(host.end)
        var offset = Int(host.start)
        while offset < end {
            guard bytes.hasWord(offset) else { return bytes.endOfToken(from: offset) >= end }
            let plain = Word.firstByte(Word.nonHost(bytes.word(offset)))
            offset &+= plain
            if plain < 8 { return offset >= end }
        }
        return true
    }

    /// Whether `value` is a list of elements by RFC 7239, section 4, so that another one can be put behind it.
    ///
    /// Behind an open quote it would be swallowed, and who reads the line would take the client's word for ours.
    static func isValid(_ bytes: RawSpan, _ value: ByteRange) -> Bool {
        let end = Int(value.end)
        var offset = Int(value.start)
        // Whether a pair may stand here: at the beginning, behind a comma and its blanks, or behind a semicolon.
        while true {
            while offset < end, bytes.byte(offset).isBlank { offset &+= 1 }
            guard let behind = behindElement(bytes, offset, end) else { return false }
            offset = behind
            while offset < end, bytes.byte(offset).isBlank { offset &+= 1 }
            if offset == end { return true }
            guard bytes.byte(offset) == UInt8(ascii: ",") else { return false }
            offset &+= 1
        }
    }

    /// The offset behind pairs with semicolons between, each of which may be missing; nil when there is something
    /// else.
    private static func behindElement(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? {
        var offset = start
        while true {
            let name = min(bytes.endOfToken(from: offset), end)
            if name > offset {
                guard name < end, bytes.byte(name) == UInt8(ascii: "="), let value = behindValue(bytes, name + 1, end)
                else { return nil }
                offset = value
            }
            guard offset < end, bytes.byte(offset) == UInt8(ascii: ";") else { return offset }
            offset &+= 1
        }
    }

    /// The offset behind a token or a quoted string (RFC 9110, section 5.6.4); nil when there is none.
    private static func behindValue(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? {
        guard start < end, bytes.byte(start) == UInt8(ascii: "\"") else {
            let token = min(bytes.endOfToken(from: start), end)
            return token > start ? token : nil
        }
        var offset = start + 1
        while offset < end {
            switch bytes.byte(offset) {
            case UInt8(ascii: "\""): return offset + 1
            case UInt8(ascii: "\\"): offset &+= 2
            default: offset &+= 1
            }
        }
        return nil
    }
}
