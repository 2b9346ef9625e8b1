/// Reads messages by the letter of RFC 9112, as far as a sender may go: what a lenient reader would let pass is an error.
///
/// Written from the specification for the tests alone, so that they share no mistake with the proxy's own parser.
struct WireReader {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the request at `start`; nil when its head is not there as a whole.
    func request(at start: Int) throws(WireError) -> WireMessage? {
        guard var message = try head(at: start) else { return nil }
        let words = message.startLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, Self.isToken(words[0]), !words[1].isEmpty,
            words[1].unicodeScalars.allSatisfy({ (0x21..<0x7F).contains($0.value) }),
            ["HTTP/1.1", "HTTP/1.0"].contains(words[2])
        else { throw WireError("no request line: \(message.startLine)") }
        guard message.values("host").count == 1 || words[2] == "HTTP/1.0" else { throw WireError("not one Host") }
        try frame(&message, isResponse: false)
        return message
    }

    /// Reads the response at `start`; nil when its head is not there as a whole.
    ///
    /// - Parameter method: What it answers.
    func response(at start: Int, to method: String) throws(WireError) -> WireMessage? {
        guard var message = try head(at: start) else { return nil }
        let words = message.startLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "HTTP/1.1", words[1].utf8.count == 3, Self.isDigits(words[1]),
            (100..<600).contains(message.status)
        else { throw WireError("no status line: \(message.startLine)") }
        let status = message.status
        if status < 200 || status == 204 || (method == "CONNECT" && status < 300) {
            guard message.values("transfer-encoding").isEmpty, message.values("content-length").isEmpty else {
                throw WireError("framing fields in a \(status)")
            }
            message.end = message.headEnd
        } else if method == "HEAD" || status == 304 {
            message.end = message.headEnd
        } else {
            try frame(&message, isResponse: true)
        }
        return message
    }

    // MARK: - Heads

    private func head(at start: Int) throws(WireError) -> WireMessage? {
        var next = start
        var startLine: String?
        var fields: [WireMessage.Field] = []
        while let (line, after) = try line(at: next) {
            next = after
            if startLine == nil {
                startLine = line
            } else if line.isEmpty {
                return WireMessage(
                    startLine: startLine ?? "", fields: fields, head: Array(bytes[start..<next]), headEnd: next)
            } else {
                fields.append(try field(line))
            }
        }
        return nil
    }

    private func field(_ line: String) throws(WireError) -> WireMessage.Field {
        guard let colon = line.firstIndex(of: ":"), Self.isToken(line[..<colon]) else {
            throw WireError("no field line: \(WireText.escaped(WireText.bytes(line)))")
        }
        var value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        while value.last == " " || value.last == "\t" { value.removeLast() }
        let isClean = value.unicodeScalars.allSatisfy { $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7F) }
        guard isClean else { throw WireError("a control character in \(WireText.escaped(WireText.bytes(line)))") }
        return WireMessage.Field(name: String(line[..<colon]), value: String(value))
    }

    /// The line at `start` without its CRLF, and the place after it; nil when it is not there as a whole.
    private func line(at start: Int) throws(WireError) -> (String, Int)? {
        var next = start
        while next < bytes.count {
            switch bytes[next] {
            case UInt8(ascii: "\r"):
                guard next + 1 < bytes.count else { return nil }
                guard bytes[next + 1] == UInt8(ascii: "\n") else { throw WireError("a bare CR") }
                return (WireText.text(bytes[start..<next]), next + 2)
            case UInt8(ascii: "\n"): throw WireError("a bare LF")
            case 0: throw WireError("a NUL")
            default: next += 1
            }
        }
        return nil
    }

    // MARK: - Bodies

    private func frame(_ message: inout WireMessage, isResponse: Bool) throws(WireError) {
        let codings = message.values("transfer-encoding")
        let lengths = message.values("content-length")
        if let coding = codings.first {
            guard codings.count == 1, lengths.isEmpty, coding.lowercased() == "chunked" else {
                throw WireError("ambiguous framing: \(codings) \(lengths)")
            }
            try chunks(&message)
        } else if let length = lengths.first {
            guard lengths.count == 1, Self.isDigits(length), let count = Int(length) else {
                throw WireError("a Content-Length of \(lengths)")
            }
            message.body = Array(bytes[message.headEnd..<min(bytes.count, message.headEnd + count)])
            if message.body.count == count { message.end = message.headEnd + count }
        } else if isResponse {
            message.body = Array(bytes[message.headEnd...])
            message.endsWithConnection = true
        } else {
            message.end = message.headEnd
        }
    }

    private func chunks(_ message: inout WireMessage) throws(WireError) {
        var next = message.headEnd
        while let (line, after) = try line(at: next) {
            let digits = line.prefix { $0 != ";" }
            guard !digits.isEmpty, digits.utf8.count <= 15, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                let size = Int(digits, radix: 16)
            else { throw WireError("a chunk size of \(line)") }
            if size == 0 { return try trailers(&message, at: after) }
            message.body += bytes[after..<min(bytes.count, after + size)]
            next = after + size
            guard next < bytes.count else { return }
            guard bytes[next] == UInt8(ascii: "\r"), next + 1 == bytes.count || bytes[next + 1] == UInt8(ascii: "\n")
            else { throw WireError("no CRLF after a chunk") }
            next += 2
            guard next <= bytes.count else { return }
        }
    }

    private func trailers(_ message: inout WireMessage, at start: Int) throws(WireError) {
        var next = start
        while let (line, after) = try line(at: next) {
            next = after
            if line.isEmpty {
                message.end = next
                return
            }
            message.trailers.append(try field(line))
        }
    }

    // MARK: - Grammar

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static let tokenMarks = Set("!#$%&'*+-.^_`|~".utf8)

    private static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                guard scalar.isASCII else { return false }
                let character = Character(scalar)
                return character.isLetter || character.isNumber || tokenMarks.contains(UInt8(scalar.value))
            }
    }
}
