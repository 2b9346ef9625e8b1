import Foundation
import TestSupport

/// Runs commands of the command line that ask a running Sluice.
enum Command {
    /// Runs `sluice` to its end.
    ///
    /// - Parameter sluice: Whose admin server it asks, by `SLUICE_ADMIN`; nil: none.
    static func run(
        _ arguments: [String], asking sluice: SluiceProcess? = nil, environment: [String: String] = [:]
    ) throws -> ChildProcess.Record {
        try ChildProcess.run(SluiceBinary.path, arguments, environment: variables(sluice, environment))
    }

    /// Starts `sluice` and leaves it running.
    static func start(_ arguments: [String], asking sluice: SluiceProcess) throws -> ChildProcess {
        try ChildProcess(SluiceBinary.path, arguments, environment: variables(sluice, [:]))
    }

    /// Runs `sluice` to its end on a terminal of its own, by `script` of util-linux.
    static func runOnTerminal(
        _ arguments: String, asking sluice: SluiceProcess, environment: [String: String] = [:],
        size: (columns: Int, rows: Int) = (200, 50)
    ) throws -> ChildProcess.Record {
        let sized = "stty cols \(size.columns) rows \(size.rows); exec \(SluiceBinary.path) \(arguments)"
        return try ChildProcess.run(
            "/usr/bin/script", ["--quiet", "--return", "--command", sized, "/dev/null"],
            environment: variables(sluice, ["TERM": "xterm"].merging(environment) { $1 }))
    }

    /// Runs `body` with the path of a file that holds `text` and is gone afterwards.
    static func withFile<Result>(
        _ text: String, suffix: String = "yaml", _ body: (String) throws -> Result
    ) throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "sluice-command-\(UUID().uuidString).\(suffix)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    private static func variables(_ sluice: SluiceProcess?, _ environment: [String: String]) -> [String: String] {
        guard let sluice else { return environment }
        return ["SLUICE_ADMIN": "http://127.0.0.1:\(sluice.adminPort)"].merging(environment) { $1 }
    }
}
