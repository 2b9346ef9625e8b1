import CReactor
import Glibc

/// The Linux kernel through epoll.
struct SystemKernel: Kernel {
    /// Writes to the eventfd that the loop watches.
    struct Waker: LoopWaker {
        fileprivate let descriptor: Int32

        func wake() { _ = sluice_eventfd_signal(descriptor) }
    }

    private static let batch = 256

    private let epoll: Int32
    let waker: Waker
    // Where the kernel puts events: touched by `wait` alone, which runs on the loop's thread, and gone with `end`.
    private let ready = UnsafeMutablePointer<sluice_event>.allocate(capacity: batch)

    /// An epoll instance of its own.
    init() throws(SystemError) {
        epoll = try Self.check(sluice_epoll_create())
        waker = Waker(descriptor: try Self.check(sluice_eventfd()))
        // Edge-triggered: each signal is one event, and the count in the eventfd never needs to be read.
        let result = sluice_epoll_add(epoll, waker.descriptor, SLUICE_IN | SLUICE_ET, KernelEvent.wakeToken)
        _ = try Self.check(result)
    }

    func end() {
        _ = sluice_close(epoll)
        _ = sluice_close(waker.descriptor)
        ready.deallocate()
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
        let descriptor = try check(sluice_socket(address.family))
        let result = address.withSocketAddress { sluice_bind_and_listen(descriptor, $0, $1, backlog, isShared ? 1 : 0) }
        if result < 0 { _ = sluice_close(descriptor) }
        _ = try check(result)
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
        let descriptor = try Self.check(sluice_socket(address.family))
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
        Int(sluice_send(descriptor.rawValue, bytes.baseAddress, bytes.count))
    }

    func send(_ descriptor: Descriptor, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        Int(sluice_send_two(descriptor.rawValue, first.baseAddress, first.count, second.baseAddress, second.count))
    }

    func shutdownWrite(_ descriptor: Descriptor) { _ = sluice_shutdown_write(descriptor.rawValue) }

    func close(_ descriptor: Descriptor) { _ = sluice_close(descriptor.rawValue) }

    func reset(_ descriptor: Descriptor) { _ = sluice_close_with_reset(descriptor.rawValue) }

    func setNoDelay(_ descriptor: Descriptor) { _ = sluice_set_no_delay(descriptor.rawValue) }

    func setKeepAlive(_ descriptor: Descriptor, idleSeconds: Int32) {
        _ = sluice_set_keep_alive(descriptor.rawValue, idleSeconds)
    }

    func watch(_ descriptor: Descriptor, token: UInt64) throws(SystemError) {
        let events = SLUICE_IN | SLUICE_OUT | SLUICE_RDHUP | SLUICE_ET
        _ = try Self.check(sluice_epoll_add(epoll, descriptor.rawValue, events, token))
    }

    func watchListener(_ descriptor: Descriptor, token: UInt64) throws(SystemError) {
        let events = SLUICE_IN | SLUICE_EXCLUSIVE
        _ = try Self.check(sluice_epoll_add(epoll, descriptor.rawValue, events, token))
    }

    func unwatch(_ descriptor: Descriptor) { _ = sluice_epoll_remove(epoll, descriptor.rawValue) }

    func wait(into events: inout [KernelEvent], nanoseconds: Int64) {
        let count = sluice_epoll_wait(epoll, ready, Int32(Self.batch), nanoseconds)
        for index in 0..<max(0, Int(count)) {
            events.append(KernelEvent(token: ready[index].token, readiness: Readiness(epoll: ready[index].events)))
        }
    }

    private static func check(_ result: Int32) throws(SystemError) -> Int32 {
        guard result >= 0 else { throw SystemError(result: Int(result)) }
        return result
    }
}

extension Readiness {
    /// Out of epoll's bits.
    fileprivate init(epoll events: UInt32) {
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
