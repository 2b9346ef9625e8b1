import Control
import Foundation
import TestSupport
import Testing

@testable import sluice

@Suite("Lines of the access log")
struct AccessLineTests {
    // 2026-01-02T03:04:05.678Z.
    private static let end: Int64 = 1_767_323_045_678_000_000

    private static func record() -> AccessRecord {
        var record = AccessRecord()
        record.method = Array("GET".utf8)
        record.target = Array("/k/5?a=b".utf8)
        record.targetSize = record.target.count
        record.host = Array("a.example:80".utf8)
        record.client = Array("127.0.0.1".utf8)
        record.status = 200
        record.agent = "k"
        record.mode = .keepalive
        record.waited = 1_234_567
        record.connect = 0
        record.firstByte = 5_312_900
        record.total = 1_000_000_000
        record.bytesFromClient = 91
        record.bytesToClient = 412
        record.bytesFromUpstream = 300
        record.bytesToUpstream = 80
        record.socket = 17
        record.isReused = true
        return record
    }

    private func line(_ record: AccessRecord, _ format: ProgramSettings.LogFormat) -> String {
        var lines = AccessLines()
        var bytes: [UInt8] = []
        lines.append(record, end: Self.end, format: format, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func members(_ record: AccessRecord) throws -> [String: Any] {
        let text = line(record, .json)
        #expect(text.hasSuffix("}\n") && text.filter { $0.isNewline }.count == 1)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("text says all of a request")
    func text() {
        #expect(
            line(Self.record(), .text) == """
                127.0.0.1 2026-01-02T03:04:04.678Z "GET /k/5?a=b HTTP/1.1" a.example:80 200 91/412 k/keepalive \
                1.234/0.000/5.312/1000.000 17 reused ok

                """)
    }

    @Test("text of a request that came to nothing")
    func nothing() {
        var record = AccessRecord()
        record.status = 400
        record.termination = "bad-request"
        #expect(
            line(record, .text)
                == "unix 2026-01-02T03:04:05.678Z \"-\" - 400 0/0 -/- 0.000/0.000/-/0.000 - - bad-request\n")
    }

    @Test("a new socket, a repeated request, a cut target")
    func variants() {
        var record = Self.record()
        record.isReused = false
        record.isRetried = true
        record.targetSize = 5_000
        record.versionMinor = 0
        let text = line(record, .text)
        #expect(text.contains(" \"GET /k/5?a=b... HTTP/1.0\" "))
        #expect(text.hasSuffix(" 17 new,retried ok\n"))
    }

    @Test("json has named members, times in seconds")
    func json() throws {
        let members = try members(Self.record())
        #expect(members["time"] as? String == "2026-01-02T03:04:04.678Z")
        #expect(members["client"] as? String == "127.0.0.1")
        #expect(members["method"] as? String == "GET")
        #expect(members["target"] as? String == "/k/5?a=b")
        #expect(members["host"] as? String == "a.example:80")
        #expect(members["version"] as? String == "1.1")
        #expect(members["status"] as? Int == 200)
        #expect(members["agent"] as? String == "k" && members["mode"] as? String == "keepalive")
        #expect(members["waiting"] as? Double == 0.001234)
        #expect(members["connecting"] as? Double == 0)
        #expect(members["firstByte"] as? Double == 0.005312)
        #expect(members["total"] as? Double == 1)
        #expect(members["bytesFromClient"] as? Int == 91 && members["bytesToClient"] as? Int == 412)
        #expect(members["bytesFromUpstream"] as? Int == 300 && members["bytesToUpstream"] as? Int == 80)
        #expect(members["socket"] as? String == "17")
        #expect(members["reused"] as? Bool == true && members["retried"] as? Bool == false)
        #expect(members["termination"] as? String == "ok")
        #expect(members["targetSize"] == nil)
        let none = try self.members(AccessRecord())
        for name in ["client", "method", "target", "host", "agent", "mode", "firstByte", "socket"] {
            #expect(none[name] is NSNull, "\(name)")
        }
    }

    @Test(
        "nothing that a client sends makes another line or column",
        arguments: ["a\r\nb", "x\" 200", "\\\"", "\u{1b}[2J", "a b", "\u{7f}\u{0}\t", "ü", "-"])
    func injection(text: String) throws {
        var record = Self.record()
        record.method = Array(text.utf8)
        record.target = Array(text.utf8)
        record.targetSize = record.target.count
        record.host = Array(text.utf8)
        record.client = Array(text.utf8)
        let line = line(record, .text)
        #expect(line.utf8.allSatisfy { $0 == UInt8(ascii: "\n") || (0x20...0x7E).contains($0) })
        #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
        // Two quotes that are not escaped, and behind them the columns that there always are.
        let unescaped = line.replacing("\\\\", with: "").replacing("\\\"", with: "")
        let parts = unescaped.split(separator: "\"", omittingEmptySubsequences: false)
        #expect(parts.count == 3)
        #expect(parts.first?.split(separator: " ").count == 2)
        #expect(parts.last?.split(separator: " ").count == 8)
        let members = try members(record)
        #expect(members["target"] as? String == text && members["method"] as? String == text)
        #expect(members["host"] as? String == text && members["client"] as? String == text)
    }

    @Test("any bytes are one line of JSON", arguments: Seeds.forThisRun(4))
    func anyBytes(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for step in 0..<300 {
            var record = Self.record()
            record.target = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let text = line(record, .json)
            #expect(!text.dropLast().contains { $0.isNewline }, "seed \(seed), step \(step)")
            let object = try? JSONSerialization.jsonObject(with: Data(text.utf8))
            #expect(object is [String: Any], "seed \(seed), step \(step): \(record.target)")
            let words = line(record, .text)
            #expect(words.utf8.dropLast().allSatisfy { (0x20...0x7E).contains($0) }, "seed \(seed), step \(step)")
        }
    }

    @Test("bytes that are no text are written as in a URL")
    func noText() throws {
        var record = Self.record()
        record.target = [UInt8(ascii: "/"), 0xFF, UInt8(ascii: "a")]
        #expect(try members(record)["target"] as? String == "/%FFa")
        #expect(line(record, .text).contains("\"GET /\\xffa"))
    }

    @Test("the calendar is right", arguments: Seeds.forThisRun(4))
    func calendar(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var time = LogTime()
        // 1970 to 2262, the end of 64 bits of nanoseconds, and around the days that a wrong calendar stumbles over.
        var seconds = (0..<2_000).map { _ in Int64.random(in: 0...9_200_000_000, using: &random) }
        seconds += [0, 951_782_399, 951_782_400, 4_107_542_399, 4_107_542_400, -1, -86_401]
        for second in seconds {
            let milliseconds = Int64.random(in: 0..<1_000, using: &random)
            var bytes: [UInt8] = []
            time.append((second * 1_000 + milliseconds) * 1_000_000, to: &bytes)
            let date = Date(timeIntervalSince1970: Double(second)).formatted(.iso8601).dropLast()
            let fraction = String(milliseconds + 1_000).dropFirst()
            #expect(String(decoding: bytes, as: UTF8.self) == "\(date).\(fraction)Z", "seed \(seed), \(second)")
        }
    }
}
