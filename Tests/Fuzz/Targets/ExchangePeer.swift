/// One end of a connection with the proxy, driven by a script, which keeps all that was sent and received.
final class ExchangePeer: EndObserver {
    let end: SimulatedEnd
    /// What the connection took of what was to be sent.
    private(set) var sent: [UInt8] = []
    private(set) var received: [UInt8] = []
    /// What has not been sent for want of room.
    private var waiting: [UInt8] = []
    /// This side has said that it sends no more, once all is sent.
    private(set) var hasSentEnd = false
    /// This side has let go of the connection.
    private(set) var hasLeft = false
    /// This side has reset the connection.
    private(set) var hasReset = false
    private(set) var reads = true

    init(_ end: SimulatedEnd) { self.end = end }

    /// Neither side has ended the connection.
    var isOpen: Bool { !hasLeft && !isEnded }
    /// The proxy has said that it sends no more, or has reset the connection.
    var isEnded: Bool { end.hasEnded || end.isReset }

    func changed(_ end: SimulatedEnd) {
        if reads { received += end.takeAll() }
        pump()
    }

    func send(_ bytes: [UInt8]) {
        guard !hasSentEnd, !hasLeft else { return }
        waiting += bytes
        pump()
    }

    func setReads(_ reads: Bool) {
        self.reads = reads
        if reads, !hasLeft { changed(end) }
    }

    func shutdownWrite() {
        guard !hasSentEnd, !hasLeft else { return }
        hasSentEnd = true
        pump()
    }

    func close() {
        guard !hasLeft else { return }
        hasLeft = true
        if !waiting.isEmpty { hasReset = true }
        if hasReset { end.reset() } else { end.close() }
    }

    func reset() {
        guard !hasLeft else { return }
        hasReset = true
        hasLeft = true
        end.reset()
    }

    private func pump() {
        guard !hasLeft else { return }
        while !waiting.isEmpty {
            let count = waiting.withUnsafeBytes { end.send($0) }
            guard count > 0 else { return }
            sent += waiting.prefix(count)
            waiting.removeFirst(count)
        }
        if hasSentEnd { end.shutdownWrite() }
    }
}

/// Takes what connections the proxy opens.
final class ExchangeUpstream: SimulatedServer {
    let path = SimulatedPath()
    private(set) var peers: [ExchangePeer] = []

    func accepted(_ far: SimulatedEnd) {
        let peer = ExchangePeer(far)
        far.observer = peer
        peers.append(peer)
        peer.changed(far)
    }
}
