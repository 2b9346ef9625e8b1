/// A request as it came over the wire, to whoever plays the server.
public struct RawRequest: Sendable {
    /// The request line, such as "GET / HTTP/1.1".
    public let line: String
    /// The fields in order, without white space around their values.
    public let fields: [(name: String, value: String)]
    /// The head as it came, with the empty line that ends it.
    public let head: String
    /// The content without its chunked coding.
    public private(set) var body: [UInt8] = []
    /// The trailer fields of a chunked body.
    public private(set) var trailers: [(name: String, value: String)] = []

    /// Bytes of the head.
    var headCount: Int { head.utf8.count }

    /// The method.
    public var method: String { String(line.prefix { $0 != " " }) }

    /// The request target.
    public var target: String {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        return parts.count > 1 ? String(parts[1]) : ""
    }

    /// The content as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Returns the first value of the field called `name`, whatever its case.
    public func value(_ name: String) -> String? { values(name).first }

    /// Returns all values of the field called `name`, in order.
    public func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// Reads the head at the start of `bytes`; nil when it is not there as a whole. Throws nothing: what cannot be
    /// read as a field has an empty name.
    static func head(of bytes: [UInt8]) -> RawRequest? {
        let separator = Array("\r\n\r\n".utf8)
        guard let end = ByteSearch.first(separator, in: bytes) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        let fields = lines.dropFirst().map { line -> (name: String, value: String) in
            guard let colon = line.firstIndex(of: ":") else { return ("", String(line)) }
            var value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            while value.last == " " || value.last == "\t" { value.removeLast() }
            return (String(line[..<colon]), String(value))
        }
        let head = String(decoding: bytes[..<(end + separator.count)], as: UTF8.self)
        return RawRequest(line: String(lines[0]), fields: fields, head: head)
    }

    /// Reads the request at the start of `bytes`; returns it with its length in bytes, or nil when more is needed.
    static func parse(_ bytes: [UInt8]) throws -> (RawRequest, Int)? {
        guard var request = head(of: bytes) else { return nil }
        let start = request.headCount
        if request.value("transfer-encoding") != nil {
            guard let chunks = try RawChunks.parse(bytes, from: start) else { return nil }
            request.body = chunks.body
            request.trailers = chunks.trailers
            return (request, chunks.end)
        }
        let length = request.value("content-length").flatMap { Int($0) } ?? 0
        guard bytes.count - start >= length else { return nil }
        request.body = Array(bytes[start..<start + length])
        return (request, start + length)
    }
}
