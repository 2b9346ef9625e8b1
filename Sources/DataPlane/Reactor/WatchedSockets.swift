/// The loop's table of sockets: finds the socket of an event, and tells a late event from a new socket in an old place.
struct WatchedSockets {
    private var sockets: [Socket?] = []
    private var generations: [UInt32] = []
    private var vacant: [UInt32] = []

    /// How many are in it.
    var count: Int { sockets.count - vacant.count }

    /// Puts `socket` in and gives it its token.
    mutating func insert(_ socket: Socket) {
        let slot: Int
        if let old = vacant.popLast() {
            slot = Int(old)
            sockets[slot] = socket
        } else {
            slot = sockets.count
            sockets.append(socket)
            generations.append(0)
        }
        socket.token = UInt64(generations[slot]) << 32 | UInt64(slot)
        socket.isWatched = true
    }

    /// The socket that `token` was given to, if it is still in.
    func socket(for token: UInt64) -> Socket? {
        let slot = Int(truncatingIfNeeded: token & 0xFFFF_FFFF)
        guard slot < sockets.count, generations[slot] == UInt32(truncatingIfNeeded: token >> 32) else { return nil }
        return sockets[slot]
    }

    /// Takes `socket` out; events that were already on their way to it find nothing.
    mutating func remove(_ socket: Socket) {
        let slot = Int(truncatingIfNeeded: socket.token & 0xFFFF_FFFF)
        socket.isWatched = false
        sockets[slot] = nil
        // The upper half belongs to listeners and the waker.
        generations[slot] = (generations[slot] &+ 1) & 0x7FFF_FFFF
        vacant.append(UInt32(slot))
    }
}
