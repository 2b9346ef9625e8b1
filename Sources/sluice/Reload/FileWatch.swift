import Dispatch
import Glibc
import Logging
import Synchronization

/// Tells when a file may have changed: written in place, put in the place of the old one by an editor, or led elsewhere
/// by a symbolic link that was replaced, as Kubernetes does with a ConfigMap.
///
/// Directories are watched and not the file (inotify(7)), since the file of that name is another one afterwards: the one
/// that the path names, and the one in which the file really lies.
enum FileWatch {
    /// What there is to tell.
    enum Sign: Sendable {
        /// Something in one of the directories was written, moved or removed.
        case changed
        /// It is time to look, whatever the system tells: on some file systems it tells nothing.
        case look
    }

    // Rare enough to cost nothing, often enough for a person who waits.
    private static let periodMilliseconds: Int32 = 2_000
    // A directory may be a busy one; nobody needs to look more often.
    private static let pauseMicroseconds: UInt32 = 20_000
    // A file that is still open for writing is not told of: it is not whole yet.
    private static let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE)

    /// The signs of the file at `path`, from now on until the task that reads them is cancelled.
    ///
    /// - Parameter log: Is told when the system does not tell of changes; the file is looked at all the same.
    static func signs(of path: String, log: Logger) -> AsyncStream<Sign> {
        let (signs, continuation) = AsyncStream.makeStream(of: Sign.self, bufferingPolicy: .bufferingNewest(4))
        let life = Life()
        continuation.onTermination = { _ in life.isOver.store(true, ordering: .relaxed) }
        // A queue of its own is a thread of its own, which may block.
        DispatchQueue(label: "sluice.watch").async { watch(path, continuation, life, log) }
        return signs
    }

    private final class Life: Sendable {
        let isOver = Atomic(false)
    }

    private static func watch(
        _ path: String, _ continuation: AsyncStream<Sign>.Continuation, _ life: Life, _ log: Logger
    ) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        if descriptor < 0 { log.warning("the system does not watch \(path): \(String(cString: strerror(errno)))") }
        defer { if descriptor >= 0 { close(descriptor) } }
        // Links may lead elsewhere after each change.
        addDirectories(of: path, to: descriptor)
        while !life.isOver.load(ordering: .relaxed) {
            // A descriptor below zero is none to poll(2), which then only waits.
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&wanted, 1, periodMilliseconds)
            if count > 0 {
                usleep(pauseMicroseconds)
                drain(descriptor)
            }
            addDirectories(of: path, to: descriptor)
            continuation.yield(count > 0 ? .changed : .look)
        }
    }

    // One that is watched already stays so.
    private static func addDirectories(of path: String, to descriptor: Int32) {
        guard descriptor >= 0 else { return }
        for directory in Set([path, target(of: path)].map(directory(of:))) {
            _ = inotify_add_watch(descriptor, directory, events)
        }
    }

    // Where the file that `path` names really lies; `path` itself when there is none.
    private static func target(of path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    // What happened to what does not matter: the file is looked at.
    private static func drain(_ descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        while read(descriptor, &bytes, bytes.count) > 0 {}
    }
}
