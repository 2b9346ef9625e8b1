import Control
import Glibc

@testable import DataPlane

/// Connections between a kernel's side and a peer's, over the system's kernel or a simulated one, so that one script
/// can show that both behave alike.
struct KernelRig<K: Kernel> {
    /// What the other side of a connection can do.
    struct Peer {
        let send: (Int) -> Void
        let receiveAll: () -> Int
        let shutdownWrite: () -> Void
        let close: () -> Void
        let reset: () -> Void
    }

    let kernel: K
    /// A connected pair.
    let connect: () throws -> (Descriptor, Peer)
    /// Begins a connect that will be refused.
    let connectRefused: () throws -> Descriptor
    /// Lets what was sent arrive.
    let settle: () -> Void
    /// Whether its kernel polls through io_uring.
    var isRing = false

    /// What happens next to the one watched socket, in words; "nothing" when nothing does.
    func next() -> String {
        settle()
        var events: [KernelEvent] = []
        // The system's loopback delivers at once, but for a machine that is very busy.
        for patience: Int64 in [0, 20_000_000] where events.isEmpty {
            kernel.wait(into: &events, nanoseconds: patience)
        }
        return events.map { Self.words($0.readiness) }.joined(separator: "; ").orNothing
    }

    /// What a receive gives: a count, "end", or an error's name.
    func receive(_ descriptor: Descriptor, most: Int = 1000) -> String {
        withUnsafeTemporaryAllocation(byteCount: most, alignment: 1) { bytes in
            let result = kernel.receive(descriptor, into: bytes)
            return result == 0 ? "end" : Self.words(result)
        }
    }

    func send(_ descriptor: Descriptor, _ count: Int) -> String {
        let bytes = [UInt8](repeating: 1, count: count)
        return bytes.withUnsafeBytes { Self.words(kernel.send(descriptor, $0)) }
    }

    private static func words(_ result: Int) -> String {
        switch result {
        case -Int(EAGAIN): "EAGAIN"
        case -Int(ECONNRESET): "ECONNRESET"
        case -Int(ECONNREFUSED): "ECONNREFUSED"
        case -Int(EPIPE): "EPIPE"
        default: "\(result)"
        }
    }

    private static func words(_ readiness: Readiness) -> String {
        let names: [(Readiness, String)] = [
            (.readable, "readable"), (.writable, "writable"), (.hangUp, "hangUp"), (.broken, "broken"),
        ]
        return names.filter { readiness.contains($0.0) }.map(\.1).joined(separator: " ")
    }
}

extension String {
    fileprivate var orNothing: String { isEmpty ? "nothing" : self }
}

extension KernelRig<SystemKernel> {
    /// Over loopback.
    static func system(_ backend: SystemKernel.Backend) throws -> KernelRig<SystemKernel> {
        let kernel = try SystemKernel(through: backend)
        // The other side closes at once, whatever the kernel under test does.
        let other = try SystemKernel()
        let loopback = SimulatedKernel.address(port: 0)
        return KernelRig(
            kernel: kernel,
            connect: {
                let listener = try SystemKernel.listen(on: loopback, backlog: 1, isShared: true)
                defer { other.close(listener) }
                let port = SystemKernel.localPort(of: listener)
                let near = try kernel.connect(to: loopback.with(port: port))
                var far: Descriptor?
                while far == nil { far = try? other.accept(from: listener).0 }
                return (near, peer(other, far ?? near))
            },
            connectRefused: {
                // A port that was just free.
                let listener = try SystemKernel.listen(on: loopback, backlog: 1, isShared: true)
                let port = SystemKernel.localPort(of: listener)
                other.close(listener)
                return try kernel.connect(to: loopback.with(port: port))
            },
            settle: {}, isRing: backend == .ring)
    }

    private static func peer(_ kernel: SystemKernel, _ far: Descriptor) -> Peer {
        Peer(
            send: { count in
                let bytes = [UInt8](repeating: 2, count: count)
                _ = bytes.withUnsafeBytes { kernel.send(far, $0) }
            },
            receiveAll: {
                var total = 0
                withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { bytes in
                    while case let count = kernel.receive(far, into: bytes), count > 0 { total += count }
                }
                return total
            },
            shutdownWrite: { kernel.shutdownWrite(far) }, close: { kernel.close(far) }, reset: { kernel.reset(far) })
    }
}

extension KernelRig<SimulatedKernel> {
    /// In a simulated world.
    static func simulated() -> KernelRig<SimulatedKernel> {
        let world = SimulatedWorld(seed: 0)
        world.faults.latencyMax = 0
        let kernel = SimulatedKernel(world: world)
        let server = Server()
        world.serve(9000, server)
        return KernelRig(
            kernel: kernel,
            connect: {
                let near = try kernel.connect(to: SimulatedKernel.address(port: 9000))
                _ = world.runDue()
                guard let far = server.last else { throw SystemError(code: ECONNREFUSED) }
                return (near, peer(far))
            },
            connectRefused: { try kernel.connect(to: SimulatedKernel.address(port: 1)) },
            settle: { while world.runDue() {} })
    }

    private final class Server: SimulatedServer {
        let path = SimulatedPath()
        var last: SimulatedEnd?
        func accepted(_ far: SimulatedEnd) { last = far }
    }

    private static func peer(_ far: SimulatedEnd) -> Peer {
        Peer(
            send: { count in
                let bytes = [UInt8](repeating: 2, count: count)
                _ = bytes.withUnsafeBytes { far.send($0) }
            },
            receiveAll: { far.takeAll().count }, shutdownWrite: { far.shutdownWrite() }, close: { far.close() },
            reset: { far.reset() })
    }
}
