internal import Synchronization

/// The connections whose clients are waited for, so that the one that has kept us waiting longest can make room.
///
/// A connection waits from its start, or from the end of its last request, until a request has come in whole; and again
/// while its client takes the response. Not while a handler works on its request, and not while it is sent a stream:
/// there are few of those, by their handler's own limit.
struct Waiting {
    private var since: [LibraryConnection: ContinuousClock.Instant] = [:]

    /// Waits for the client of `connection` from now on.
    mutating func begin(_ connection: LibraryConnection) { since[connection] = .now }

    /// Does not wait for it any more, or it is closed.
    mutating func end(_ connection: LibraryConnection) { since[connection] = nil }

    /// Takes out the one that is waited for longest; nil when none is. Looks at all of them, which are no more than
    /// there may be connections, and is asked only when there are that many.
    mutating func takeLongest() -> LibraryConnection? {
        guard let longest = since.min(by: { $0.value < $1.value })?.key else { return nil }
        since[longest] = nil
        return longest
    }
}
