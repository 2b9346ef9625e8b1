/// A connected socket that a loop watches, or a listener: what is known of it between two events.
///
/// It belongs to one loop. Readiness is sticky: it is taken back only by the call that finds it gone.
final class Socket {
    let descriptor: Descriptor
    /// Where it stands in the loop's table, with the generation that tells it from earlier ones there.
    var token: UInt64 = 0
    var isWatched = false
    /// What could be done with it when it was last heard of.
    var readiness: Readiness
    /// Who is told when that changes.
    var watcher: Watcher?
    /// Which of its watcher's sockets it is.
    var lane: Lane = .first
    /// How many bytes it brought and took.
    var bytesReceived: UInt64 = 0
    var bytesSent: UInt64 = 0
    /// Which of its upstream's addresses it leads to, counted by changes.
    var era: UInt64 = 0
    /// Its number for people, where it has one.
    var serial: UInt64 = 0
    /// What its watcher knows it by.
    var tag: UInt64 = 0
    var isOpen = true
    /// Whether it was connected over a Unix socket, which has none of TCP's options.
    var isUnix = false
    /// Whether only its end is waited for.
    var isClosing = false
    /// Whether it is closed in order whatever it is closed for.
    var endsInOrder = false

    /// A socket that is not watched yet.
    init(_ descriptor: Descriptor, readiness: Readiness) {
        self.descriptor = descriptor
        self.readiness = readiness
    }

    var isReadable: Bool { readiness.contains(.readable) }
    var isWritable: Bool { readiness.contains(.writable) }
    /// The peer will send nothing more.
    var isHungUp: Bool { readiness.contains(.hangUp) }
    /// The connection is of no use in either direction.
    var isBroken: Bool { readiness.contains(.broken) }
}

/// A task can watch two sockets, its client's and its upstream's; each has its own lane of wake-up reasons.
enum Lane: UInt16 {
    case first = 0
    case second = 4
}
