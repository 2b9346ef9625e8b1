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
            // Measured in the proxy, same binary, against epoll: a socket per request 0.90 x, a client connection per request
            // 0.94 x, keep-alive the same.
            case .auto: self = (try? RingPoller.probe()) == nil ? .epoll : .ring
            }
        }

        var io: Configuration.IO { self == .ring ? .ring : .epoll }
    }
}
