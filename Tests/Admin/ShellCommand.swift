import Foundation
import Testing

/// Runs programs that judge what the server says.
enum ShellCommand {
    /// The repository's root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A Python that has what Tests/setup installs; nil without it.
    static let python: String? = {
        let venv = root.appending(path: ".build/venv/bin/python").path
        return [venv, "python3"].first { (try? run("\($0) -c 'import prometheus_client'", input: "").code) == 0 }
    }()

    /// Runs a shell command with `input`; returns its exit code and all it printed.
    ///
    /// Without Foundation's `Process`, and with a last line that keeps the output from being empty: the leak checker
    /// finds fault with that and with reading an empty file.
    static func run(_ command: String, input: String) throws -> (code: Int, output: String) {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (inputFile, outputFile) = (directory.appendingPathComponent("in"), directory.appendingPathComponent("out"))
        try Data(input.utf8).write(to: inputFile)
        system("{ \(command); echo \"\n$?\"; } < \(inputFile.path) > \(outputFile.path) 2>&1")
        let output = String(decoding: try Data(contentsOf: outputFile), as: UTF8.self)
        let end = try #require(output.dropLast().lastIndex(of: "\n"))
        let code = try #require(Int(output[end...].filter(\.isNumber)))
        return (code, String(output[..<end]))
    }
}
