import Glibc

/// What a system call failed with.
struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value of errno.
    let code: Int32

    /// An error out of a result that is minus errno.
    init(result: Int) { code = Int32(truncatingIfNeeded: -result) }

    /// An error with errno's value.
    init(code: Int32) { self.code = code }

    /// The result of a call, unless it is minus errno.
    static func check(_ result: Int32) throws(SystemError) -> Int32 {
        guard result >= 0 else { throw SystemError(result: Int(result)) }
        return result
    }

    /// The peer reset the connection.
    static let connectionReset = SystemError(code: ECONNRESET)

    /// The peer had said that it sends no more, in order, before it let go of the connection.
    var isBrokenPipe: Bool { code == EPIPE }
    /// Whether the call would have had to wait.
    var isAgain: Bool { code == EAGAIN }
    /// Whether the process or the machine has run out of descriptors, memory or ports: waiting may help.
    var isExhaustion: Bool {
        switch code {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL: true
        default: false
        }
    }

    /// Whether nobody listens at the address.
    var isRefusal: Bool { code == ECONNREFUSED || code == ENOENT }
    /// Whether there is no way to the address.
    var isUnreachable: Bool { code == ENETUNREACH || code == EHOSTUNREACH }

    var description: String { String(cString: strerror(code)) }
}
