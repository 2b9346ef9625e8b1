import Glibc

/// Free ports of 127.0.0.1.
enum LoopbackPort {
    /// Binds `descriptor` to a free port and returns it.
    static func bind(_ descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            // Every socket address is a sockaddr to the system, which goes by the family and the length.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw WireError("bind: \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// A port that was free just now, for a program that cannot take one itself.
    static func free() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WireError("socket: \(errno)") }
        defer { Glibc.close(descriptor) }
        return try bind(descriptor)
    }
}
