import CReactor
import Control
import Glibc

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
