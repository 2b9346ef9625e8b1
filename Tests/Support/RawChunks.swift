/// A chunked body as it came over the wire (RFC 9112, section 7.1).
struct RawChunks {
    /// The content.
    let body: [UInt8]
    /// The trailer fields.
    let trailers: [(name: String, value: String)]
    /// The position after the last byte of the coding.
    let end: Int

    /// Decodes the chunked body that starts at `start`; nil when more is needed. Throws for what is no chunked body.
    static func parse(_ bytes: [UInt8], from start: Int) throws -> RawChunks? {
        var body: [UInt8] = []
        var next = start
        while true {
            guard let (line, after) = line(bytes, from: next) else { return nil }
            let digits = line.prefix { $0 != ";" && $0 != " " }
            guard let size = Int(digits, radix: 16), size >= 0, size < 1 << 40 else {
                throw RawClient.Failure.notHTTP(line)
            }
            if size == 0 { return try trailers(bytes, from: after, body: body) }
            guard bytes.count >= after + size + 2 else { return nil }
            body.append(contentsOf: bytes[after..<after + size])
            guard bytes[after + size] == UInt8(ascii: "\r"), bytes[after + size + 1] == UInt8(ascii: "\n") else {
                throw RawClient.Failure.notHTTP("no CRLF after a chunk")
            }
            next = after + size + 2
        }
    }

    private static func trailers(_ bytes: [UInt8], from start: Int, body: [UInt8]) throws -> RawChunks? {
        var trailers: [(name: String, value: String)] = []
        var next = start
        while let (line, after) = line(bytes, from: next) {
            next = after
            if line.isEmpty { return RawChunks(body: body, trailers: trailers, end: next) }
            guard let colon = line.firstIndex(of: ":") else { throw RawClient.Failure.notHTTP(line) }
            trailers.append((String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " })))
        }
        return nil
    }

    /// The line at `start` without its CRLF, and the position after it; nil when it is not there as a whole.
    private static func line(_ bytes: [UInt8], from start: Int) -> (String, Int)? {
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\r")), end + 1 < bytes.count else { return nil }
        return (String(decoding: bytes[start..<end], as: UTF8.self), end + 2)
    }
}
