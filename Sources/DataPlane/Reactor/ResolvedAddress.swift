import CReactor
import Control
import Glibc

/// An address that the kernel can bind or connect to: a name already looked up.
struct ResolvedAddress: Sendable {
    private var storage = sockaddr_storage()
    private(set) var length: socklen_t = 0

    /// Lets `body` fill in an address.
    init?(_ body: (UnsafeMutablePointer<sockaddr_storage>, UnsafeMutablePointer<socklen_t>) -> Bool) {
        var filled = socklen_t(MemoryLayout<sockaddr_storage>.size)
        guard body(&storage, &filled) else { return nil }
        length = min(filled, socklen_t(MemoryLayout<sockaddr_storage>.size))
    }

    /// Lends the address to a system call.
    func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: storage) { pointer in
            // Safe: a sockaddr_storage is made to hold every kind of sockaddr.
            UnsafeRawPointer(pointer).withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// AF_INET, AF_INET6 or AF_UNIX.
    var family: Int32 { Int32(storage.ss_family) }

    /// Whether it is a Unix socket's.
    var isUnix: Bool { family == AF_UNIX }

    /// The port; 0 for a Unix socket.
    var port: UInt16 {
        family == AF_UNIX ? 0 : withBytes { UInt16($0[2]) << 8 | UInt16($0[3]) }
    }

    /// The same address with another port.
    func with(port: UInt16) -> ResolvedAddress {
        var copy = self
        guard family != AF_UNIX else { return copy }
        withUnsafeMutableBytes(of: &copy.storage) { bytes in
            bytes[2] = UInt8(port >> 8)
            bytes[3] = UInt8(port & 0xFF)
        }
        return copy
    }

    /// The bytes of `X-Forwarded-For`: the address without its port, IPv6 without brackets; "unknown" for a Unix peer.
    var hostText: [UInt8] {
        guard family != AF_UNIX else { return Array("unknown".utf8) }
        if family == AF_INET { return dottedText }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        withBytes { bytes in
            let address = bytes.baseAddress.map { $0 + 8 }
            _ = inet_ntop(family, address, &text, socklen_t(text.count))
        }
        return text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }

    // Written by hand because every accepted client is: inet_ntop goes through printf.
    private var dottedText: [UInt8] {
        withBytes { bytes in
            var text: [UInt8] = []
            text.reserveCapacity(15)
            for index in 4..<8 {
                if index > 4 { text.append(UInt8(ascii: ".")) }
                let number = bytes[index]
                if number >= 100 { text.append(UInt8(ascii: "0") + number / 100) }
                if number >= 10 { text.append(UInt8(ascii: "0") + number / 10 % 10) }
                text.append(UInt8(ascii: "0") + number % 10)
            }
            return text
        }
    }

    private func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeBytes(of: storage, body)
    }
}

extension ResolvedAddress {
    /// Looks `address` up; blocks while a name server is asked.
    ///
    /// - Throws: What the look-up failed with, in words.
    static func resolve(_ address: SocketAddress) throws(SettingFault) -> ResolvedAddress {
        switch address {
        case .unix(let path): try unix(path: path)
        case .tcp(let host, let port): try lookUp(host: host, port: port)
        }
    }

    private static func unix(path: String) throws(SettingFault) -> ResolvedAddress {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        let made = ResolvedAddress { storage, length in
            withUnsafeBytes(of: address) {
                UnsafeMutableRawPointer(storage).copyMemory(
                    from: $0.baseAddress ?? UnsafeRawPointer(storage), byteCount: $0.count)
            }
            length.pointee = socklen_t(MemoryLayout<sockaddr_un>.size)
            return fits
        }
        guard let made else { throw SettingFault("the path \(path) is too long for a Unix socket") }
        return made
    }

    private static func lookUp(host: String, port: UInt16) throws(SettingFault) -> ResolvedAddress {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = list else {
            throw SettingFault("cannot look up \(host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(list) }
        let made = ResolvedAddress { storage, length in
            guard let address = first.pointee.ai_addr else { return false }
            UnsafeMutableRawPointer(storage).copyMemory(from: address, byteCount: Int(first.pointee.ai_addrlen))
            length.pointee = first.pointee.ai_addrlen
            return true
        }
        guard let made else { throw SettingFault("cannot look up \(host)") }
        return made
    }
}
