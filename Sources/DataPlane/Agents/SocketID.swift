/// A socket of one pool: an index into its dense table, and how often that place was used.
///
/// The caller keeps a table of its own by `slot`. A slot is used again once its socket is closed or handed over, each
/// time with a higher generation, so that a stale identifier is noticed.
struct SocketID: Hashable, Sendable {
    /// The place in the pool's table, from 0.
    let slot: Int32
    /// How often that place was taken before.
    let generation: UInt32
}
