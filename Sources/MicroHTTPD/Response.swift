/// What a handler answers.
///
/// Framing is the library's: `Content-Length` and `Transfer-Encoding` among the fields are left out, and so are fields
/// with an empty value. A field that would break the head (a control character in it), or a status out of 200 to 999,
/// becomes a 500.
package struct Response: Sendable {
    /// The status code, 200 to 999.
    package var status: Int
    /// The fields, sent in this order after those the library makes (`Date`, `Connection`).
    package var fields: [(name: String, value: String)]
    /// The content.
    package var body: Body

    /// Content that is known, or that is written while it is sent.
    package enum Body: Sendable {
        /// All of it; copied when it is queued. HEAD gets its length without it.
        case bytes([UInt8])
        /// Chunked (to a client of HTTP/1.0: until the connection closes). A stream belongs to one response.
        case stream(ResponseStream)
    }

    /// Creates a response.
    package init(status: Int, fields: [(name: String, value: String)] = [], body: Body = .bytes([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}
