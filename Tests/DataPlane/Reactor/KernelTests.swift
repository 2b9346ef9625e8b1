import Control
import Glibc
import Testing

@testable import DataPlane

/// The system's kernel and the simulated one, by the same scripts: what simulations show is true of Linux only as far
/// as the two agree.
@Suite struct KernelTests {
    enum Which: CaseIterable {
        case epoll, ring, simulated

        /// Those that this machine has.
        static let here = allCases.filter { $0 != .ring || (try? SystemKernel.Backend(.ring)) != nil }
    }

    private func check(_ which: Which, _ script: (any Script)) throws {
        switch which {
        case .epoll: try script.run(KernelRig.system(.epoll))
        case .ring: try script.run(KernelRig.system(.ring))
        case .simulated: try script.run(KernelRig.simulated())
        }
    }

    @Test("bytes come as edges, one for each arrival", arguments: Which.here)
    func bytes(which: Which) throws { try check(which, Bytes()) }

    @Test("an end is readable, and both ends together are broken", arguments: Which.here)
    func ends(which: Which) throws { try check(which, Ends()) }

    @Test("a reset breaks both ways, and is told once", arguments: Which.here)
    func resets(which: Which) throws { try check(which, Resets()) }

    @Test("a close with unread bytes is a reset", arguments: Which.here)
    func unread(which: Which) throws { try check(which, Unread()) }

    @Test("what is sent to a closed peer comes back as a reset", arguments: Which.here)
    func afterClose(which: Which) throws { try check(which, AfterClose()) }

    @Test("a full connection is writable again when the peer has read", arguments: Which.here)
    func fills(which: Which) throws { try check(which, Fills()) }

    @Test("a refused connect is told as broken", arguments: Which.here)
    func refused(which: Which) throws { try check(which, Refused()) }

    @Test("room that was missed before the watch is reported", arguments: Which.here)
    func filledBefore(which: Which) throws { try check(which, FilledBefore()) }

    @Test("a watch that begins anew reports what is so by then", arguments: Which.here)
    func rewatched(which: Which) throws { try check(which, Rewatched()) }
}

/// What is done with a rig, whatever its kernel.
private protocol Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws
}

extension Script {
    /// Sends until there is no room, and returns how many bytes went.
    fileprivate func fill<K: Kernel>(_ socket: Descriptor, _ rig: KernelRig<K>) -> Int {
        var sent = 0
        for _ in 0..<1000 {
            guard let count = Int(rig.send(socket, 1 << 16)) else { break }
            sent += count
            rig.settle()
        }
        #expect(rig.send(socket, 10) == "EAGAIN")
        return sent
    }

    /// Has the peer receive all of so many bytes, and returns what was reported meanwhile.
    fileprivate func empty<K: Kernel>(_ peer: KernelRig<K>.Peer, of sent: Int, _ rig: KernelRig<K>) -> [String] {
        var received = 0
        var events: [String] = []
        for _ in 0..<1000 where received < sent {
            received += peer.receiveAll()
            events.append(rig.next())
        }
        #expect(received == sent)
        return events
    }

    /// Begins to watch a socket that has room.
    fileprivate func watch<K: Kernel>(_ socket: Descriptor, _ rig: KernelRig<K>) throws {
        try rig.kernel.watch(socket, token: 1)
        guard rig.isRing else {
            #expect(rig.next() == "writable")
            return
        }
        // It tells of room only where that was missed.
        #expect(rig.next() == "nothing")
    }
}

private struct Bytes: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        let (socket, peer) = try rig.connect()
        try watch(socket, rig)
        #expect(rig.next() == "nothing")
        peer.send(5)
        #expect(rig.next() == "readable writable")
        // Nothing was received, and nothing new has come.
        #expect(rig.next() == "nothing")
        peer.send(3)
        #expect(rig.next() == "readable writable")
        #expect(rig.receive(socket, most: 6) == "6")
        #expect(rig.next() == "nothing")
        #expect(rig.receive(socket) == "2")
        #expect(rig.receive(socket) == "EAGAIN")
        #expect(rig.send(socket, 10) == "10")
        rig.settle()
        #expect(peer.receiveAll() == 10)
        #expect(rig.next() == "nothing")
        rig.kernel.close(socket)
        peer.close()
    }
}

private struct Ends: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        let (socket, peer) = try rig.connect()
        try watch(socket, rig)
        peer.send(4)
        peer.shutdownWrite()
        #expect(rig.next() == "readable writable hangUp")
        #expect(rig.receive(socket) == "4")
        #expect(rig.receive(socket) == "end")
        #expect(rig.send(socket, 7) == "7")
        rig.settle()
        #expect(peer.receiveAll() == 7)
        #expect(rig.next() == "nothing")
        rig.kernel.shutdownWrite(socket)
        #expect(rig.next() == "readable writable hangUp broken")
        #expect(rig.send(socket, 1) == "EPIPE")
        rig.kernel.close(socket)
        peer.close()
    }
}

private struct Resets: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        let (socket, peer) = try rig.connect()
        try watch(socket, rig)
        peer.send(3)
        #expect(rig.next() == "readable writable")
        peer.reset()
        #expect(rig.next() == "readable writable hangUp broken")
        // What had arrived can still be read.
        #expect(rig.receive(socket) == "3")
        #expect(rig.receive(socket) == "ECONNRESET")
        #expect(rig.receive(socket) == "end")
        #expect(rig.send(socket, 1) == "EPIPE")
        rig.kernel.close(socket)
    }
}

private struct Unread: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        let (socket, peer) = try rig.connect()
        try watch(socket, rig)
        #expect(rig.send(socket, 10) == "10")
        rig.settle()
        peer.close()
        #expect(rig.next() == "readable writable hangUp broken")
        #expect(rig.kernel.pendingError(of: socket) == SystemError.connectionReset)
        #expect(rig.kernel.pendingError(of: socket) == nil)
        rig.kernel.close(socket)
    }
}

private struct AfterClose: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        let (socket, peer) = try rig.connect()
        try watch(socket, rig)
        peer.close()
        #expect(rig.next() == "readable writable hangUp")
        #expect(rig.send(socket, 10) == "10")
        #expect(rig.next() == "readable writable hangUp broken")
        #expect(rig.send(socket, 10) == "EPIPE")
        rig.kernel.close(socket)
    }
}

private struct Fills: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        let (socket, peer) = try rig.connect()
        try watch(socket, rig)
        let sent = fill(socket, rig)
        let events = empty(peer, of: sent, rig)
        #expect(events.contains("writable"))
        #expect(events.allSatisfy { ["writable", "nothing"].contains($0) })
        #expect(rig.send(socket, 10) == "10")
        rig.kernel.close(socket)
        peer.close()
    }
}

private struct FilledBefore: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        let (socket, peer) = try rig.connect()
        let sent = fill(socket, rig)
        try rig.kernel.watch(socket, token: 1)
        #expect(rig.next() == "nothing")
        // What else comes meanwhile does not take the place of it.
        peer.send(1)
        #expect(rig.next() == "readable")
        let events = empty(peer, of: sent, rig)
        #expect(events.contains { $0.hasSuffix("writable") })
        #expect(rig.send(socket, 10) == "10")
        rig.kernel.close(socket)
        peer.close()
    }
}

private struct Refused: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        // Loopback refuses within the call, which is as good.
        guard let socket = try? rig.connectRefused() else { return }
        try rig.kernel.watch(socket, token: 1)
        #expect(rig.next() == "readable writable hangUp broken")
        // The simulated kernel has other reasons, too.
        #expect(["ECONNREFUSED", "-\(EHOSTUNREACH)", "-\(ETIMEDOUT)"].contains(rig.send(socket, 1)))
        #expect(rig.send(socket, 1) == "EPIPE")
        rig.kernel.close(socket)
    }
}

private struct Rewatched: Script {
    func run<K: Kernel>(_ rig: KernelRig<K>) throws {
        let (socket, peer) = try rig.connect()
        try watch(socket, rig)
        rig.kernel.unwatch(socket)
        peer.send(3)
        #expect(rig.next() == "nothing")
        try rig.kernel.watch(socket, token: 2)
        #expect(rig.next() == "readable writable")
        rig.kernel.close(socket)
        peer.close()
    }
}
