import Foundation
import Testing
import TestSupport

extension SluiceProcess {
    /// Bytes of memory that are resident and not part of a file (proc(5), RssAnon).
    func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(child.id)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return try #require(
            line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) })
            * 1024
    }
}
