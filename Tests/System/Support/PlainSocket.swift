import Glibc
import TestSupport

/// A client's socket without any manners: for peers that send or read a byte at a time, and for crowds of them.
///
/// Nothing here waits but ``wait(for:within:)``.
final class PlainSocket {
    /// What one receive came to.
    enum Received: Equatable {
        case bytes([UInt8])
        /// Nothing is there yet.
        case nothing
        case end
        case reset
    }

    private var descriptor: Int32

    /// Connects to 127.0.0.1.
    ///
    /// - Parameters:
    ///   - receiveBufferBytes: SO_RCVBUF, set before connecting so that the window is as small from the first byte.
    ///   - sendBufferBytes: SO_SNDBUF.
    init(port: UInt16, receiveBufferBytes: Int32? = nil, sendBufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw RawClient.Failure.system(call: "socket", code: errno) }
        Self.set(descriptor, SO_RCVBUF, receiveBufferBytes)
        Self.set(descriptor, SO_SNDBUF, sendBufferBytes)
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            // Every socket address is a sockaddr to the system, which goes by the family and the length.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close()
            throw RawClient.Failure.system(call: "connect", code: code)
        }
    }

    deinit { close() }

    /// Sends what goes at once; returns how much that was, nil when the connection is of no use any more.
    func send(_ text: String) -> Int? { send(Array(text.utf8)) }

    /// Sends what goes at once; returns how much that was, nil when the connection is of no use any more.
    func send(_ bytes: [UInt8]) -> Int? {
        let count = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Receives at most `most` bytes that are there.
    func receive(most: Int = 65_536) -> Received {
        var piece = [UInt8](repeating: 0, count: most)
        let count = recv(descriptor, &piece, most, Int32(MSG_DONTWAIT))
        if count > 0 { return .bytes(Array(piece.prefix(count))) }
        if count == 0 { return .end }
        return errno == EAGAIN || errno == EINTR ? .nothing : .reset
    }

    /// Receives until the connection ends, for at most `patience`; nil when it does not end in that time.
    func receiveToEnd(within patience: Duration) -> [UInt8]? {
        let deadline = ContinuousClock.now + patience
        var all: [UInt8] = []
        while true {
            switch receive() {
            case .bytes(let bytes): all += bytes
            case .end, .reset: return all
            case .nothing:
                guard wait(for: POLLIN, within: deadline - ContinuousClock.now) else { return nil }
            }
        }
    }

    /// Waits until it can be read from (POLLIN) or written to (POLLOUT); false when that does not come in time.
    func wait(for events: Int32, within patience: Duration) -> Bool {
        let milliseconds = patience.components.seconds * 1000 + patience.components.attoseconds / 1_000_000_000_000_000
        guard milliseconds >= 0 else { return false }
        var poll = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return Glibc.poll(&poll, 1, Int32(clamping: milliseconds)) > 0
    }

    /// Says that nothing more will be sent.
    func shutdownWrite() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection.
    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Ends the connection with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private static func set(_ descriptor: Int32, _ option: Int32, _ value: Int32?) {
        guard var value else { return }
        setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
