import Control
import Foundation
import Logging
import Testing

@testable import sluice

@Suite("Lines of the log")
struct LogTests {
    private func line(_ format: ProgramSettings.LogFormat, _ message: String, _ metadata: Logger.Metadata) -> String {
        var settings = ProgramSettings()
        settings.logFormat = format
        var handler = LineLogHandler(label: "test", settings: LogSettings(settings))
        handler[metadataKey: "own"] = "1"
        let event = LogEvent(
            level: .warning, message: "\(message)", error: nil, metadata: metadata, source: "test", file: "f",
            function: "g", line: 1)
        return handler.line(of: event, at: "2026-01-02T03:04:05.678Z")
    }

    @Test("text is one line, whatever a peer sent")
    func text() {
        let text = line(.text, "a\nb\u{1b}[2J", ["path": "/x\r\n"])
        #expect(text == "2026-01-02T03:04:05.678Z warning a\\u{a}b\\u{1b}[2J own=1 path=/x\\u{d}\\u{a}")
    }

    @Test(
        "json is one object on one line, whatever a peer sent",
        arguments: ["a", "\"\\\u{0}\u{1f}\u{7f}\n\r\t\u{2028}ü🙂"])
    func json(message: String) throws {
        let text = line(.json, message, ["list": ["x", "y"], "map": ["k": "\(message)"], "level": "mine"])
        #expect(!text.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["message"] as? String == message)
        #expect(object["level"] as? String == "warning")
        #expect(object["time"] as? String == "2026-01-02T03:04:05.678Z")
        let metadata = try #require(object["metadata"] as? [String: Any])
        #expect(metadata["own"] as? String == "1")
        #expect(metadata["list"] as? [String] == ["x", "y"])
        #expect(metadata["map"] as? [String: String] == ["k": message])
    }

    @Test("a logger that is there already follows the settings", arguments: ProgramSettings.LogLevel.allCases)
    func level(level: ProgramSettings.LogLevel) {
        let settings = LogSettings(ProgramSettings())
        let logger = settings.logger(label: "test")
        #expect(logger.logLevel == .info)
        var changed = ProgramSettings()
        changed.logLevel = level
        changed.logFormat = .json
        settings.follow(changed)
        #expect(logger.logLevel.rawValue == level.rawValue)
        #expect(settings.format == .json)
    }

    @Test("a logger's own level is its own")
    func ownLevel() {
        let settings = LogSettings(ProgramSettings())
        var logger = settings.logger(label: "test")
        logger.logLevel = .error
        #expect(logger.logLevel == .error && settings.level == .info)
    }
}
