/// Something that happened, for people and programs that watch.
package struct Event: Sendable {
    /// What kind of thing.
    package enum Kind: String, Sendable, CaseIterable {
        /// A setting was changed.
        case change
        /// The figures of one second.
        case sample
        /// Something went wrong.
        case problem
    }

    /// Rises by one from event to event.
    package let id: UInt64
    package let kind: Kind
    /// When the log took it.
    package let at: ContinuousClock.Instant
    /// One line of JSON.
    package let json: String
}
