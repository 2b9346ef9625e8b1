import CReactor
import Control
import Glibc

/// The file of a Unix socket that is to be bound.
struct UnixSocketFile: Sendable {
    private let path: String
    private let identity: UInt64

    /// The file of a socket that was bound to `address` just now; nil when that is not a path.
    init?(_ address: SocketAddress) {
        guard case .unix(let path) = address, let identity = Self.identity(of: path) else { return nil }
        self.path = path
        self.identity = identity
    }

    /// Removes it, unless another process has put its own there since.
    func remove() {
        if Self.identity(of: path) == identity { unlink(path) }
    }

    private static func identity(of path: String) -> UInt64? {
        var status = stat()
        return lstat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

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
