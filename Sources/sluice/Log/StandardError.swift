import FoundationEssentials
import Glibc

/// Where everything goes that is for people and no result.
enum StandardError {
    /// Writes lines, each group in one go, so that those of other threads do not fall into them.
    static func write(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        var bytes = Array((lines.joined(separator: "\n") + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            // Nobody is left to be told.
            guard count > 0 || (count < 0 && errno == EINTR) else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}
