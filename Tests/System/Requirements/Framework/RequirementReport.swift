import Foundation
import Glibc

/// One line of JSON for each requirement in the file that `SLUICE_REPORT` names; none without it.
enum RequirementReport {
    private struct Line: Encodable {
        let proxy: String
        let id: String
        let topic: String
        let level: String
        let sentence: String
        /// Nil when it does not apply.
        let holds: Bool?
        let failures: [String]
    }

    private static let path = ProcessInfo.processInfo.environment["SLUICE_REPORT"] ?? ""

    /// Writes what did not hold; nil when the requirement was not put to this proxy.
    static func write(_ requirement: Requirement, _ failures: [String]?) {
        guard !path.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(
            proxy: ProxyUnderTest.current.rawValue, id: requirement.id,
            topic: RequirementTable.topic(of: requirement.id),
            level: requirement.level.rawValue, sentence: requirement.sentence, holds: failures.map(\.isEmpty),
            failures: failures ?? [])
        guard var bytes = try? Array(encoder.encode(line)) else { return }
        bytes.append(UInt8(ascii: "\n"))
        // One write to the end of the file: lines of tests that run at once do not mix.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        defer { Glibc.close(descriptor) }
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
