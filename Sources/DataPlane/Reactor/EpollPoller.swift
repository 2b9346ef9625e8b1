import CReactor

/// Hears of sockets through an epoll instance: watching one is a system call, and so is closing it.
struct EpollPoller {
    private let epoll: Int32
    // Where the kernel puts events: touched by `wait` alone, which runs on the loop's thread, and gone with `end`.
    private let ready = UnsafeMutablePointer<sluice_event>.allocate(capacity: SystemKernel.eventsMax)

    /// An instance of its own, which watches the eventfd that wakes the loop.
    init(waker: Int32) throws(SystemError) {
        epoll = try SystemError.check(sluice_epoll_create())
        // Edge-triggered: each signal is one event, and the count in the eventfd never needs to be read.
        try add(waker, SLUICE_IN | SLUICE_ET, KernelEvent.wakeToken)
    }

    func end() {
        _ = sluice_close(epoll)
        ready.deallocate()
    }

    func watch(_ descriptor: Int32, token: UInt64) throws(SystemError) {
        try add(descriptor, SLUICE_IN | SLUICE_OUT | SLUICE_RDHUP | SLUICE_ET, token)
    }

    func watchListener(_ descriptor: Int32, token: UInt64) throws(SystemError) {
        try add(descriptor, SLUICE_IN | SLUICE_EXCLUSIVE, token)
    }

    private func add(_ descriptor: Int32, _ events: UInt32, _ token: UInt64) throws(SystemError) {
        _ = try SystemError.check(sluice_epoll_add(epoll, descriptor, events, token))
    }

    func unwatch(_ descriptor: Int32) { _ = sluice_epoll_remove(epoll, descriptor) }

    func close(_ descriptor: Int32) { _ = sluice_close(descriptor) }

    func wait(into events: inout [KernelEvent], nanoseconds: Int64) {
        let count = sluice_epoll_wait(epoll, ready, Int32(SystemKernel.eventsMax), nanoseconds)
        for index in 0..<max(0, Int(count)) {
            events.append(KernelEvent(token: ready[index].token, readiness: Readiness(events: ready[index].events)))
        }
    }
}
