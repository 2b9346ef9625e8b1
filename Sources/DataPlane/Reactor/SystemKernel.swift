import CReactor
import Glibc

/// The Linux kernel: system calls for what is done at once, and a poller for what comes later.
struct SystemKernel: Kernel {
    /// Writes to the eventfd that the loop watches.
    struct Waker: LoopWaker {
        fileprivate let descriptor: Int32

        func wake() { _ = sluice_eventfd_signal(descriptor) }
    }

    private enum Poller {
        case epoll(EpollPoller)
        case ring(RingPoller)
    }

    private let poller: Poller
    let waker: Waker

    /// A kernel with a poller of its own.
    init(through backend: Backend = .epoll) throws(SystemError) {
        waker = Waker(descriptor: try SystemError.check(sluice_eventfd()))
        switch backend {
        case .epoll: poller = .epoll(try EpollPoller(waker: waker.descriptor))
        case .ring: poller = .ring(try RingPoller(waker: waker.descriptor))
        }
    }

    func end() {
        switch poller {
        case .epoll(let epoll): epoll.end()
        case .ring(let ring): ring.end()
        }
        _ = sluice_close(waker.descriptor)
    }

    func now() -> Instant { Self.monotonicNow }

    /// The same for whoever has no kernel at hand; any thread.
    static var monotonicNow: Instant { Instant(nanoseconds: sluice_monotonic_nanoseconds()) }

    var wallClockSeconds: Int64 { Int64(time(nil)) }

    func seed() -> UInt64 { .random(in: .min ... .max) }

    /// Binds and listens.
    ///
    /// - Parameter isShared: Whether other sockets, of other processes too, may listen on the same TCP address.
    static func listen(
        on address: ResolvedAddress, backlog: Int32, isShared: Bool
    ) throws(SystemError) -> Descriptor {
        let descriptor = try SystemError.check(sluice_socket(address.family))
        let result = address.withSocketAddress { sluice_bind_and_listen(descriptor, $0, $1, backlog, isShared ? 1 : 0) }
        if result < 0 { _ = sluice_close(descriptor) }
        _ = try SystemError.check(result)
        return Descriptor(rawValue: descriptor)
    }

    /// The port that a listener got.
    static func localPort(of descriptor: Descriptor) -> UInt16 {
        ResolvedAddress { sluice_local_address(descriptor.rawValue, $0, $1) >= 0 }?.port ?? 0
    }

    func localAddress(of descriptor: Descriptor) -> ResolvedAddress? {
        ResolvedAddress { sluice_local_address(descriptor.rawValue, $0, $1) >= 0 }
    }

    func accept(from listener: Descriptor) throws(SystemError) -> (Descriptor, ResolvedAddress) {
        var accepted: Int32 = -EAGAIN
        let address = ResolvedAddress { storage, length in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                accepted = sluice_accept(listener.rawValue, $0, length)
            }
            return accepted >= 0
        }
        guard let address else { throw SystemError(result: Int(accepted)) }
        return (Descriptor(rawValue: accepted), address)
    }

    func connect(to address: ResolvedAddress) throws(SystemError) -> Descriptor {
        let descriptor = try SystemError.check(sluice_socket(address.family))
        let result = address.withSocketAddress { sluice_connect(descriptor, $0, $1) }
        if result < 0, result != -EINPROGRESS {
            _ = sluice_close(descriptor)
            throw SystemError(result: Int(result))
        }
        return Descriptor(rawValue: descriptor)
    }

    func pendingError(of descriptor: Descriptor) -> SystemError? {
        let result = sluice_socket_error(descriptor.rawValue)
        return result < 0 ? SystemError(result: Int(result)) : nil
    }

    func receive(_ descriptor: Descriptor, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        Int(sluice_receive(descriptor.rawValue, bytes.baseAddress, bytes.count))
    }

    func send(_ descriptor: Descriptor, _ bytes: UnsafeRawBufferPointer) -> Int {
        let result = sluice_send(descriptor.rawValue, bytes.baseAddress, bytes.count)
        return noted(Int(result), of: bytes.count, descriptor)
    }

    func send(_ descriptor: Descriptor, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        let result = sluice_send_two(
            descriptor.rawValue, first.baseAddress, first.count, second.baseAddress, second.count)
        return noted(Int(result), of: first.count + second.count, descriptor)
    }

    // A ring has to be asked for room where it was missed.
    private func noted(_ result: Int, of count: Int, _ descriptor: Descriptor) -> Int {
        if result < count, result >= 0 || result == -Int(EAGAIN), case .ring(let ring) = poller {
            ring.missedRoom(descriptor.rawValue)
        }
        return result
    }

    func shutdownWrite(_ descriptor: Descriptor) { _ = sluice_shutdown_write(descriptor.rawValue) }

    func close(_ descriptor: Descriptor) {
        switch poller {
        case .epoll(let epoll): epoll.close(descriptor.rawValue)
        case .ring(let ring): ring.close(descriptor.rawValue)
        }
    }

    func reset(_ descriptor: Descriptor) {
        _ = sluice_set_reset_at_close(descriptor.rawValue)
        close(descriptor)
    }

    func setNoDelay(_ descriptor: Descriptor) { _ = sluice_set_no_delay(descriptor.rawValue) }

    func setKeepAlive(_ descriptor: Descriptor, idleSeconds: Int32) {
        _ = sluice_set_keep_alive(descriptor.rawValue, idleSeconds)
    }

    func watch(_ descriptor: Descriptor, token: UInt64) throws(SystemError) {
        switch poller {
        case .epoll(let epoll): try epoll.watch(descriptor.rawValue, token: token)
        case .ring(let ring): ring.watch(descriptor.rawValue, token: token)
        }
    }

    func watchListener(_ descriptor: Descriptor, token: UInt64) throws(SystemError) {
        switch poller {
        case .epoll(let epoll): try epoll.watchListener(descriptor.rawValue, token: token)
        case .ring(let ring): ring.watchListener(descriptor.rawValue, token: token)
        }
    }

    func unwatch(_ descriptor: Descriptor) {
        switch poller {
        case .epoll(let epoll): epoll.unwatch(descriptor.rawValue)
        case .ring(let ring): ring.unwatch(descriptor.rawValue)
        }
    }

    func wait(into events: inout [KernelEvent], nanoseconds: Int64) {
        switch poller {
        case .epoll(let epoll): epoll.wait(into: &events, nanoseconds: nanoseconds)
        case .ring(let ring): ring.wait(into: &events, nanoseconds: nanoseconds)
        }
    }

    /// How many events a wait brings at most.
    static let eventsMax = 256
}

extension Readiness {
    /// Out of the bits of poll(2) and epoll(7), which are the same.
    init(events: UInt32) {
        var readiness: Readiness = []
        if events & SLUICE_IN != 0 { readiness.insert(.readable) }
        if events & SLUICE_OUT != 0 { readiness.insert(.writable) }
        if events & SLUICE_RDHUP != 0 { readiness.formUnion([.hangUp, .readable]) }
        if events & (SLUICE_HUP | SLUICE_ERR) != 0 {
            readiness.formUnion([.hangUp, .broken, .readable, .writable])
        }
        self = readiness
    }
}
