/// Where a message's body ends (RFC 9112, section 6.3).
enum BodyFraming: Equatable, Sendable {
    /// There is no body: the next message follows the head.
    case none
    /// So many bytes. Zero is a body too, an empty one.
    case length(UInt64)
    /// Chunks with their sizes, then trailers.
    case chunked
    /// All bytes until the connection closes; only a response can have it.
    case untilClose
}
