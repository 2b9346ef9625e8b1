/// What is needed of a response.
struct HTTPAnswer: Sendable, Equatable {
    let status: Int
    let body: [UInt8]

    /// A response with `body`.
    init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// Reads a whole connection's worth of bytes: one response (RFC 9112) that is as long as its Content-Length says.
    /// Nil for anything else, one that was cut short and one in chunks too: the admin server sends neither.
    init?(_ bytes: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        guard let head = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
        let lines = String(decoding: bytes[..<head], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { return nil }
        let body = Array(bytes[(head + end.count)...])
        let lengths = lines.dropFirst().compactMap { line -> Int? in
            let field = line.split(separator: ":", maxSplits: 1)
            guard field.count == 2, field[0].lowercased() == "content-length" else { return nil }
            return Int(field[1].filter { $0 != " " && $0 != "\t" })
        }
        guard lengths == [body.count] else { return nil }
        self.init(status: status, body: body)
    }
}
