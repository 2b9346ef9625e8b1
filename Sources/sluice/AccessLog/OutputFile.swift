import Control
import Glibc

/// Files that lines are put behind.
enum OutputFile {
    /// Standard output's descriptor.
    static let standardOutput = STDOUT_FILENO

    // For its owner to write and for their group to read, as logs are.
    private static let mode: mode_t = 0o640

    /// Opens the file at `path` at its end, and makes it when it is not there; throws why that is not possible.
    static func open(_ path: String) throws(SettingFault) -> Int32 {
        // Not to wait for the reader of a pipe: without one, that is the fault to tell.
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode)
        guard descriptor >= 0 else { throw SettingFault("\(path) cannot be opened: \(words(errno))") }
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }
        return descriptor
    }

    /// Closes what was opened.
    static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    /// Writes all of `bytes`, and waits for that as long as it takes.
    ///
    /// - Parameter written: How many bytes were.
    /// - Returns: What kept the rest from being written, in words; nil: nothing did.
    static func write(_ bytes: [UInt8], to descriptor: Int32, written: inout Int) -> String? {
        written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                return words(errno)
            }
        }
        return nil
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
