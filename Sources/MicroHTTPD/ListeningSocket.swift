internal import CMicroHTTPD
internal import Glibc

/// A bound, listening socket, closed when nobody took it.
///
/// Made here and not by the library, which says only that it failed: the system's own word is wanted, and Unix sockets.
struct ListeningSocket: ~Copyable {
    let descriptor: Int32
    /// The address with the port that the system chose.
    let address: Address
    private var isOwned = true

    /// Connections that may wait to be accepted.
    private static let backlog: Int32 = 128

    /// Binds and listens; throws what the system said.
    init(_ wanted: Address) throws(DaemonError) {
        switch wanted {
        case .ip(let host, let port): (descriptor, address) = try Self.listen(host: host, port: port)
        case .unix(let path, let mode):
            descriptor = try Self.listen(path: path, mode: mode)
            address = wanted
        }
    }

    deinit {
        if isOwned {
            close(descriptor)
            Self.removeFile(of: address)
        }
    }

    /// Somebody else closes the socket from here on.
    consuming func giveUp() { isOwned = false }

    /// Removes the file of a Unix socket.
    static func removeFile(of address: Address) {
        if case .unix(let path, _) = address { unlink(path) }
    }

    // MARK: - IP

    private static func listen(host: String, port: UInt16) throws(DaemonError) -> (Int32, Address) {
        let name = Address.ip(host: host, port: port).description
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &list)
        guard failure == 0, let list else {
            throw .cannotListen(address: name, reason: String(cString: gai_strerror(failure)))
        }
        defer { freeaddrinfo(list) }
        var reason = EADDRNOTAVAIL
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let candidate = next?.pointee {
            next = candidate.ai_next
            guard let socketAddress = candidate.ai_addr else { continue }
            let made = Glibc.socket(candidate.ai_family, candidate.ai_socktype | closeOnExec, 0)
            guard made >= 0 else {
                reason = errno
                continue
            }
            var yes: Int32 = 1
            // Without it the port of a daemon that just stopped is taken until its last connections are forgotten.
            setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            if bind(made, socketAddress, candidate.ai_addrlen) == 0, Glibc.listen(made, backlog) == 0 {
                return (made, .ip(host: host, port: boundPort(made) ?? port))
            }
            reason = errno
            close(made)
        }
        throw reason == EADDRINUSE
            ? .addressInUse(name) : .cannotListen(address: name, reason: String(cString: strerror(reason)))
    }

    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)

    private static func boundPort(_ socket: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
            // Every socket address begins as sockaddr_storage does; the system writes at most `length` bytes.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) == 0 }
        }
        guard isKnown else { return nil }
        return withUnsafeBytes(of: &storage) { bytes in
            // sin_port and sin6_port both stand after the family, in network order.
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    // MARK: - Unix

    private static func listen(path: String, mode: UInt32) throws(DaemonError) -> Int32 {
        let name = Address.unix(path: path, mode: mode).description
        guard var socketAddress = unixAddress(path) else {
            throw .cannotListen(
                address: name, reason: "the path is empty, has a zero byte, or is longer than 107 bytes")
        }
        try makeRoom(at: path, name: name, &socketAddress)
        let made = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
        guard made >= 0 else { throw .cannotListen(address: name, reason: String(cString: strerror(errno))) }
        // Nobody can connect before listen, so the permissions hold from the first moment on.
        if call(&socketAddress, { bind(made, $0, $1) }) == 0 {
            if chmod(path, mode) == 0, Glibc.listen(made, backlog) == 0 { return made }
            let reason = errno
            unlink(path)
            close(made)
            throw .cannotListen(address: name, reason: String(cString: strerror(reason)))
        }
        let reason = errno
        close(made)
        throw reason == EADDRINUSE
            ? .addressInUse(name) : .cannotListen(address: name, reason: String(cString: strerror(reason)))
    }

    /// Removes the socket file of a process that is gone; throws when it lives, or when the file is no socket.
    private static func makeRoom(
        at path: String, name: String, _ socketAddress: inout sockaddr_un
    ) throws(DaemonError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec | nonBlocking, 0)
        guard probe >= 0 else { throw .cannotListen(address: name, reason: String(cString: strerror(errno))) }
        defer { close(probe) }
        // Only a refusal proves that nobody listens; a full backlog (EAGAIN) or a lack of rights does not.
        if call(&socketAddress, { connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED {
            unlink(path)
        } else {
            throw .addressInUse(name)
        }
    }

    private static let nonBlocking = Int32(SOCK_NONBLOCK.rawValue)

    private static func unixAddress(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        return withUnsafeMutableBytes(of: &address.sun_path) { target in
            guard !bytes.isEmpty, !bytes.contains(0), bytes.count < target.count else { return false }
            target.copyBytes(from: bytes)
            return true
        } ? address : nil
    }

    private static func call(
        _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            // A sockaddr_un is a sockaddr to the system, which goes by the family and the length.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
