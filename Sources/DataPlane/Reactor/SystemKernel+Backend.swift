import Control

extension SystemKernel {
    /// What tells a kernel's loop of events.
    enum Backend: Sendable, CaseIterable {
        case epoll
        /// io_uring.
        case ring

        /// What `io` comes to with this kernel.
        ///
        /// - Throws: What forbids io_uring when nothing else may do.
        init(_ io: Configuration.IO) throws(SystemError) {
            switch io {
            case .epoll: self = .epoll
            case .ring:
                try RingPoller.probe()
                self = .ring
            // Until io_uring is as sure as it is quick: it failed a retry in a run of the requirements that epoll passed.
            case .auto: self = .epoll
            }
        }

        var io: Configuration.IO { self == .ring ? .ring : .epoll }
    }
}
