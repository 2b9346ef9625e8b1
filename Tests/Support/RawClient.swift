import Glibc

/// A client that sends exactly the bytes it is told to, and waits no longer than it may.
///
/// Blocking, so that a test reads from top to bottom: call it inside `onThread`, never on the thread of a task, or the
/// handlers under test find no thread to run on.
public final class RawClient {
    /// What went wrong.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// Nothing more came or went within the client's patience; what had come by then.
        case timedOut(String)
        /// The server closed the connection in the middle of what was waited for; what had come by then.
        case closed(String)
        /// The bytes are no HTTP/1.1 response.
        case notHTTP(String)
        /// A system call failed with this `errno`.
        case system(call: String, code: Int32)

        /// What went wrong, in words.
        public var description: String {
            switch self {
            case .timedOut(let bytes): "timed out after \"\(bytes)\""
            case .closed(let bytes): "closed after \"\(bytes)\""
            case .notHTTP(let bytes): "no HTTP response: \"\(bytes)\""
            case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
            }
        }
    }

    private var descriptor: Int32
    private let patience: Duration
    /// Bytes that were received and not yet given out.
    private var received: [UInt8] = []
    private var wasReset = false

    /// Connects to 127.0.0.1.
    ///
    /// - Parameters:
    ///   - port: The port.
    ///   - patience: The longest any single call may take.
    ///   - receiveBufferBytes: A small socket buffer, to be a slow reader with.
    public init(port: UInt16, patience: Duration = .seconds(20), receiveBufferBytes: Int32? = nil) throws {
        self.patience = patience
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system(call: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        try connect(&address)
    }

    /// Connects to a Unix socket.
    public init(path: String, patience: Duration = .seconds(20)) throws {
        self.patience = patience
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system(call: "socket", code: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        try connect(&address)
    }

    /// Takes over the connected socket `descriptor`, as a server does; it is closed with this object.
    public init(descriptor: Int32, patience: Duration = .seconds(20)) {
        self.patience = patience
        self.descriptor = descriptor
    }

    deinit { close() }

    /// Closes the connection; calling it again does nothing.
    public func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Says that nothing more will be sent, and goes on reading.
    public func shutdownWrite() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes `close` reset the connection instead of ending it.
    public func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    // MARK: - Sending

    /// Sends all of `text`.
    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends all of `bytes`.
    public func send(_ bytes: [UInt8]) throws {
        let deadline = ContinuousClock.now + patience
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT), until: deadline)
            } else if errno != EINTR {
                throw Failure.system(call: "send", code: errno)
            }
        }
    }

    // MARK: - Receiving

    /// Reads one response. `isHead`: it answers a HEAD request and has no body, whatever its head says.
    public func readResponse(isHead: Bool = false) throws -> RawResponse {
        let deadline = ContinuousClock.now + patience
        while true {
            if let (response, count) = try RawResponse.parse(received, isHead: isHead, isEnd: false) {
                received.removeFirst(count)
                return response
            }
            guard try receive(until: deadline) else {
                guard let (response, count) = try RawResponse.parse(received, isHead: isHead, isEnd: true) else {
                    throw Failure.closed(String(decoding: received, as: UTF8.self))
                }
                received.removeFirst(count)
                return response
            }
        }
    }

    /// Reads one request with its body; nil when the peer ended the connection before the first byte of one.
    ///
    /// A chunked body is read up to its end before this returns. `expect`: called when the head says
    /// `Expect: 100-continue`, before the body is read.
    public func readRequest(onExpect expect: () throws -> Void = {}) throws -> RawRequest? {
        let deadline = ContinuousClock.now + patience
        var asked = false
        while true {
            if let (request, count) = try RawRequest.parse(received) {
                received.removeFirst(count)
                return request
            }
            if !asked, let head = RawRequest.head(of: received), head.value("expect") != nil {
                asked = true
                try expect()
                continue
            }
            guard try receive(until: deadline) else {
                if received.isEmpty { return nil }
                throw Failure.closed(String(decoding: received, as: UTF8.self))
            }
        }
    }

    /// Reads a request head and leaves the body to be read with ``read(count:)``; nil at the end of the connection.
    public func readRequestHead() throws -> RawRequest? {
        let deadline = ContinuousClock.now + patience
        while true {
            if let head = RawRequest.head(of: received) {
                received.removeFirst(head.headCount)
                return head
            }
            guard try receive(until: deadline) else {
                if received.isEmpty { return nil }
                throw Failure.closed(String(decoding: received, as: UTF8.self))
            }
        }
    }

    /// Reads exactly `count` bytes.
    public func read(count: Int) throws -> [UInt8] {
        let deadline = ContinuousClock.now + patience
        while received.count < count {
            guard try receive(until: deadline) else {
                throw Failure.closed("\(received.count) of \(count) bytes")
            }
        }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    /// Returns whether the peer ends the connection within `patience` without sending a byte more.
    public func endsCleanly(within patience: Duration) -> Bool {
        let deadline = ContinuousClock.now + patience
        guard received.isEmpty else { return false }
        do {
            let more = try receive(until: deadline)
            return !more
        } catch { return false }
    }

    /// Returns whether anything comes within `patience`: bytes, which stay to be read, or the end.
    public func hasMore(within patience: Duration) -> Bool {
        guard received.isEmpty else { return true }
        do {
            _ = try receive(until: ContinuousClock.now + patience)
            return true
        } catch { return false }
    }

    /// Sends all of `bytes`, and takes in what comes meanwhile: a peer that answers before it reads on is not stuck.
    public func sendWhileReceiving(_ bytes: [UInt8]) throws {
        let deadline = ContinuousClock.now + patience
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT | POLLIN), until: deadline)
                _ = try? receive(until: ContinuousClock.now)
            } else if errno != EINTR {
                throw Failure.system(call: "send", code: errno)
            }
        }
    }

    /// Sends as much of `bytes` as goes within `time`; returns how many did.
    public func sendWhatGoes(_ bytes: [UInt8], within time: Duration) throws -> Int {
        let deadline = ContinuousClock.now + time
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                do { try wait(for: Int16(POLLOUT), until: deadline) } catch { return sent }
            } else if errno != EINTR {
                throw Failure.system(call: "send", code: errno)
            }
        }
        return sent
    }

    /// Reads until the bytes received contain `text`; returns everything up to its end.
    public func read(until text: String) throws -> String {
        let deadline = ContinuousClock.now + patience
        let wanted = Array(text.utf8)
        var seen = 0
        while true {
            if let start = ByteSearch.first(wanted, in: received, from: seen) {
                let bytes = received.prefix(start + wanted.count)
                received.removeFirst(bytes.count)
                return String(decoding: bytes, as: UTF8.self)
            }
            seen = max(0, received.count - wanted.count + 1)
            guard try receive(until: deadline) else {
                throw Failure.closed(String(decoding: received, as: UTF8.self))
            }
        }
    }

    /// Reads until the server closes or resets the connection; returns what came.
    public func readToEnd() throws -> [UInt8] {
        var wasReset = false
        return try readToEnd(wasReset: &wasReset)
    }

    /// Reads until the server closes or resets the connection, and says which; returns what came.
    public func readToEnd(wasReset: inout Bool) throws -> [UInt8] {
        let deadline = ContinuousClock.now + patience
        while try receive(until: deadline) {}
        wasReset = self.wasReset
        defer { received = [] }
        return received
    }

    // MARK: - Steps

    private func connect<Address>(_ address: inout Address) throws {
        // To a listening socket of this machine it does not block for longer than its queue is full.
        let result = withUnsafePointer(to: &address) { pointer in
            // Every socket address is a sockaddr to the system, which goes by the family and the length.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else { throw Failure.system(call: "connect", code: errno) }
    }

    /// Receives once; false at the end of the connection.
    private func receive(until deadline: ContinuousClock.Instant) throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = piece.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                received.append(contentsOf: piece.prefix(count))
                return true
            }
            if count < 0 && errno == ECONNRESET { wasReset = true }
            if count == 0 || errno == ECONNRESET || errno == EPIPE { return false }
            guard errno == EAGAIN || errno == EINTR else { throw Failure.system(call: "recv", code: errno) }
            try wait(for: Int16(POLLIN), until: deadline)
        }
    }

    private func wait(for events: Int16, until deadline: ContinuousClock.Instant) throws {
        let left = deadline - ContinuousClock.now
        guard left > .zero else { throw Failure.timedOut(String(decoding: received, as: UTF8.self)) }
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        var poll = pollfd(fd: descriptor, events: events, revents: 0)
        _ = Glibc.poll(&poll, 1, Int32(clamping: milliseconds))
    }
}
