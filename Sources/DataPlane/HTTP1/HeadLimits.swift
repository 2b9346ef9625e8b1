/// How large a head may be. Both limits are the proxy's settings `client.maxHeadSize` and `client.maxFields`.
struct HeadLimits: Equatable, Sendable {
    /// No limit is above this one, so that offsets fit into 32 bits.
    static let maxHeadSizeAllowed = 1 << 30

    /// Bytes of a whole head; its first line shares them.
    var maxHeadSize = 32 << 10
    /// Lines between the first line and the empty one.
    var maxFields = 100
}
