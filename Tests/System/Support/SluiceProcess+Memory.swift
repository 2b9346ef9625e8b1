import Foundation
import Testing
import TestSupport

extension SluiceProcess {
    /// Bytes of memory that are resident (proc(5), VmRSS).
    func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(child.id)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(
            line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) })
            * 1024
    }
}
