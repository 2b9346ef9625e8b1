import Synchronization
import TestSupport
import Testing

@testable import DataPlane

/// The event loop over the system's kernel.
@Suite struct LoopTests {
    /// A loop on the calling thread, turned by hand.
    private struct Bench {
        let loop: Loop<SystemKernel>
        let executor: LoopExecutor

        init() throws {
            let kernel = try SystemKernel()
            executor = LoopExecutor(waker: kernel.waker)
            loop = Loop(kernel: kernel, executor: executor)
        }

        /// Turns until `isDone`; false when that takes more than ten seconds.
        func turn(until isDone: () -> Bool) -> Bool {
            let giveUpAt = loop.kernel.now().advanced(by: .seconds(10))
            // So that a wait always ends.
            let slot = loop.addDeadline(for: Watcher())
            return executor.withCurrent {
                while !isDone() {
                    if loop.kernel.now() >= giveUpAt { return false }
                    loop.set(slot, to: loop.kernel.now().advanced(by: .milliseconds(50)))
                    loop.turn()
                    executor.drain()
                }
                return true
            }
        }

        /// Two connected sockets, of which the first is watched.
        func pair() throws -> (Socket, Descriptor) {
            let kernel = loop.kernel
            let listener = try SystemKernel.listen(
                on: SimulatedKernel.loopback.with(port: 0), backlog: 1, isShared: false)
            defer { kernel.close(listener) }
            let port = SystemKernel.localPort(of: listener)
            let near = try loop.connect(to: SimulatedKernel.loopback.with(port: port))
            var far: Descriptor?
            while far == nil { far = try? kernel.accept(from: listener).0 }
            try loop.watch(near)
            return (near, far ?? near.descriptor)
        }

        func send(_ descriptor: Descriptor) {
            _ = [UInt8(1)].withUnsafeBytes { loop.kernel.send(descriptor, $0) }
        }
    }

    /// A count that several threads add to.
    private final class Count: Sendable {
        private let cell = Atomic<Int>(0)
        var value: Int { cell.load(ordering: .relaxed) }
        func add() { cell.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Notes what it hears.
    private final class Recorder: Watcher {
        let name: Int
        let log: Log
        var onChange: (() -> Void)?

        final class Log { var names: [Int] = [] }

        init(_ name: Int, _ log: Log) {
            self.name = name
            self.log = log
        }

        override func deadlinePassed() { log.names.append(name) }

        override func socketChanged(_ socket: Socket) {
            log.names.append(name)
            onChange?()
        }
    }

    @Test("deadlines come in the order of their times, and none that was moved or ended")
    func deadlines() throws {
        let bench = try Bench()
        let log = Recorder.Log()
        let recorders = (0..<6).map { Recorder($0, log) }
        let slots = recorders.map { bench.loop.addDeadline(for: $0) }
        let now = bench.loop.kernel.now()
        for (slot, milliseconds) in zip(slots, [30, 10, 20, 5, 1, 2]) {
            bench.loop.set(slot, to: now.advanced(by: .milliseconds(milliseconds)))
        }
        bench.loop.set(slots[3], to: now.advanced(by: .milliseconds(40)))
        bench.loop.set(slots[4], to: .never)
        bench.loop.removeDeadline(slots[5])
        #expect(bench.turn { log.names.count >= 4 })
        #expect(log.names == [1, 2, 0, 3])
        #expect(bench.loop.kernel.now() >= now.advanced(by: .milliseconds(40)))
    }

    @Test("an event of a socket that an earlier event closed reaches nobody, not even who has its place now")
    func closedSockets() throws {
        let bench = try Bench()
        let log = Recorder.Log()
        let (first, firstPeer) = try bench.pair()
        let (second, secondPeer) = try bench.pair()
        let (third, thirdPeer) = try bench.pair()
        #expect(bench.turn { first.isWritable && second.isWritable })
        bench.loop.release(third)
        let recorders = [Recorder(1, log), Recorder(2, log), Recorder(3, log)]
        first.watcher = recorders[0]
        second.watcher = recorders[1]
        // Whichever is told first closes the other, and puts a third one into its place.
        let replacement = Socket(third.descriptor, readiness: .writable)
        replacement.watcher = recorders[2]
        func replace(_ socket: Socket) {
            bench.loop.close(socket)
            do { try bench.loop.watch(replacement) } catch { Issue.record("\(error)") }
        }
        recorders[0].onChange = { replace(second) }
        recorders[1].onChange = { replace(first) }
        bench.send(firstPeer)
        bench.send(secondPeer)
        bench.executor.withCurrent { bench.loop.turn() }
        #expect(log.names == [1] || log.names == [2])
        // Its own events reach it.
        recorders[0].onChange = nil
        recorders[1].onChange = nil
        log.names = []
        bench.send(thirdPeer)
        #expect(bench.turn { replacement.isReadable })
        #expect(log.names.allSatisfy { $0 == 3 })
        for descriptor in [firstPeer, secondPeer, thirdPeer] { bench.loop.kernel.close(descriptor) }
        for socket in [first, second, replacement] { bench.loop.close(socket) }
    }

    @Test("jobs from other threads wake a loop that waits for ever, each of them once")
    func wakes() async throws {
        let loop = try EventLoop(name: "test")
        let count = Count()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 {
                        await Task(executorPreference: loop.executor) { count.add() }.value
                    }
                }
            }
        }
        #expect(count.value == 4000)
        #expect(loop.executor.foreignJobs >= 4000)
        await loop.end()
    }
}
