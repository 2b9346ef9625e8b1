import Control
import Dispatch
import Glibc
import Locks
import Logging
import Synchronization

/// Writes a line for each request. Loops hand records over and go on; a thread of its own formats and writes them.
///
/// Between both is a queue with a limit: what comes while it is full is dropped and counted, so that a full disk or a
/// pipe that nobody reads never holds up a request.
final class AccessLog: AccessSink {
    /// Where lines go. The descriptor is closed with the last reference, unless it is standard output.
    final class Place: Sendable {
        let target: ProgramSettings.AccessLog
        /// Nil: nowhere.
        let descriptor: Int32?

        /// Opens the place that `target` names, a file at its end; throws why that is not possible.
        init(_ target: ProgramSettings.AccessLog) throws(SettingFault) {
            self.target = target
            descriptor =
                switch target {
                case .off: nil
                case .stdout: OutputFile.standardOutput
                case .file(let path): try OutputFile.open(path)
                }
        }

        deinit {
            if case .file = target, let descriptor { OutputFile.close(descriptor) }
        }
    }

    /// What the writer is given, in order.
    enum Item: Sendable {
        /// A record and when it was handed over, in nanoseconds since 1970.
        case record(AccessRecord, end: Int64)
        /// From here on lines go to this place (nil: where they went) and are written like this.
        case follow(Place?, ProgramSettings.LogFormat)
    }

    private struct State {
        var items: [Item] = []
        var dropped: UInt64 = 0
        var isEnding = false
    }

    /// How many records wait at most. One is a few hundred bytes, three thousand at worst.
    static let itemsMax = 8_192

    private let on: Atomic<Bool>
    private let state: Lock<State>
    private let log: Logger
    // Signaled when there is something to do for a writer that had nothing.
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// A log that writes to `place`.
    ///
    /// - Parameter log: Is told when records were lost, now and then.
    init(_ place: Place, format: ProgramSettings.LogFormat, log: Logger) {
        on = Atomic(place.descriptor != nil)
        state = Lock(State(items: [.follow(place, format)]))
        self.log = log
        // A write to a pipe whose reader has gone is to fail, and not to end the process.
        signal(SIGPIPE, SIG_IGN)
        // A queue of its own is a thread of its own, which may block.
        DispatchQueue(label: "sluice.access-log").async { self.write() }
        wake.signal()
    }

    var isOn: Bool { on.load(ordering: .relaxed) }

    func record(_ record: AccessRecord) {
        let end = WallClock.nanoseconds
        let isFirst = state.withLock { state in
            guard state.items.count < Self.itemsMax else {
                state.dropped += 1
                return false
            }
            state.items.append(.record(record, end: end))
            return state.items.count == 1
        }
        if isFirst { wake.signal() }
    }

    /// From now on lines go to `place` (nil: where they went), written like `format`; what was recorded before goes
    /// where it would have gone.
    func follow(_ place: Place?, format: ProgramSettings.LogFormat) {
        state.withLock { $0.items.append(.follow(place, format)) }
        if let place { on.store(place.descriptor != nil, ordering: .relaxed) }
        wake.signal()
    }

    /// Writes what is there and ends; gives up after `patience`, when nobody reads.
    func close(patience: DispatchTimeInterval) {
        on.store(false, ordering: .relaxed)
        state.withLock { $0.isEnding = true }
        wake.signal()
        _ = ended.wait(timeout: .now() + patience)
    }

    // The writer's thread.
    private func write() {
        var writer = AccessWriter(log: log)
        var items: [Item] = []
        var isEnding = false
        while !isEnding {
            wake.wait()
            let dropped = state.withLock { state in
                // The array that was written keeps its memory and is filled next.
                swap(&items, &state.items)
                isEnding = state.isEnding
                defer { state.dropped = 0 }
                return state.dropped
            }
            writer.write(items)
            items.removeAll(keepingCapacity: true)
            writer.note(dropped: dropped, isLast: isEnding)
        }
        ended.signal()
    }
}
