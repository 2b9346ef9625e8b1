import Control
import Foundation
import Logging
import TestSupport
import Testing

@testable import sluice

@Suite("The access log's queue and writer")
struct AccessLogTests {
    /// Keeps what is logged.
    private struct Witness: LogHandler {
        let lines = Watched([String]())
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.update { $0.append(event.message.description) } }
    }

    private let witness = Witness()
    private var log: Logger { Logger(label: "test") { _ in witness } }

    private func record(_ number: Int) -> AccessRecord {
        var record = AccessRecord()
        record.method = Array("GET".utf8)
        record.target = Array("/\(number)".utf8)
        record.targetSize = record.target.count
        return record
    }

    private func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-access-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    private func lines(_ file: URL) throws -> [Substring] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    }

    @Test("every record is written once, in order, by many threads at once")
    func many() async throws {
        try await onThread {
            try withFolder { folder in
                let file = folder.appending(path: "log")
                try Data("before\n".utf8).write(to: file)
                let access = AccessLog(try .init(.file(path: file.path)), format: .text, log: log)
                #expect(access.isOn)
                let threads = 4
                DispatchQueue.concurrentPerform(iterations: threads) { thread in
                    for number in 0..<500 { access.record(record(thread * 1_000 + number)) }
                }
                access.close(patience: .seconds(10))
                let lines = try lines(file)
                #expect(lines.first == "before")
                let numbers = lines.dropFirst().compactMap { line in
                    line.split(separator: "\"").dropFirst().first?.split(separator: " ").dropFirst().first
                        .flatMap { Int($0.dropFirst()) }
                }
                #expect(numbers.count == threads * 500)
                for thread in 0..<threads {
                    #expect(numbers.filter { $0 / 1_000 == thread } == (0..<500).map { thread * 1_000 + $0 })
                }
                #expect(witness.lines.current.isEmpty)
            }
        }
    }

    @Test("a switch to another place loses nothing and mixes nothing")
    func follow() async throws {
        try await onThread {
            try withFolder { folder in
                let files = (0..<3).map { folder.appending(path: "log\($0)") }
                let access = AccessLog(try .init(.file(path: files[0].path)), format: .text, log: log)
                for number in 0..<300 {
                    if number == 100 || number == 200 {
                        access.follow(
                            try .init(.file(path: files[number / 100].path)), format: number == 100 ? .json : .text)
                    }
                    access.record(record(number))
                }
                access.follow(try .init(.off), format: .text)
                #expect(!access.isOn)
                access.record(record(9_999))
                access.close(patience: .seconds(10))
                let all = try files.map { try lines($0) }
                #expect(all.map(\.count) == [100, 100, 100])
                #expect(all[0].last?.contains("\"GET /99 ") == true)
                #expect(all[1].first?.contains("\"target\":\"/100\"") == true)
                #expect(all[1].last?.contains("\"target\":\"/199\"") == true)
                #expect(all[2].first?.contains("\"GET /200 ") == true && all[2].last?.contains("\"GET /299 ") == true)
            }
        }
    }

    @Test("a full disk costs lines, which are counted, and nothing else")
    func full() async throws {
        try await onThread {
            let access = AccessLog(try .init(.file(path: "/dev/full")), format: .json, log: log)
            for number in 0..<50 { access.record(record(number)) }
            access.close(patience: .seconds(10))
            let lines = witness.lines.current
            let counts = lines.compactMap { $0.split(separator: " ").compactMap { Int($0) }.first }
            #expect(counts.reduce(0, +) == 50, "\(lines)")
            #expect(lines.allSatisfy { $0.hasSuffix("requests were not written: /dev/full: No space left on device") })
        }
    }

    @Test("a reader that does not read costs lines past the limit, and whoever records never waits")
    func stuck() async throws {
        try await onThread {
            try withFolder { folder in
                let pipe = folder.appending(path: "pipe").path
                #expect(mkfifo(pipe, 0o600) == 0)
                let reader = open(pipe, O_RDONLY | O_NONBLOCK)
                #expect(reader >= 0)
                let access = AccessLog(try .init(.file(path: pipe)), format: .text, log: log)
                let start = ContinuousClock.now
                let count = AccessLog.itemsMax * 3
                for number in 0..<count { access.record(record(number)) }
                #expect(start.duration(to: .now) < .seconds(10))
                // Nobody reads: it gives up.
                access.close(patience: .milliseconds(200))
                close(reader)
                // Now the writer fails instead of waiting, and tells what was lost.
                #expect(witness.lines.wait { !$0.isEmpty })
                let told = witness.lines.current.first ?? ""
                #expect(told.contains("requests were not written"), "\(told)")
            }
        }
    }

    @Test(
        "a place that cannot be opened is a fault that names it",
        arguments: [
            ("/nonexistent/x", "No such file or directory"), ("/", "Is a directory"),
            ("/proc/version/x", "Not a directory"),
        ])
    func unopened(path: String, words: String) {
        #expect(throws: SettingFault("\(path) cannot be opened: \(words)")) {
            try AccessLog.Place(.file(path: path))
        }
    }

    @Test("a pipe that nobody reads is a fault, not a start that hangs")
    func noReader() throws {
        try withFolder { folder in
            let pipe = folder.appending(path: "pipe").path
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(throws: SettingFault("\(pipe) cannot be opened: No such device or address")) {
                try AccessLog.Place(.file(path: pipe))
            }
        }
    }
}
