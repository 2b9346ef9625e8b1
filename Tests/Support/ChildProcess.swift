import Dispatch
import Foundation

/// A program that runs beside the test, with everything that it writes; killed with this object at the latest.
public final class ChildProcess: Sendable {
    /// How it ended.
    public enum Ending: Sendable, Equatable {
        /// It exited with this code.
        case exit(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    /// What it wrote, and how it ended.
    public struct Record: Sendable {
        /// What it wrote on standard output.
        public var output: [UInt8] = []
        /// What it wrote on standard error.
        public var errors: [UInt8] = []
        /// How it ended, when it has.
        public var ending: Ending?
        var streams = 2

        /// ``output`` as text.
        public var outputText: String { String(decoding: output, as: UTF8.self) }
        /// ``errors`` as text.
        public var errorText: String { String(decoding: errors, as: UTF8.self) }
    }

    /// What went wrong.
    public enum Failure: Error, CustomStringConvertible {
        /// The program could not be started.
        case cannotStart(String, code: Int32)
        /// It did not end in time.
        case stillRunning(String)

        /// What went wrong, in words.
        public var description: String {
            switch self {
            case .cannotStart(let path, let code): "cannot start \(path): \(String(cString: strerror(code)))"
            case .stillRunning(let text): "still running; it wrote: \(text)"
            }
        }
    }

    /// Its process id.
    public let id: Int32
    /// What it has written; wait for it with `wait(_:until:)`.
    public let record = Watched(Record())

    /// Starts the program at `path`.
    ///
    /// - Parameter environment: Variables on top of a small fixed set (PATH, HOME, LANG, and SLUICE_IO
    ///   so that a whole run can be made with either); nothing else is inherited.
    public init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws {
        var output: [Int32] = [0, 0]
        var errors: [Int32] = [0, 0]
        guard pipe(&output) == 0, pipe(&errors) == 0 else {
            throw Failure.cannotStart(path, code: errno)
        }
        defer {
            close(output[1])
            close(errors[1])
        }
        id = try Self.spawn(
            path, arguments, environment: environment, output: output[1], errors: errors[1])
        let (outputEnd, errorEnd, id, record) = (output[0], errors[0], id, record)
        DispatchQueue(label: "child.output").async { Self.drain(outputEnd, record) { $0.output += $1 } }
        DispatchQueue(label: "child.errors").async { Self.drain(errorEnd, record) { $0.errors += $1 } }
        DispatchQueue(label: "child.end").async {
            var status: Int32 = 0
            while waitpid(id, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7F
            let ending: Ending = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
            record.update { $0.ending = ending }
        }
    }

    deinit { kill() }

    /// Runs a program to its end; throws when that does not come within `patience`.
    public static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        patience: Duration = .seconds(60)
    ) throws -> Record {
        let child = try ChildProcess(path, arguments, environment: environment)
        defer { child.kill() }
        try child.waitForEnd(patience)
        return child.record.current
    }

    /// Sends a signal.
    public func signal(_ number: Int32) {
        // Under the lock, and only while it has not been waited for: its id could belong to another process then.
        record.update { if $0.ending == nil { _ = Glibc.kill(id, number) } }
    }

    /// Ends it at once.
    public func kill() { signal(SIGKILL) }

    /// Waits for its end and for all that it wrote.
    @discardableResult
    public func waitForEnd(_ patience: Duration = .seconds(20)) throws -> Ending {
        record.wait(patience) { $0.ending != nil && $0.streams == 0 }
        let current = record.current
        guard let ending = current.ending else { throw Failure.stillRunning(current.errorText) }
        return ending
    }

    private static func drain(
        _ descriptor: Int32, _ record: Watched<Record>, _ append: @Sendable (inout Record, ArraySlice<UInt8>) -> Void
    ) {
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count > 0 {
                record.update { append(&$0, piece[..<count]) }
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        close(descriptor)
        record.update { $0.streams -= 1 }
    }
}
