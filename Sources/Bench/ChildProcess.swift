package import Control
import Glibc
import Locks
import Synchronization

/// A program that runs beside this one, and ends with it.
package final class ChildProcess: Sendable {
    package let identifier: Int32
    private let isEnded = Lock(false)

    /// Starts `executable`; its standard error goes to `errorFile`, its standard output nowhere.
    ///
    /// - Throws: What the system says.
    package init(_ executable: String, _ arguments: [String], errorFile: String) throws(SettingFault) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var started: pid_t = 0
        // Settings for the program that people run would make another benchmark of this one, or keep it from starting.
        let kept = Self.environment.filter { !$0.hasPrefix("SLUICE_") }
        var variables: [UnsafeMutablePointer<CChar>?] = kept.map { strdup($0) } + [nil]
        defer { variables.forEach { free($0) } }
        let status = posix_spawn(&started, executable, &actions, nil, &words, &variables)
        guard status == 0 else { throw SettingFault("cannot run \(executable): \(String(cString: strerror(status)))") }
        identifier = started
    }

    // This process's variables, as NAME=value.
    private static var environment: [String] {
        var all: [String] = []
        // The array of environ(7) ends with a null pointer, and nothing in this program changes it.
        var next = environ
        while let variable = next.pointee {
            all.append(String(cString: variable))
            next += 1
        }
        return all
    }

    deinit { end() }

    /// Asks it to stop, and waits until it has: at most 12 s, then it is killed. Calling it again does nothing.
    package func end() {
        let wasEnded = isEnded.withLock { ended in
            defer { ended = true }
            return ended
        }
        guard !wasEnded else { return }
        kill(identifier, SIGTERM)
        for _ in 0..<1200 {
            var status: Int32 = 0
            if waitpid(identifier, &status, WNOHANG) != 0 { return }
            usleep(10_000)
        }
        kill(identifier, SIGKILL)
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
    }

    /// Whether it still runs.
    package var isRunning: Bool {
        // A child that ended stays a zombie until it is waited for, so its state has to be read.
        guard let fields = statFields else { return false }
        return fields.first != "Z"
    }

    /// The CPU time that it has used, user and system, in seconds.
    package var cpuTime: Double {
        guard let fields = statFields, fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
        else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    // The fields of /proc/PID/stat from the third on: the second holds a name that may contain anything.
    private var statFields: [Substring]? {
        guard let text = TextFile.read("/proc/\(identifier)/stat"), let end = text.lastIndex(of: ")") else {
            return nil
        }
        return text[text.index(after: end)...].split(separator: " ")
    }
}

/// Small files as text.
enum TextFile {
    /// All of the file at `path`; nil when it cannot be read.
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += block[..<count]
        }
    }

    /// Writes a file anew.
    static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        defer { fclose(file) }
        return fputs(text, file) >= 0
    }
}
