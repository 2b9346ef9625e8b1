import Control
import Glibc

/// Binds listeners: a TCP address once for each worker, a Unix socket once for all of them.
enum ListenerPlan {
    // The kernel cuts it to net.core.somaxconn.
    private static let backlog: Int32 = 4096

    /// Binds `address`.
    ///
    /// - Parameter isShared: Whether another process may listen on it as well, so that it can take over.
    /// - Returns: A listener for each worker, and the address with the port that was really bound.
    /// - Throws: Why it cannot be bound.
    static func bind(
        _ address: SocketAddress, workers: Int, isShared: Bool
    ) throws(SettingFault) -> (descriptors: [Descriptor], address: SocketAddress) {
        var target = try ResolvedAddress.resolve(address)
        if case .unix(let path) = address {
            try UnixSocketFile.makeWay(at: path)
            // One socket for all, but each with a descriptor of its own to close.
            let shared = try listen(target, isShared: isShared)
            let others = (1..<workers).map { _ in Descriptor(rawValue: fcntl(shared.rawValue, F_DUPFD_CLOEXEC, 0)) }
            return ([shared] + others, address)
        }
        var descriptors: [Descriptor] = []
        for worker in 0..<workers {
            let descriptor = try listen(target, isShared: isShared)
            descriptors.append(descriptor)
            // The first one takes the port that the others share.
            if worker == 0 { target = target.with(port: SystemKernel.localPort(of: descriptor)) }
        }
        return (descriptors, named(address, port: target.port))
    }

    private static func listen(_ address: ResolvedAddress, isShared: Bool) throws(SettingFault) -> Descriptor {
        do throws(SystemError) {
            return try SystemKernel.listen(on: address, backlog: backlog, isShared: isShared)
        } catch {
            throw SettingFault(error.description)
        }
    }

    private static func named(_ address: SocketAddress, port: UInt16) -> SocketAddress {
        guard case .tcp(let host, _) = address else { return address }
        return .tcp(host: host, port: port)
    }
}
