/// A message as the grammar of RFC 9112 has it, read one byte after the other and without a look at the proxy's parser.
///
/// It knows no limits of size. What it refuses nobody may pass on; what it accepts the proxy may still refuse.
struct StrictMessage {
    struct Field {
        /// In small letters.
        var name: String
        var value: [UInt8]
    }

    enum Framing: Equatable { case none, length(Int), chunked, untilClose }
    enum Kind {
        case request
        /// The method that it answers.
        case response(to: String)
    }
    enum Stop: Error, Equatable {
        case more
        case bad(String)
    }

    /// Method, target and version; or version, status and reason.
    private(set) var line: [[UInt8]] = []
    private(set) var fields: [Field] = []
    private(set) var framing = Framing.none
    /// Of a response; zero for a request.
    private(set) var status = 0
    private(set) var minor = 1
    /// Where the head ends.
    private(set) var headEnd = 0
    /// Content without its framing, as much as there is.
    private(set) var body: [UInt8] = []
    /// All of the body is there. A body until close is never whole by itself.
    private(set) var isWhole = false
    /// Why the body is not whole though it was begun; nil while more may make it so.
    private(set) var bodyFault: String?
    /// Where the message ends, when it is whole.
    private(set) var end = 0

    var method: String { String(decoding: line[0], as: UTF8.self) }
    var target: [UInt8] { line[1] }

    /// The values of the fields with this name.
    func values(_ name: String) -> [[UInt8]] { fields.filter { $0.name == name }.map(\.value) }

    /// The elements of all lists with this name, in small letters.
    func elements(_ name: String) -> [String] {
        values(name).flatMap { value in
            value.split(separator: UInt8(ascii: ",")).map { Array(StrictMessage.trimmed($0)).lowercasedText }
        }.filter { !$0.isEmpty }
    }

    /// Reads the message that begins at `start`.
    ///
    /// - Throws: That more is needed for the head, or what is wrong with it.
    init(_ bytes: [UInt8], from start: Int = 0, _ kind: Kind) throws(Stop) {
        var offset = start
        var text = try StrictMessage.takeLine(bytes, &offset)
        if case .request = kind {
            // RFC 9112, section 2.2: empty lines before a request.
            while text.isEmpty { text = try StrictMessage.takeLine(bytes, &offset) }
            try readRequestLine(text)
        } else {
            try readStatusLine(text)
        }
        while true {
            let text = try StrictMessage.takeLine(bytes, &offset)
            if text.isEmpty { break }
            try readField(text)
        }
        headEnd = offset
        framing = try framing(kind)
        readBody(bytes)
    }

    // MARK: Head

    private static func takeLine(_ bytes: [UInt8], _ offset: inout Int) throws(Stop) -> ArraySlice<UInt8> {
        let start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == 10 { throw .bad("a bare line feed") }
            if byte == 13 {
                guard offset + 1 < bytes.count else { throw .more }
                guard bytes[offset + 1] == 10 else { throw .bad("a bare carriage return") }
                offset += 2
                return bytes[start..<offset - 2]
            }
            offset += 1
        }
        throw .more
    }

    private mutating func readRequestLine(_ text: ArraySlice<UInt8>) throws(Stop) {
        line = text.split(separator: 0x20, omittingEmptySubsequences: false).map { Array($0) }
        guard line.count == 3, StrictMessage.isToken(line[0]), !line[1].isEmpty,
            line[1].allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .bad("the request line") }
        try readVersion(line[2])
    }

    private mutating func readStatusLine(_ text: ArraySlice<UInt8>) throws(Stop) {
        line = text.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false).map { Array($0) }
        // A missing blank before an empty reason is passed over: many servers leave it out.
        if line.count == 2 { line.append([]) }
        guard line.count == 3, line[1].count == 3, line[1].allSatisfy(StrictMessage.isDigit),
            line[2].allSatisfy(StrictMessage.isText), let status = Int(String(decoding: line[1], as: UTF8.self)),
            status >= 100
        else { throw .bad("the status line") }
        self.status = status
        try readVersion(line[0])
    }

    private mutating func readVersion(_ version: [UInt8]) throws(Stop) {
        guard version.count == 8, version.starts(with: "HTTP/1.".utf8), StrictMessage.isDigit(version[7]) else {
            throw .bad("the version")
        }
        minor = min(Int(version[7] - 0x30), 1)
    }

    private mutating func readField(_ text: ArraySlice<UInt8>) throws(Stop) {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), StrictMessage.isToken(text[..<colon]) else {
            throw .bad("a field name")
        }
        let value = StrictMessage.trimmed(text[(colon + 1)...])
        guard value.allSatisfy(StrictMessage.isText) else { throw .bad("a field value") }
        fields.append(Field(name: Array(text[..<colon]).lowercasedText, value: Array(value)))
    }

    /// RFC 9112, section 6.3.
    private func framing(_ kind: Kind) throws(Stop) -> Framing {
        let lengths = values("content-length")
        let codings = values("transfer-encoding")
        if case .response(let method) = kind {
            if method == "HEAD" || status < 200 || status == 204 || status == 304 { return .none }
            if method == "CONNECT", status < 300 { return .none }
        } else if minor == 1 || !values("host").isEmpty {
            guard values("host").count == 1 else { throw .bad("Host") }
        }
        guard lengths.count + codings.count <= 1 else { throw .bad("two framings") }
        if let coding = codings.first {
            guard minor == 1, coding.lowercasedText == "chunked" else { throw .bad("Transfer-Encoding") }
            return .chunked
        }
        if let length = lengths.first {
            guard !length.isEmpty, length.allSatisfy(StrictMessage.isDigit),
                let number = Int(String(decoding: length, as: UTF8.self))
            else { throw .bad("Content-Length") }
            return .length(number)
        }
        if case .request = kind { return .none }
        return .untilClose
    }

    // MARK: Body

    private mutating func readBody(_ bytes: [UInt8]) {
        let rest = bytes[headEnd...]
        switch framing {
        case .none: isWhole = true
        case .length(let length):
            body = Array(rest.prefix(length))
            isWhole = body.count == length
        case .untilClose: body = Array(rest)
        case .chunked:
            switch ReferenceChunks.decode(Array(rest)) {
            case .more(let data): body = data
            case .bad(let data):
                body = data
                bodyFault = "a chunk"
            case .end(let data, let length):
                body = data
                isWhole = true
                end = headEnd + length
            }
            return
        }
        end = headEnd + body.count
    }

    /// The connection has ended in order, and so does a body until close.
    mutating func connectionEnded() {
        if framing == .untilClose { isWhole = true }
    }

    // MARK: Classes of bytes

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isText(_ byte: UInt8) -> Bool { byte == 9 || byte >= 0x20 && byte != 0x7F }

    static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var value = value.drop { $0 == 0x20 || $0 == 9 }
        while let last = value.last, last == 0x20 || last == 9 { value.removeLast() }
        return value
    }
}

extension StrictMessage {
    /// Names that no message carries past one connection (RFC 9110, section 7.6.1).
    static let hopByHop: Set<String> = ["connection", "keep-alive", "proxy-connection", "te", "upgrade"]
    /// Names that a Connection option cannot take away: the message would mean something else without them.
    static let kept: Set<String> = [
        "transfer-encoding", "content-length", "host", "expect", "via", "x-forwarded-for", "x-forwarded-proto",
        "x-forwarded-host", "forwarded", "date", "max-forwards",
    ]

    /// The fields that go on, but for those that `changing` names.
    func endToEnd(without changing: Set<String>) -> [String] {
        let options = Set(elements("connection")).subtracting(StrictMessage.kept)
        return fields.filter { field in
            !StrictMessage.hopByHop.contains(field.name) && !options.contains(field.name)
                && !changing.contains(field.name)
        }.map { "\($0.name): \($0.value.shown)" }
    }
}
