/// Reads requests or responses off a stream, strictly and by the letter; written without a look at the proxy's parser.
struct MessageParser {
    /// What a message consists of.
    struct Message {
        /// The three parts of the first line.
        var first = ""
        var second = ""
        var third = ""
        var fields: [(name: String, value: String)] = []
        var body: [UInt8] = []
        var trailers: [String] = []
        /// How the body was framed.
        var framing = Framing.none
        /// All of the body has come.
        var isComplete = false

        /// The value of the field with this name, in lower case.
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    }

    enum Framing: Equatable { case none, length(Int), chunked, untilClose }

    /// What was wrong with the bytes; nothing is read after that.
    private(set) var fault: String?
    /// The message that is being read; its head is whole.
    private(set) var message: Message?
    /// Bytes that are not read yet.
    private(set) var rest: [UInt8] = []

    private let isRequest: Bool
    private var start = 0
    // Within a chunk: how many bytes are missing, its line end included.
    private var chunkLeft: Int?
    private var isInTrailers = false

    init(isRequest: Bool) { self.isRequest = isRequest }

    /// How many bytes wait to be read.
    var waiting: Int { rest.count - start }

    /// Adds what was received.
    mutating func feed(_ bytes: some Collection<UInt8>) {
        if start > 0 {
            rest.removeFirst(start)
            start = 0
        }
        rest += bytes
    }

    /// Reads on; true when a head has become whole.
    ///
    /// - Parameters:
    ///   - isBodiless: The response answers HEAD.
    ///   - isConnect: It answers CONNECT, and a 2xx has no body.
    mutating func readHead(isBodiless: Bool = false, isConnect: Bool = false) -> Bool {
        guard fault == nil, message == nil, let end = headEnd() else { return false }
        var text = String(decoding: rest[start..<end - 4], as: UTF8.self).lines
        start = end
        var message = Message()
        let line = text.removeFirst().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard line.count == 3 else { return fail("first line") }
        (message.first, message.second, message.third) = (String(line[0]), String(line[1]), String(line[2]))
        for field in text {
            guard let colon = field.firstIndex(of: ":"), colon > field.startIndex else { return fail("field \(field)") }
            let value = field[field.index(after: colon)...].drop { $0 == " " }
            message.fields.append((field[..<colon].lowercased(), String(value)))
        }
        guard let framing = framing(of: message, isBodiless || isConnect && message.second.hasPrefix("2")) else {
            return fail("framing")
        }
        message.framing = framing
        message.isComplete = framing == .none || framing == .length(0)
        self.message = message
        return true
    }

    /// Reads on in the body; true when it has become whole.
    mutating func readBody() -> Bool {
        guard fault == nil, let framing = message?.framing, message?.isComplete == false else { return false }
        switch framing {
        case .none: break
        case .length(let length):
            take(min(length - (message?.body.count ?? 0), waiting))
            if message?.body.count == length { message?.isComplete = true }
        case .untilClose: take(waiting)
        case .chunked: while readChunk() {}
        }
        return message?.isComplete ?? false
    }

    /// The stream has ended in order: so does a body until close.
    mutating func end() {
        if message?.framing == .untilClose { message?.isComplete = true }
    }

    /// Goes on to the next message.
    mutating func next() -> Message? {
        defer {
            message = nil
            chunkLeft = nil
            isInTrailers = false
        }
        return message
    }

    /// Takes what is not read yet: it is no HTTP any more.
    mutating func takeRest() -> [UInt8] {
        defer { start = rest.count }
        return Array(rest[start...])
    }

    // MARK: Steps

    private func headEnd() -> Int? { end(of: [13, 10, 13, 10], within: 64 << 10) }

    private func end(of mark: [UInt8], within most: Int) -> Int? {
        var index = start
        let last = min(rest.count - mark.count, start + most)
        while index <= last {
            if rest[index] == 13, rest[index..<index + mark.count].elementsEqual(mark) { return index + mark.count }
            index += 1
        }
        return nil
    }

    private func framing(of message: Message, _ isBodiless: Bool) -> Framing? {
        let lengths = message.fields.filter { $0.name == "content-length" }
        let codings = message.fields.filter { $0.name == "transfer-encoding" }
        guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty else { return nil }
        if !isRequest {
            guard let status = Int(message.second), (100...599).contains(status) else { return nil }
            if isBodiless || status < 200 || status == 204 || status == 304 { return Framing.none }
        }
        if let coding = codings.first { return coding.value == "chunked" ? .chunked : nil }
        if let length = lengths.first { return Int(length.value).map { .length($0) } }
        return isRequest ? Framing.none : .untilClose
    }

    // Returns whether to go on.
    private mutating func readChunk() -> Bool {
        if isInTrailers {
            guard let lineEnd = end(of: [13, 10], within: 4096) else { return false }
            let isLast = lineEnd == start + 2
            if !isLast { message?.trailers.append(String(decoding: rest[start..<lineEnd - 2], as: UTF8.self)) }
            start = lineEnd
            if isLast { message?.isComplete = true }
            return !isLast
        }
        guard let left = chunkLeft else {
            guard let lineEnd = end(of: [13, 10], within: 100) else { return false }
            let digits = rest[start..<lineEnd - 2].prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
                return fail("chunk size")
            }
            start = lineEnd
            if size == 0 { isInTrailers = true } else { chunkLeft = size + 2 }
            return true
        }
        if left > 2 {
            let count = min(left - 2, waiting)
            take(count)
            chunkLeft = left - count
            return count > 0
        }
        guard waiting >= 2 else { return false }
        guard rest[start] == 13, rest[start + 1] == 10 else { return fail("chunk end") }
        start += 2
        chunkLeft = nil
        return true
    }

    private mutating func take(_ count: Int) {
        message?.body += rest[start..<start + count]
        start += count
    }

    private mutating func fail(_ what: String) -> Bool {
        fault = what
        return false
    }
}

extension String {
    // Character views join CR LF into one, so that a split by text would not find its parts.
    fileprivate var lines: [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        for byte in utf8 {
            if byte == 13 { continue }
            if byte == 10 {
                parts.append(String(decoding: part, as: UTF8.self))
                part = []
            } else {
                part.append(byte)
            }
        }
        return parts + [String(decoding: part, as: UTF8.self)]
    }
}
