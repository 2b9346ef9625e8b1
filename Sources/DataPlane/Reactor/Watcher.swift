/// Hears of what happens to sockets and of deadlines. A class, not a protocol: one plain virtual call.
class Watcher {
    /// `socket` has become ready for more than it was.
    func socketChanged(_ socket: Socket) {}
    /// The deadline that was set for this watcher has passed; none is set any more.
    func deadlinePassed() {}
}
