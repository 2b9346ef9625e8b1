import Control
import Glibc

@testable import DataPlane

/// A kernel over a simulated world: for one loop, with an epoll instance of its own.
struct SimulatedKernel: Kernel {
    let world: SimulatedWorld
    let epoll: SimulatedEpoll

    init(world: SimulatedWorld) {
        self.world = world
        epoll = SimulatedEpoll(world: world)
    }

    var waker: SimulatedWaker { epoll.waker }

    func now() -> Instant {
        world.checkThread()
        return Instant(nanoseconds: world.now)
    }

    var wallClockSeconds: Int64 { 784_111_777 + Int64(world.now / 1_000_000_000) }

    func seed() -> UInt64 { world.seed() }

    func end() {}

    func localAddress(of descriptor: Descriptor) -> ResolvedAddress? { Self.loopback.with(port: 1000) }

    // MARK: Connections

    func accept(from listener: Descriptor) throws(SystemError) -> (Descriptor, ResolvedAddress) {
        guard let waiting = world.listener(listener), !waiting.backlog.isEmpty else { throw SystemError(code: EAGAIN) }
        if world.chance(world.faults.abortedAccept) {
            waiting.backlog.removeFirst().reset()
            throw SystemError(code: ECONNABORTED)
        }
        if world.chance(world.faults.failedAccept) {
            throw SystemError(code: world.among([ENFILE, ENOBUFS, ENOMEM]))
        }
        guard let descriptor = world.open(waiting.backlog[0]) else {
            world.note("accept EMFILE", 0)
            throw SystemError(code: EMFILE)
        }
        let end = waiting.backlog.removeFirst()
        world.note("accept", Int(descriptor.rawValue), end.number)
        return (descriptor, end.isUnix ? Self.unnamed : Self.loopback.with(port: 40_000))
    }

    func connect(to address: ResolvedAddress) throws(SystemError) -> Descriptor {
        let server = world.server(ServerAddress(address))
        if world.chance(world.faults.failedConnect) {
            let codes =
                address.isUnix ? [EAGAIN, ECONNREFUSED, ENOENT, ENFILE] : [EADDRNOTAVAIL, ENETUNREACH, ENOBUFS]
            world.note("connect failed", 0)
            throw SystemError(code: world.among(codes))
        }
        if address.isUnix {
            if server == nil { throw SystemError(code: ENOENT) }
            if world.chance(world.faults.refusedConnect) { throw SystemError(code: ECONNREFUSED) }
        }
        let (near, far) = SimulatedEnd.pair(world: world, isConnected: false, isUnix: address.isUnix)
        guard let descriptor = world.open(near) else { throw SystemError(code: EMFILE) }
        world.note("connect", Int(descriptor.rawValue), near.number)
        if let server { connect(near, far, to: server) } else { refuse(near, after: world.latency()) }
        return descriptor
    }

    private func connect(_ near: SimulatedEnd, _ far: SimulatedEnd, to server: any SimulatedServer) {
        near.path = server.path
        server.path.open += 1
        if near.isUnix {
            near.established()
            // The server accepts it when it has heard of the ends that were sent before, at other addresses too.
            return world.after(max(world.now, server.path.lastEnd) - world.now) { server.accepted(far) }
        }
        if world.chance(world.faults.hangingConnect) { return }
        let isSlow = world.chance(world.faults.slowConnect)
        let arrival = max(world.now + (isSlow ? world.latency() : 0), server.path.lastEnd)
        if world.chance(world.faults.refusedConnect) {
            refuse(near, after: arrival - world.now)
        } else if arrival == world.now {
            near.established()
            world.after(0) { server.accepted(far) }
        } else {
            world.after(arrival - world.now) {
                // A connect that was given up meanwhile is answered, but nobody is there.
                if near.isClosed { return }
                near.established()
                server.accepted(far)
            }
        }
    }

    private func refuse(_ near: SimulatedEnd, after delay: UInt64) {
        let code = world.among([ECONNREFUSED, ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT])
        world.after(delay) { near.refused(code) }
    }

    func pendingError(of descriptor: Descriptor) -> SystemError? {
        guard let end = world.end(descriptor, "SO_ERROR"), end.pendingError != 0 else { return nil }
        defer { end.pendingError = 0 }
        return SystemError(code: end.pendingError)
    }

    // MARK: Bytes

    func receive(_ descriptor: Descriptor, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        guard let end = world.end(descriptor, "receive") else { return -Int(EBADF) }
        var most = Int.max
        // Less than is there may only come if the rest seems to arrive right after it, with an edge of its own.
        if end.readableCount > 0, world.chance(world.faults.receiveAgain) {
            most = 0
        } else if end.readableCount > 1, world.chance(world.faults.shortReceive) {
            most = world.pick(1...min(end.readableCount, world.among([2, 16, 1 << 20])) - 1)
        }
        let result = end.receive(into: bytes, max: most)
        if most < .max { end.changeAgain(after: UInt64(world.pick(0...1) * 1000)) }
        if result > 0, world.chance(world.faults.lateEvent) { end.watch?.hasLateEvent() }
        world.note("receive", Int(descriptor.rawValue), result)
        return result
    }

    func send(_ descriptor: Descriptor, _ bytes: UnsafeRawBufferPointer) -> Int {
        guard let end = world.end(descriptor, "send") else { return -Int(EBADF) }
        var most = Int.max
        if world.chance(world.faults.sendAgain) {
            most = 0
        } else if bytes.count > 1, world.chance(world.faults.shortSend) {
            most = world.pick(1...min(bytes.count, world.among([2, 16, 1 << 20])) - 1)
        }
        let result = end.send(bytes, max: most)
        // The lack of room passes by itself.
        if most < .max { end.changeAgain(after: 1 + world.latency()) }
        world.note("send", Int(descriptor.rawValue), result)
        return result
    }

    func send(_ descriptor: Descriptor, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        let all = Array(first) + Array(second)
        return all.withUnsafeBytes { send(descriptor, $0) }
    }

    func shutdownWrite(_ descriptor: Descriptor) {
        world.note("shutdown", Int(descriptor.rawValue))
        world.end(descriptor, "shutdown")?.shutdownWrite()
    }

    func close(_ descriptor: Descriptor) {
        world.note("close", Int(descriptor.rawValue))
        // A listener may be another loop's too, which closes its own descriptor of it.
        if world.listener(descriptor) != nil { return }
        letGo(descriptor, "close")?.close()
    }

    func reset(_ descriptor: Descriptor) {
        world.note("reset", Int(descriptor.rawValue))
        letGo(descriptor, "reset")?.reset()
    }

    func setNoDelay(_ descriptor: Descriptor) { checkTCP(descriptor, "TCP_NODELAY") }

    func setKeepAlive(_ descriptor: Descriptor, idleSeconds: Int32) { checkTCP(descriptor, "SO_KEEPALIVE") }

    private func checkTCP(_ descriptor: Descriptor, _ option: StaticString) {
        if world.end(descriptor, option)?.isUnix ?? false {
            world.violate(.descriptors, "\(option) on a Unix socket")
        }
    }

    private func letGo(_ descriptor: Descriptor, _ use: StaticString) -> SimulatedEnd? {
        guard let end = world.end(descriptor, use) else { return nil }
        epoll.remove(end)
        world.release(descriptor)
        end.path?.open -= 1
        return end
    }

    // MARK: Events

    func watch(_ descriptor: Descriptor, token: UInt64) throws(SystemError) {
        guard let end = world.end(descriptor, "watch") else { throw SystemError(code: EBADF) }
        if world.chance(world.faults.failedWatch) {
            world.note("watch failed", Int(descriptor.rawValue))
            throw SystemError(code: world.among([ENOSPC, ENOMEM]))
        }
        epoll.add(end, token: token)
    }

    func watchListener(_ descriptor: Descriptor, token: UInt64) throws(SystemError) {
        guard let listener = world.listener(descriptor) else { throw SystemError(code: EBADF) }
        epoll.add(listener, descriptor.rawValue, token: token)
    }

    func unwatch(_ descriptor: Descriptor) {
        if world.listener(descriptor) != nil { return epoll.removeListener(descriptor.rawValue) }
        if let end = world.end(descriptor, "unwatch") { epoll.remove(end) }
    }

    func wait(into events: inout [KernelEvent], nanoseconds: Int64) {
        epoll.wait(into: &events, nanoseconds: nanoseconds)
    }

    /// What a client of a Unix socket has for an address: none.
    static let unnamed = unix(path: "")

    /// 127.0.0.1, with any port.
    static let loopback = address(port: 1)

    /// 127.0.0.1 with a port.
    static func address(port: UInt16) -> ResolvedAddress {
        do {
            return try ResolvedAddress.resolve(.tcp(host: "127.0.0.1", port: port))
        } catch {
            preconditionFailure("127.0.0.1 is no address: \(error)")
        }
    }

    /// The path of a Unix socket.
    static func unix(path: String) -> ResolvedAddress {
        do {
            return try ResolvedAddress.resolve(.unix(path: path))
        } catch {
            preconditionFailure("\(path) is no path: \(error)")
        }
    }
}
