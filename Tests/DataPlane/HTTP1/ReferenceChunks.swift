@testable import DataPlane

/// A decoder of chunked bodies that is as simple as the grammar (RFC 9112, section 7.1), for comparisons: it reads one
/// byte after the other from all of them and copies the data.
struct ReferenceChunks {
    enum Stop: Error { case more, bad }
    enum Result: Equatable {
        case more(data: [UInt8])
        case end(data: [UInt8], length: Int)
        case bad(data: [UInt8])
    }

    private let bytes: [UInt8]
    private var offset = 0
    private var data: [UInt8] = []
    private var lineStart = 0

    /// Decodes what `bytes` begin with.
    static func decode(_ bytes: [UInt8]) -> Result {
        var decoder = ReferenceChunks(bytes: bytes)
        do {
            while try decoder.chunk() {}
            try decoder.trailers()
            return .end(data: decoder.data, length: decoder.offset)
        } catch Stop.more {
            return .more(data: decoder.data)
        } catch {
            return .bad(data: decoder.data)
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func peek() throws -> UInt8 {
        guard offset < bytes.count else { throw Stop.more }
        return bytes[offset]
    }

    private mutating func expect(_ text: String) throws {
        for wanted in text.utf8 {
            guard try peek() == wanted else { throw Stop.bad }
            offset += 1
        }
    }

    private mutating func skip(_ isWanted: (UInt8) -> Bool) throws -> [UInt8] {
        let start = offset
        while isWanted(try peek()) { offset += 1 }
        return Array(bytes[start..<offset])
    }

    private mutating func chunk() throws -> Bool {
        var size = 0
        var digits = 0
        while let digit = Character(Unicode.Scalar(try peek())).hexDigitValue, bytes[offset] < 0x80 {
            digits += 1
            let (product, overflow) = size.multipliedReportingOverflow(by: 16)
            guard digits <= 16, !overflow else { throw Stop.bad }
            size = product + digit
            offset += 1
        }
        guard digits > 0 else { throw Stop.bad }
        lineStart = offset
        while try extensionFollows() {}
        // The byte that ends them counts as one of them.
        if offset > lineStart, try peek() == 0x0D { try checkSize() }
        try expect("\r\n")
        guard size > 0 else { return false }
        while size > 0 {
            data.append(try peek())
            offset += 1
            size -= 1
        }
        try expect("\r\n")
        return true
    }

    private func checkSize() throws { if offset - lineStart >= ChunkedDecoder.extensionsSizeMax { throw Stop.bad } }

    private mutating func extensionFollows() throws -> Bool {
        try blanks(before: UInt8(ascii: ";"))
        guard try peek() == UInt8(ascii: ";") else { return false }
        try advance()
        try blanks(before: nil)
        try token()
        let mark = offset
        try blanks(before: nil)
        if try peek() == UInt8(ascii: "=") {
            try advance()
            try blanks(before: nil)
            if try peek() == UInt8(ascii: "\"") { try quoted() } else { try token() }
        } else if offset > mark, bytes[offset] != UInt8(ascii: ";") {
            throw Stop.bad
        }
        return true
    }

    private mutating func advance() throws {
        _ = try peek()
        try checkSize()
        offset += 1
    }

    /// Skips blanks; when there are some, `next` must follow.
    private mutating func blanks(before next: UInt8?) throws {
        let start = offset
        while [0x20, 0x09].contains(try peek()) { try advance() }
        if offset > start, let next {
            guard try peek() == next else {
                try checkSize()
                throw Stop.bad
            }
        }
    }

    private mutating func token() throws {
        guard isToken(try peek()) else { throw Stop.bad }
        while isToken(try peek()) { try advance() }
    }

    private func isToken(_ byte: UInt8) -> Bool { "!#$%&'*+-.^_`|~".utf8.contains(byte) || isAlphanumeric(byte) }

    private func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private mutating func quoted() throws {
        try advance()
        while true {
            let byte = try peek()
            try advance()
            if byte == UInt8(ascii: "\"") { return }
            if byte == UInt8(ascii: "\\") {
                guard isText(try peek()) else { throw Stop.bad }
                try advance()
            } else if !isText(byte) {
                throw Stop.bad
            }
        }
    }

    private func isText(_ byte: UInt8) -> Bool { byte == 0x09 || byte >= 0x20 && byte != 0x7F }

    private mutating func trailers() throws {
        let start = offset
        var fields = 0
        func check(_ offset: Int) throws { if offset - start > TrailerChecker.sizeMax { throw Stop.bad } }
        while try peek() != 0x0D {
            fields += 1
            guard fields <= TrailerChecker.fieldsMax else { throw Stop.bad }
            let name = try skip(isToken)
            guard !name.isEmpty else { throw Stop.bad }
            try check(offset)
            let text = String(decoding: name, as: UTF8.self).lowercased()
            guard try peek() == UInt8(ascii: ":"), !ReferenceChunks.forbidden.contains(text) else { throw Stop.bad }
            offset += 1
            _ = try skip(isText)
            try check(offset)
            try expect("\r\n")
        }
        try expect("\r\n")
        try check(offset)
    }

    /// Names that a generator may use and that must be refused.
    static let forbidden: Set<String> = [
        "content-length", "transfer-encoding", "host", "te", "trailer", "connection", "keep-alive", "upgrade",
        "authorization", "content-encoding", "content-type", "content-range", "cookie", "set-cookie", "expect",
        "cache-control", "via", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "date",
        "max-forwards", "proxy-connection", "proxy-authenticate", "proxy-authorization", "www-authenticate",
        "content-location", "pragma", "range", "if-match", "if-none-match", "if-modified-since",
        "if-unmodified-since", "if-range", "age", "expires", "location", "retry-after", "vary", "warning", "x-real-ip",
    ]
}
