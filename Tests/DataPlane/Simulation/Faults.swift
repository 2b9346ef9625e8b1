/// How unkind a simulated world is. Chances are out of a thousand, times are in nanoseconds.
struct Faults {
    /// A receive gives less than is there, as if the rest came right after it.
    var shortReceive = 0
    /// A receive finds nothing, as if what is there came right after it.
    var receiveAgain = 0
    /// A send takes less than there is room for.
    var shortSend = 0
    /// A send finds no room for a while.
    var sendAgain = 0
    /// A reset overtakes what was sent before it.
    var resetOvertakes = 0
    /// A connect takes its time on the network instead of being done at once.
    var slowConnect = 0
    /// A connect is refused.
    var refusedConnect = 0
    /// A connect gets no answer at all.
    var hangingConnect = 0
    /// A client is gone by the time that it is accepted.
    var abortedAccept = 0
    /// An accept fails for want of something that the machine has run out of; the client waits on.
    var failedAccept = 0
    /// A connect fails at once, before anything was sent.
    var failedConnect = 0
    /// A socket cannot be watched.
    var failedWatch = 0
    /// A loop does nothing for a while, as if its core were busy.
    var stalledLoop = 0
    /// The longest that bytes are under way.
    var latencyMax: UInt64 = 100_000
    /// How many bytes may be on their way or unread in one direction.
    var window = 64 << 10
    /// At most this many events come out of one wait.
    var eventsMax = 256
    /// Whether a watch does not begin with room to send that was never missed, as io_uring's does not.
    var omitsRoomAtFirst = false
    /// Bytes are told of after a receive has taken them, as io_uring does: it reports what was so when it happened.
    var lateEvent = 0
    /// Whether a closed descriptor's number is used again at once, as Linux does; otherwise any use of it is noticed.
    var reusesDescriptors = false

    /// A network without mishaps.
    static let none = Faults()
}
