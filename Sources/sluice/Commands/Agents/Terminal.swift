import FoundationEssentials
import Glibc

/// What standard output leads to.
struct Terminal: Sendable {
    /// Whether people look at it, so that it can be drawn anew.
    let isTerminal: Bool
    /// Whether it is wanted in colors (https://no-color.org).
    let hasColor: Bool

    /// Looks where standard output goes.
    static var current: Terminal {
        let environment = ProcessInfo.processInfo.environment
        let isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
        return Terminal(isTerminal: isTerminal, hasColor: isTerminal && (environment["NO_COLOR"] ?? "").isEmpty)
    }

    /// How many characters it has in a line, and how many lines; nil when it does not say.
    var size: (width: Int, height: Int)? {
        var size = winsize()
        // The call fills the struct that it is given, and nothing else (ioctl_tty(2)).
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 1 else {
            return nil
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Colors of the table, as SGR codes (ECMA-48).
    enum Color: Int, Sendable {
        case bold = 1
        case red = 31
        case green = 32
        case yellow = 33
    }

    /// `text` in `color`, where colors are wanted.
    func paint(_ text: String, _ color: Color?) -> String {
        guard hasColor, let color else { return text }
        return "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
    }

    /// Writes to standard output at once.
    ///
    /// - Returns: Whether somebody is left to read it.
    @discardableResult
    static func write(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || (count < 0 && errno == EINTR) else { return false }
            bytes = bytes.dropFirst(max(0, count))
        }
        return true
    }
}
