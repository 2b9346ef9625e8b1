import Glibc

@testable import DataPlane

/// The network between the proxy and one upstream.
final class SimulatedPath {
    /// When the last end or reset that was sent arrives: no connect that was begun after it arrives before.
    var lastEnd: UInt64 = 0
    /// How many descriptors the proxy has towards it.
    var open = 0
}

/// One end of a simulated TCP connection: the proxy's, behind a descriptor, or a scripted peer's.
///
/// It behaves as Linux does as far as a proxy can see: bytes in order through a bounded window, an end behind them,
/// a reset that drops what is still under way, a close with unread bytes that is a reset, and poll's view of it all.
final class SimulatedEnd {
    enum State { case connecting, connected, failed }

    /// The connection's number in its world.
    let number: Int
    private(set) var state = State.connected
    /// Hears of changes, for a scripted peer.
    weak var observer: (any EndObserver)?
    /// The proxy's registration of it.
    var watch: SimulatedWatch?
    /// The way to the upstream, on which a later connect never overtakes an end.
    var path: SimulatedPath?
    /// As of SO_ERROR; taken by whoever is told of it.
    var pendingError: Int32 = 0
    private(set) var isReset = false
    private(set) var isClosed = false
    /// The peer sends no more, and all it sent has arrived.
    private(set) var hasEnded = false
    /// This side has said that it sends no more.
    private(set) var hasSentEnd = false
    /// The peer of a Unix socket has closed: what it sent can still be received, but nothing sent (unix(7)).
    private(set) var isGone = false
    /// Whether it is a Unix socket: nothing is ever under way, and there are no resets.
    let isUnix: Bool

    private let world: SimulatedWorld
    private var peer: SimulatedEnd?
    private var received: [UInt8] = []
    private var receivedStart = 0
    private var underWay = 0
    private var lastArrival: UInt64 = 0
    private var needsRoom = false
    /// Whether a send ever found less room than it wanted.
    private(set) var hasMissedRoom = false

    private init(number: Int, world: SimulatedWorld, isUnix: Bool) {
        self.number = number
        self.world = world
        self.isUnix = isUnix
    }

    /// Both ends of a new connection.
    static func pair(
        world: SimulatedWorld, isConnected: Bool = true, isUnix: Bool = false
    ) -> (SimulatedEnd, SimulatedEnd) {
        let number = world.takeConnectionNumber()
        let near = SimulatedEnd(number: number, world: world, isUnix: isUnix)
        let far = SimulatedEnd(number: number, world: world, isUnix: isUnix)
        near.peer = far
        far.peer = near
        if !isConnected { near.state = .connecting }
        return (near, far)
    }

    // MARK: What can be seen

    /// How many bytes can be received now.
    var readableCount: Int { received.count - receivedStart }

    /// How many bytes can be sent now.
    var room: Int {
        guard let peer else { return world.faults.window }
        return max(0, world.faults.window - peer.readableCount - peer.underWay)
    }

    /// Whether the peer has let go of its end, even if nothing of that has arrived yet.
    var isPeerClosed: Bool { peer?.isClosed ?? true }

    /// The peer has broken the connection off, or let go of it in a way that shows at once.
    var isBroken: Bool { isReset || isGone }

    /// As poll(2) has it.
    var readiness: Readiness {
        if state == .connecting { return [] }
        if state == .failed || isBroken || hasEnded && hasSentEnd { return [.readable, .writable, .hangUp, .broken] }
        var readiness: Readiness = []
        if readableCount > 0 { readiness.insert(.readable) }
        if hasEnded { readiness.formUnion([.readable, .hangUp]) }
        if room * 3 >= world.faults.window { readiness.insert(.writable) }
        return readiness
    }

    // MARK: Connecting

    /// The connect succeeded.
    func established() {
        guard state == .connecting, !isClosed else { return }
        state = .connected
        changed()
    }

    /// The connect failed.
    func refused(_ code: Int32) {
        guard state == .connecting, !isClosed else { return }
        state = .failed
        pendingError = code
        changed()
    }

    // MARK: Bytes

    /// Sends as much of `bytes` as there is room for; returns how much that was, or minus errno.
    func send(_ bytes: UnsafeRawBufferPointer, max: Int = .max) -> Int {
        if isGone { return -Int(EPIPE) }
        if pendingError != 0 { return takeError() }
        if state == .failed || isReset || hasSentEnd { return -Int(EPIPE) }
        let count = min(bytes.count, room, max)
        if count < bytes.count || state == .connecting {
            needsRoom = true
            hasMissedRoom = true
        }
        if state == .connecting || count == 0 && !bytes.isEmpty {
            return -Int(EAGAIN)
        }
        guard let peer, count > 0 else { return count }
        let piece = Array(bytes.prefix(count))
        peer.underWay += count
        peer.arrives { peer in
            peer.underWay -= count
            peer.receivedPiece(piece)
        }
        return count
    }

    /// Receives what is there, up to the room of `bytes`; 0 at the end, or minus errno.
    func receive(into bytes: UnsafeMutableRawBufferPointer, max: Int = .max) -> Int {
        let count = min(bytes.count, readableCount, max)
        guard count > 0 else {
            if bytes.isEmpty || max == 0 { return bytes.isEmpty ? 0 : -Int(EAGAIN) }
            if pendingError != 0 { return takeError() }
            return hasEnded || isReset ? 0 : -Int(EAGAIN)
        }
        received.withUnsafeBytes { source in
            bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[receivedStart..<receivedStart + count]))
        }
        receivedStart += count
        if receivedStart == received.count {
            received.removeAll(keepingCapacity: true)
            receivedStart = 0
        }
        peer?.roomCame()
        return count
    }

    /// Has an edge come again although nothing has changed, as when more bytes come right after a receive.
    func changeAgain(after nanoseconds: UInt64) {
        if nanoseconds == 0 { return changed() }
        world.after(nanoseconds) { [self] in changed() }
    }

    // MARK: Ending

    /// Says that nothing more will be sent.
    func shutdownWrite() {
        guard !hasSentEnd, !isReset, state == .connected else { return }
        hasSentEnd = true
        // Linux wakes whoever polls the socket that is shut down, too.
        watch?.hasEdge()
        peer?.arrives(by: path) { peer in
            guard !peer.isReset else { return }
            peer.hasEnded = true
            peer.changed()
        }
    }

    /// Lets go of the connection. With bytes unread that is a reset (RFC 2525, section 2.17).
    func close() {
        guard !isClosed else { return }
        if isUnix { return closeUnix() }
        if readableCount > 0 || underWay > 0 && world.chance(500) {
            reset()
        } else {
            shutdownWrite()
            letGo()
        }
    }

    /// Breaks the connection off.
    func reset() {
        guard !isClosed else { return }
        if isUnix { return closeUnix() }
        sendReset()
        letGo()
    }

    // The peer sees it at once, and as an error if something was left unread (unix_release_sock).
    private func closeUnix() {
        let isUnread = readableCount > 0 || underWay > 0
        peer?.arrives(by: path) { peer in
            guard !peer.isClosed, !peer.isGone else { return }
            peer.isGone = true
            peer.hasEnded = true
            if isUnread { peer.pendingError = ECONNRESET }
            peer.changed()
        }
        letGo()
    }

    private func letGo() {
        isClosed = true
        received = []
        receivedStart = 0
        watch = nil
        observer = nil
        peer?.roomCame()
        // So that the two do not hold each other for ever.
        guard let other = peer, other.isClosed || state != .connected else { return }
        other.peer = nil
        peer = nil
    }

    // MARK: Steps

    // Runs `action` on this end when what was sent to it now arrives, behind all that was sent before.
    private func arrives(
        overtakes: Bool = false, by path: SimulatedPath? = nil, _ action: @escaping (SimulatedEnd) -> Void
    ) {
        var time = world.now + (isUnix ? 0 : world.latency())
        if !overtakes { time = max(time, lastArrival) }
        lastArrival = max(time, lastArrival)
        path?.lastEnd = max(time, path?.lastEnd ?? 0)
        world.after(time - world.now) { [self] in action(self) }
    }

    private func receivedPiece(_ piece: [UInt8]) {
        guard !isReset else { return }
        // Nobody is there to take it.
        guard !isClosed else { return isUnix ? () : sendReset() }
        world.note("arrived", number, piece.count)
        received += piece
        changed()
    }

    private func sendReset() {
        let overtakes = world.chance(world.faults.resetOvertakes)
        peer?.arrives(overtakes: overtakes, by: path) { peer in
            guard !peer.isReset, !peer.isClosed else { return }
            peer.isReset = true
            if peer.state == .connecting { peer.state = .failed }
            peer.pendingError = peer.hasEnded ? EPIPE : ECONNRESET
            peer.changed()
        }
    }

    private func roomCame() {
        guard needsRoom, room * 3 >= world.faults.window, !isClosed else { return }
        needsRoom = false
        // Later, because this may be called in the midst of the peer's receive.
        world.after(0) { [self] in changed() }
    }

    private func changed() {
        guard !isClosed else { return }
        watch?.hasEdge()
        observer?.changed(self)
    }

    private func takeError() -> Int {
        defer { pendingError = 0 }
        return -Int(pendingError)
    }
}

extension SimulatedEnd {
    /// Receives up to `most` of what is there; for scripted peers.
    func takeAll(most: Int = .max) -> [UInt8] {
        let count = min(readableCount, most)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            initialized = max(0, receive(into: UnsafeMutableRawBufferPointer(bytes)))
        }
    }
}
