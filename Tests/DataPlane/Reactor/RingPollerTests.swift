import Control
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import DataPlane

/// What io_uring does beyond what all kernels do alike.
@Suite(.enabled(if: (try? SystemKernel.Backend(.ring)) != nil, "this machine forbids io_uring"))
struct RingPollerTests {
    /// A kernel with a ring, and connections of it whose far ends block.
    private struct Rig {
        let kernel: SystemKernel
        let listener: Descriptor

        init() throws {
            kernel = try SystemKernel(through: .ring)
            listener = try SystemKernel.listen(
                on: SimulatedKernel.loopback.with(port: 0), backlog: 4096, isShared: false)
        }

        func connect() throws -> (near: Descriptor, far: Descriptor) {
            let port = SystemKernel.localPort(of: listener)
            let near = try kernel.connect(to: SimulatedKernel.loopback.with(port: port))
            var far: Descriptor?
            while far == nil { far = try? kernel.accept(from: listener).0 }
            return (near, far ?? near)
        }

        /// The same with a near end of the lowest free number that no other test comes to use.
        func connectHigh() throws -> (near: Descriptor, far: Descriptor) {
            let (near, far) = try connect()
            let high = fcntl(near.rawValue, F_DUPFD_CLOEXEC, 1000)
            try #require(high >= 1000)
            _ = Glibc.close(near.rawValue)
            return (Descriptor(rawValue: high), far)
        }

        func send(_ descriptor: Descriptor) {
            _ = [UInt8(1)].withUnsafeBytes { kernel.send(descriptor, $0) }
        }

        /// The tokens of all that happens, until nothing does.
        func tokens() -> [UInt64] {
            var tokens: [UInt64] = []
            for _ in 0..<1000 {
                var events: [KernelEvent] = []
                let start = kernel.now()
                kernel.wait(into: &events, nanoseconds: 20_000_000)
                // A poll that was cancelled ends a wait without an event.
                if events.isEmpty, kernel.now().nanoseconds(since: start) >= 20_000_000 { break }
                #expect(events.count <= SystemKernel.eventsMax)
                tokens += events.map(\.token)
            }
            return tokens
        }

        /// What a receive gives that waits at most ten seconds: a count, 0 at the end, minus errno.
        static func receive(_ descriptor: Descriptor) -> Int {
            var ready = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            _ = poll(&ready, 1, 10_000)
            var byte: UInt8 = 0
            let count = recv(descriptor.rawValue, &byte, 1, 0)
            return count < 0 ? -Int(errno) : count
        }

        func end(_ descriptors: Descriptor...) {
            for descriptor in descriptors + [listener] { kernel.close(descriptor) }
            kernel.end()
        }
    }

    /// In what a socket's poll has come to when it is closed.
    enum Age: CaseIterable { case unarmed, armed, used }

    @Test("what is closed has ended for its peer while the loop waits", arguments: Age.allCases, [false, true])
    func closeWhileWaiting(age: Age, resets: Bool) async throws {
        // The loop's side stays on one thread, as a ring must.
        let result = try await onThread { try Self.closeWhileWaiting(age, resets: resets) }
        #expect(result == (resets ? -Int(ECONNRESET) : 0))
    }

    private static func closeWhileWaiting(_ age: Age, resets: Bool) throws -> Int {
        let rig = try Rig()
        let (near, far) = try rig.connect()
        try rig.kernel.watch(near, token: 1)
        if age != .unarmed { #expect(rig.tokens() == []) }
        if age == .used {
            rig.send(far)
            #expect(rig.tokens() == [1])
            #expect(Rig.receive(near) == 1)
        }
        if resets { rig.kernel.reset(near) } else { rig.kernel.close(near) }
        // The wait is without end: only the peer, who waits for that of its connection, can end it.
        let waker = rig.kernel.waker
        let peer = Peer()
        Task.detached {
            peer.result.store(Rig.receive(far), ordering: .releasing)
            waker.wake()
        }
        var isWoken = false
        while !isWoken {
            var events: [KernelEvent] = []
            rig.kernel.wait(into: &events, nanoseconds: -1)
            isWoken = events.contains { $0.token == KernelEvent.wakeToken }
        }
        rig.end(far)
        return peer.result.load(ordering: .acquiring)
    }

    private final class Peer: Sendable {
        let result = Atomic(Int.min)
    }

    @Test("what was on its way to a descriptor does not reach its number's next socket")
    func reuse() throws {
        let rig = try Rig()
        var last: (near: Descriptor, far: Descriptor)?
        for round: UInt64 in 1...20 {
            let pair = try rig.connectHigh()
            if let last { #expect(pair.near == last.near, "the number was to be used again") }
            try rig.kernel.watch(pair.near, token: round)
            #expect(rig.tokens() == [])
            // Two edges that the kernel has not told of, an end behind them, and all of it is closed.
            if round % 2 == 0 {
                rig.send(pair.far)
                #expect(rig.tokens().first == round)
            }
            rig.send(pair.far)
            rig.kernel.shutdownWrite(pair.far)
            rig.kernel.close(pair.near)
            #expect(rig.tokens() == [])
            _ = Glibc.close(pair.far.rawValue)
            last = pair
        }
        rig.end()
    }

    @Test("a descriptor that was let go of belongs to another loop at once")
    func handedOver() throws {
        let rig = try Rig()
        let other = try SystemKernel(through: .ring)
        let (near, far) = try rig.connect()
        try rig.kernel.watch(near, token: 1)
        #expect(rig.tokens() == [])
        rig.kernel.unwatch(near)
        try other.watch(near, token: 2)
        rig.send(far)
        #expect(rig.tokens() == [])
        var events: [KernelEvent] = []
        other.wait(into: &events, nanoseconds: 10_000_000_000)
        #expect(events.map(\.token) == [2])
        other.close(near)
        other.end()
        #expect(Rig.receive(far) != 1)
        rig.end(far)
    }

    @Test("more than the ring's queue and one wait can hold is neither lost nor held back")
    func overflow() throws {
        let rig = try Rig()
        let count = 300
        let pairs = try (0..<count).map { _ in try rig.connect() }
        let spare = try rig.connect()
        for (index, pair) in pairs.enumerated() { try rig.kernel.watch(pair.near, token: UInt64(index)) }
        #expect(rig.tokens() == [])
        for pair in pairs { rig.send(pair.far) }
        #expect(Set(rig.tokens()).count == count)
        // 20 edges of each socket, of which none is taken.
        for _ in 0..<20 {
            for pair in pairs { rig.send(pair.far) }
            rig.kernel.unwatch(spare.near)
        }
        #expect(Set(rig.tokens()).count == count)
        for pair in pairs { rig.send(pair.far) }
        #expect(Set(rig.tokens()).count == count)
        // A cancellation and a close of each.
        for pair in pairs { rig.kernel.close(pair.near) }
        #expect(rig.tokens() == [])
        for pair in pairs {
            // They were closed with bytes unread.
            #expect(Rig.receive(pair.far) == -Int(ECONNRESET))
            _ = Glibc.close(pair.far.rawValue)
        }
        rig.end(spare.near, spare.far)
    }

    @Test("a listener is told again and again while clients wait, and not once it is watched no more")
    func listener() throws {
        let rig = try Rig()
        let port = SystemKernel.localPort(of: rig.listener)
        try rig.kernel.watchListener(rig.listener, token: 1)
        #expect(rig.tokens() == [])
        let client = try rig.kernel.connect(to: SimulatedKernel.loopback.with(port: port))
        for _ in 0..<3 {
            var events: [KernelEvent] = []
            rig.kernel.wait(into: &events, nanoseconds: 10_000_000_000)
            #expect(events.map(\.token) == [1])
        }
        let (accepted, _) = try rig.kernel.accept(from: rig.listener)
        // One may have been on its way.
        #expect(rig.tokens().count <= 1)
        rig.kernel.unwatch(rig.listener)
        let late = try rig.kernel.connect(to: SimulatedKernel.loopback.with(port: port))
        #expect(rig.tokens() == [])
        rig.end(client, accepted, late)
    }

    @Test("auto is io_uring where that is to be had, and each other is what it says")
    func backends() throws {
        #expect(try SystemKernel.Backend(.auto) == .ring)
        #expect(try SystemKernel.Backend(.ring).io == .ring)
        #expect(try SystemKernel.Backend(.epoll).io == .epoll)
    }
}
