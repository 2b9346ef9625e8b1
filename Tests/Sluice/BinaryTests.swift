import Foundation
import Testing

@testable import sluice

/// The built program, if it is beside the tests or where `SLUICE_BINARY` says.
enum Binary {
    static let path: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["SLUICE_BINARY"], !named.isEmpty { return named }
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "sluice")
        return FileManager.default.isExecutableFile(atPath: beside.path) ? beside.path : nil
    }()

    struct Outcome {
        let code: Int32
        let output: String
        let errors: String
    }

    /// Runs it to its end, which has to come within 30 seconds.
    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments = arguments
        process.environment = environment
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files, because a pipe that nobody reads stops the program.
        let names = ["output", "errors"].map { folder.appending(path: $0) }
        for name in names { try Data().write(to: name) }
        process.standardOutput = try FileHandle(forWritingTo: names[0])
        process.standardError = try FileHandle(forWritingTo: names[1])
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let deadline = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + 30, execute: deadline)
        process.waitUntilExit()
        deadline.cancel()
        let texts = try names.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Outcome(code: process.terminationStatus, output: texts[0], errors: texts[1])
    }
}

@Suite("The built program", .enabled(if: Binary.path != nil), .serialized)
struct BinaryTests {
    private func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString).yaml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    @Test("check prints what a good file means")
    func goodFile() throws {
        try withFile(GoodFileTests.manual) { path in
            let outcome = try Binary.run(["check", path])
            #expect(outcome.code == 0)
            #expect(outcome.errors.isEmpty)
            let row = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("agents.k.maxSockets") })
            #expect(row.split(separator: " ") == ["agents.k.maxSockets", "100", "\(path):18"])
        }
    }

    @Test("check reads JSON, and says what flags and variables change")
    func layers() throws {
        try withFile("{\"grace\": 3,\n\"agents\": {\"default\": {\"upstream\": \"http://h\"}}}\n") { path in
            let outcome = try Binary.run(
                ["check", path, "--max-sockets", "7", "--watch"], environment: ["SLUICE_LOG_LEVEL": "debug"])
            #expect(outcome.code == 0)
            let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            func row(_ path: String) -> [String]? { rows.first { $0.first == path } }
            #expect(row("grace") == ["grace", "3s", "\(path):1"])
            #expect(row("agents.default.upstream") == ["agents.default.upstream", "http://h:80", "\(path):2"])
            #expect(row("agents.default.maxSockets") == ["agents.default.maxSockets", "7", "--max-sockets"])
            #expect(row("watch") == ["watch", "on", "--watch"])
            #expect(row("logLevel") == ["logLevel", "debug", "SLUICE_LOG_LEVEL"])
            #expect(row("via") == ["via", "sluice", "default"])
        }
    }

    @Test("check prints every fault of a bad file and exits with 78")
    func badFile() throws {
        try withFile("threads: 0\nlistn: x\nagents: {default: {upstream: http://h}}\n") { path in
            let outcome = try Binary.run(["check", path], environment: ["SLUICE_GRACE": "x"])
            #expect(outcome.code == 78)
            #expect(outcome.output.isEmpty)
            #expect(
                outcome.errors == """
                    \(path):1:10: threads: must be 1 to 1024, not 0
                    \(path):2:1: listn: unknown key; did you mean listen?
                    SLUICE_GRACE: must be a duration such as "500ms", "4s" or "2m", not "x"

                    """)
        }
    }

    @Test("serve refuses a bad file from the flag and from the variable", arguments: [true, false])
    func serveBadFile(byFlag: Bool) throws {
        try withFile("threads: 0\nagents: {default: {upstream: http://h}}\n") { path in
            let outcome = try Binary.run(
                byFlag ? ["--config", path] : ["serve"], environment: byFlag ? [:] : ["SLUICE_CONFIG": path])
            #expect(outcome.code == 78)
            #expect(outcome.errors == "\(path):1:10: threads: must be 1 to 1024, not 0\n")
        }
    }

    @Test(
        "a file that is none",
        arguments: [
            ("/nonexistent/x.yaml", "cannot be read: No such file or directory"),
            ("/", "cannot be read: Is a directory"),
            ("/dev/zero", "must be at most 1MiB long"),
        ])
    func noFile(path: String, message: String) throws {
        let outcome = try Binary.run(["check", path])
        #expect(outcome.code == 78)
        #expect(outcome.errors == "\(path): \(message)\n")
    }

    @Test("wrong usage exits with 64")
    func usage() throws {
        let outcome = try Binary.run(["--max-sockets", "0", "--timeout", "x"])
        #expect(outcome.code == 64)
        #expect(outcome.output.isEmpty)
        #expect(
            outcome.errors.hasPrefix("Error: --max-sockets: must be 1 to 1000000, not 0\n--timeout: must be a duration")
        )
    }

    @Test("an unknown variable exits with 78")
    func unknownVariable() throws {
        let outcome = try Binary.run(["serve"], environment: ["SLUICE_MAX_SOCKTS": "1"])
        #expect(outcome.code == 78)
        #expect(outcome.errors == "SLUICE_MAX_SOCKTS: unknown variable; did you mean SLUICE_MAX_SOCKETS?\n")
    }

    @Test("version and help")
    func version() throws {
        #expect(try Binary.run(["--version"]).output == "0.1.0\n")
        let help = try Binary.run(["--help"])
        #expect(help.code == 0)
        #expect(help.output.contains("OVERVIEW: A pooled HTTP/1.1 proxy."))
    }
}
