/// A response as it came over the wire.
public struct RawResponse: Sendable {
    /// The status code.
    public let status: Int
    /// The fields in order, without white space around their values.
    public let fields: [(name: String, value: String)]
    /// The content without its chunked coding.
    public internal(set) var body: [UInt8]
    /// The trailer fields of a chunked body.
    public internal(set) var trailers: [(name: String, value: String)] = []
    /// The status line as it came.
    public internal(set) var statusLine = ""

    /// The content as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Returns the first value of the field called `name`, whatever its case.
    public func value(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Returns all values of the field called `name`, in order.
    public func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// Reads the response at the start of `bytes`; returns it with its length in bytes, or nil when more is needed.
    /// `isEnd`: nothing more will come, which ends a body that has no length.
    static func parse(_ bytes: [UInt8], isHead: Bool, isEnd: Bool) throws -> (RawResponse, Int)? {
        let separator = Array("\r\n\r\n".utf8)
        guard let headEnd = ByteSearch.first(separator, in: bytes) else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        let statusLine = lines[0].split(separator: " ", maxSplits: 2)
        guard statusLine.count >= 2, statusLine[0].hasPrefix("HTTP/1."), let status = Int(statusLine[1]) else {
            throw RawClient.Failure.notHTTP(String(decoding: bytes.prefix(200), as: UTF8.self))
        }
        let fields: [(name: String, value: String)] = try lines.dropFirst().map { line in
            guard let colon = line.firstIndex(of: ":") else { throw RawClient.Failure.notHTTP(String(line)) }
            let value = line[line.index(after: colon)...]
            return (String(line[..<colon]), String(value.drop { $0 == " " }))
        }
        var head = RawResponse(status: status, fields: fields, body: [])
        head.statusLine = String(lines[0])
        let start = headEnd + separator.count
        if isHead || status < 200 || status == 204 || status == 304 { return (head, start) }
        if head.value("transfer-encoding")?.lowercased() == "chunked" {
            guard let chunks = try RawChunks.parse(bytes, from: start) else { return nil }
            head.body = chunks.body
            head.trailers = chunks.trailers
            return (head, chunks.end)
        }
        if let length = head.value("content-length").flatMap(Int.init) {
            guard bytes.count - start >= length else { return nil }
            head.body = Array(bytes[start..<start + length])
            return (head, start + length)
        }
        guard isEnd else { return nil }
        head.body = Array(bytes[start...])
        return (head, bytes.count)
    }
}
