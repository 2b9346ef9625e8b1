import Control
import Glibc

/// Binds the proxy's listeners: a TCP address once for each worker, a Unix socket once for all of them.
enum ListenerPlan {
    // The kernel cuts it to net.core.somaxconn.
    private static let backlog: Int32 = 4096

    /// Binds `addresses`.
    ///
    /// - Returns: Each worker's listeners, and the addresses with the ports that were really bound.
    static func bind(
        _ addresses: [SocketAddress], workers: Int
    ) throws(ProxyServer.StartError) -> (descriptors: [[Descriptor]], addresses: [SocketAddress]) {
        var descriptors = [[Descriptor]](repeating: [], count: workers)
        var bound: [SocketAddress] = []
        for address in addresses {
            do throws(SettingFault) {
                var target = try ResolvedAddress.resolve(address)
                if case .unix(let path) = address {
                    try UnixSocketFile.makeWay(at: path)
                    let shared = try listen(target)
                    for worker in 0..<workers { descriptors[worker].append(shared) }
                    bound.append(address)
                    continue
                }
                for worker in 0..<workers {
                    let descriptor = try listen(target)
                    descriptors[worker].append(descriptor)
                    // The first one takes the port that the others share.
                    if worker == 0 { target = target.with(port: SystemKernel.localPort(of: descriptor)) }
                }
                bound.append(named(address, port: target.port))
            } catch {
                throw .cannotListen(address, reason: error.message)
            }
        }
        return (descriptors, bound)
    }

    private static func listen(_ address: ResolvedAddress) throws(SettingFault) -> Descriptor {
        do throws(SystemError) {
            return try SystemKernel.listen(on: address, backlog: backlog)
        } catch {
            throw SettingFault(error.description)
        }
    }

    private static func named(_ address: SocketAddress, port: UInt16) -> SocketAddress {
        guard case .tcp(let host, _) = address else { return address }
        return .tcp(host: host, port: port)
    }
}

/// The file of a Unix socket that is to be bound.
enum UnixSocketFile {
    /// Removes the socket that a process left behind that is gone; one that still answers is an error.
    static func makeWay(at path: String) throws(SettingFault) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw SettingFault("\(path) is there and is no socket") }
        let address = try ResolvedAddress.resolve(.unix(path: path))
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        let answers = address.withSocketAddress { connect(probe, $0, $1) } == 0
        if answers { throw SettingFault("another process listens on it") }
        unlink(path)
    }
}
