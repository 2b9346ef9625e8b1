/// A message as the strict reader of the tests found it on the wire.
struct WireMessage: Sendable {
    /// The request line or status line, without CRLF.
    let startLine: String
    /// The fields in order: names as they came, values without the white space around them.
    let fields: [Field]
    /// The head as it came.
    let head: [UInt8]
    /// Where the head ends.
    let headEnd: Int
    /// The content without its chunked coding.
    var body: [UInt8] = []
    /// The trailer fields.
    var trailers: [Field] = []
    /// Where the message ends; nil when the bytes end before it does.
    var end: Int?
    /// Whether the end of the connection ends the body.
    var endsWithConnection = false

    /// A field line.
    struct Field: Sendable, Equatable {
        let name: String
        let value: String

        /// Whether `pattern` (see ``Expectation``) stands for this line.
        func matches(_ pattern: String) -> Bool {
            if pattern.hasSuffix(":"), !pattern.contains(" ") { return pattern == "\(name.lowercased()):" }
            let line = "\(name.lowercased()): \(value)"
            return pattern.hasSuffix("*") ? line.hasPrefix(pattern.dropLast()) : line == pattern
        }
    }

    /// The values of the field called `name` (small letters), in order.
    func values(_ name: String) -> [String] { fields.filter { $0.name.lowercased() == name }.map(\.value) }

    /// The first word of a request line.
    var method: String { String(startLine.prefix { $0 != " " }) }

    /// The second word of a request line.
    var target: String { startLine.split(separator: " ").dropFirst().first.map(String.init) ?? "" }

    /// The status of a response.
    var status: Int { startLine.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }
}

/// What the strict reader cannot accept, in words.
struct WireError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
