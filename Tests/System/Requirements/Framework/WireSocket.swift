import Dispatch
import Glibc

/// A connected socket whose bytes go into the ``Scene`` as they come, read by a thread of its own.
final class WireSocket: Sendable {
    private let descriptor: Int32

    /// Takes over `descriptor`, which stays open until the last reference and the reading thread are gone.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { Glibc.close(descriptor) }

    /// Connects to `port` on 127.0.0.1.
    convenience init(port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WireError("socket: \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            // Every socket address is a sockaddr to the system, which goes by the family and the length.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw WireError("connect to port \(port): \(String(cString: strerror(code)))")
        }
        self.init(descriptor: descriptor)
    }

    /// Reads until the end, on a thread of its own; `onBytes` and `onEnd` are called there.
    func read(
        onBytes: @escaping @Sendable (ArraySlice<UInt8>) -> Void, onEnd: @escaping @Sendable (Scene.End) -> Void
    ) {
        DispatchQueue(label: "wire.read").async { [self] in
            var piece = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &piece, piece.count, 0)
                if count > 0 {
                    onBytes(piece[..<count])
                } else if count < 0 && errno == EINTR {
                    continue
                } else {
                    return onEnd(count == 0 ? .closed : .reset)
                }
            }
        }
    }

    /// Sends all of `bytes`; false when the peer no longer takes them, or not within 5 s.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&ready, 1, 5000) > 0 else { return false }
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Says that nothing more will be sent.
    func shutdownWrite() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection in both directions; the reading thread sees its end too.
    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Ends the connection with a reset.
    func reset() {
        // Connecting to no address dissolves the association, which the peer is told by a reset (connect(2)).
        var nobody = sockaddr()
        nobody.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
        close()
    }
}
